"""Saved answers of Prometheus' HTTP API, whole and broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from export_shapes import START, member, write
from hypothesis import given, settings
from hypothesis import strategies as st

from boltkb.errors import ExportError
from boltkb.exports import open_export
from boltkb.exports.metrics.query_results import looks_like_answer, read_answer, take_answer
from boltkb.exports.metrics.readings import Readings

RUNNING = {"__name__": "neo4j_dbms_bolt_connections_running", "instance": "a:2004", "job": "neo4j"}


def answer(*results: dict[str, object], kind: str = "matrix") -> dict[str, object]:
    return {"status": "success", "data": {"resultType": kind, "result": list(results)}}


def matrix(
    labels: dict[str, str], values: list[float], *, start: float = START
) -> dict[str, object]:
    pairs = [[start + 15 * i, f"{value:g}"] for i, value in enumerate(values)]
    return {"metric": labels, "values": pairs}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("form", ["answer", "list of answers", "results alone"])
def test_every_form_gives_the_same_series(form: str, indent: int | None, tmp_path: Path) -> None:
    received = {"__name__": "neo4j_dbms_bolt_messages_received_total", "instance": "a:2004"}
    first, second = matrix(RUNNING, [3, 4, 5]), matrix(received, [10, 20, 5])
    content: object = answer(first, second)
    if form == "list of answers":
        content = [answer(first), answer(second)]
    elif form == "results alone":
        content = [first, second]
    text = json.dumps(content, indent=indent)
    assert looks_like_answer(text)
    export = open_export(write(tmp_path / "q", {"range.json": text}))
    assert export.series["connections_running"].values.tolist() == [3, 4, 5]
    assert export.series["connections_running"].times.tolist() == [START, START + 15, START + 30]
    assert export.series["messages_received"].kind == "counter"
    assert [source.rows for source in export.sources] == [6]


def test_an_instant_vector_is_one_sample() -> None:
    text = json.dumps(answer({"metric": RUNNING, "value": [START, "7"]}, kind="vector"))
    readings = Readings()
    assert take_answer(text, "a.json", readings).rows == 1
    assert readings.server("a:2004").series["connections_running"].values.tolist() == [7]


def test_an_answer_that_is_broken_off_gives_what_is_whole() -> None:
    text = json.dumps(answer(matrix(RUNNING, [1, 2]), matrix({**RUNNING, "job": "x"}, [3] * 50)))
    readings = Readings()
    source = take_answer(text[:-200], "a.json", readings)
    assert (source.rows, source.refused) == (2, 1)
    assert "broken off" in source.why


def test_samples_that_are_none_are_counted() -> None:
    bad = [[START, "x"], ["y", "1"], [START], [1, "1"], [START, "Inf"], None, [START + 15, "2"]]
    text = json.dumps(answer({"metric": RUNNING, "values": bad}, {"metric": {}, "values": []}, {}))
    readings = Readings()
    source = take_answer(text, "a.json", readings)
    assert (source.rows, source.refused) == (1, 8)


def test_an_error_says_what_prometheus_said() -> None:
    text = '{"status":"error","errorType":"bad_data","error":"parse \\"x\\" failed"}'
    with pytest.raises(ExportError, match='parse "x" failed'):
        read_answer(member("a.json", text), Readings())
    with pytest.raises(ExportError, match=r"sought: data\.result"):
        read_answer(member("a.json", '{"status":"success"}'), Readings())


def test_deep_nesting_is_a_broken_result() -> None:
    text = '{"status":"success","data":{"result":[{"metric":' + '{"a":' * 200_000
    assert take_answer(text, "a.json", Readings()).refused == 1


@settings(deadline=None)
@given(st.text(max_size=200), st.integers(0, 200))
def test_any_text_gives_readings_or_an_export_error(text: str, cut: int) -> None:
    for one in (text, '{"status":"success","data":{"result":[' + text, json.dumps(answer())[:cut]):
        looks_like_answer(one)
        try:
            take_answer(one, "a.json", Readings())
        except ExportError:
            continue


def test_pods_and_two_sets_of_labels() -> None:
    # The pod keeps its name while its address changes.
    pod = {"__name__": RUNNING["__name__"], "pod": "neo4j-0", "namespace": "prod"}
    first = matrix({**pod, "instance": "10.0.0.1:2004"}, [1, 2])
    second = matrix({**pod, "instance": "10.0.0.9:2004"}, [3, 4], start=START + 60)
    readings = Readings()
    take_answer(json.dumps(answer(first, second)), "a.json", readings)
    assert readings.servers == ("prod/neo4j-0",)
    server = readings.server("prod/neo4j-0")
    assert server.series["connections_running"].values.tolist() == [1, 2, 3, 4]
    replica = matrix({**pod, "replica": "b"}, [9, 9])
    take_answer(json.dumps(answer(replica)), "a.json", readings)
    assert "sets of labels" in readings.server("prod/neo4j-0").problems[0]


def test_an_upgrade_changes_the_name_not_the_metric() -> None:
    old = {"__name__": "neo4j_bolt_connections_running", "instance": "a:2004"}
    readings = Readings()
    later = matrix(RUNNING, [3, 4], start=START + 300)
    take_answer(json.dumps(answer(later, matrix(old, [1, 2]))), "a.json", readings)
    server = readings.server("a:2004")
    assert server.series["connections_running"].values.tolist() == [1, 2, 3, 4]
    assert "is followed by" in server.problems[0]


def test_more_than_can_be_kept_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from boltkb.exports.metrics import readings

    text = json.dumps(answer(*(matrix({**RUNNING, "instance": f"{i}"}, [1, 2]) for i in range(9))))
    for name, limit in (("_MOST", 10), ("_MOST_COLUMNS", 5), ("_MOST_NAMES", 0)):
        with monkeypatch.context() as patch:
            patch.setattr(readings, name, limit)
            with pytest.raises(ExportError, match="more than"):
                take_answer(text, "a.json", Readings())
    assert take_answer(text, "a.json", Readings()).rows == 18
