"""The exact parsers and machine code say the same, however a log is cut, read and damaged."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from query_shapes import Said, entry, plain, read, same, structured, with_times

from boltkb.exports.queries.ledger import Room

TEXTS = st.sampled_from(
    [
        "RETURN 1",
        "MATCH (a)-[r]->(b)\n  WHERE a.x - b.x > 1\n\n\tRETURN r // 2020-01-01 no entry",
        "MATCH (n) WHERE n.name = 'O\\'Neil \"x\" \\\\ ü製' RETURN n",
        "CALL {\n MATCH (n) RETURN n\n}\r\nRETURN *",
        "RETURN '\u2028 😀 \x01'",
        "  x  ",
        "RETURN '" + "long " * 40 + "'",
    ]
)
SAID = st.builds(
    Said,
    elapsed=st.sampled_from([0, 1, 15, 31, 32, 33, 1000, 86_400_000, 400_000_000_000, -1]),
    query=TEXTS,
    client=st.sampled_from(["10.0.0.7", "10.0.0.8", "[0:0:0:0:0:0:0:1]", "0:0:0:0:0:0:0:1"]),
    port=st.integers(1, 5),
    agent=st.sampled_from(["neo4j-java/5.8.0", "neo4j-python/5 Python/3 - (linux)", ""]),
    user=st.sampled_from(["app", "björn", ""]),
    database=st.sampled_from(["neo4j", "<none>", "a.b-c"]),
    planning=st.sampled_from([-1, 0, 9]),
    cpu=st.sampled_from([-1, 0, 9]),
    waiting=st.sampled_from([0, 9]),
    failed=st.booleans(),
    started=st.booleans(),
    identity=st.none() | st.integers(0, 4),
    transaction=st.none() | st.sampled_from(["1", "2", "neo4j-transaction-3"]),
    source=st.sampled_from(["bolt", "bolt", "bolt", "http", "embedded"]),
)
CUTS = st.tuples(st.sampled_from([1, 7, 200, 1000, 1 << 20]), st.sampled_from([1, 2]))
DAMAGE = (
    *(b"", b"\0", b"\xff", b"\n", b" - ", b"{", b"}", b'"', b"\\", b"\\u", b"9", b"\t", b"-", b","),
    *(b"[", b" ", b"\n2024-06-27 15:00:00.000+0000 INFO  "),
)
VERSIONS = ("3.5", "4.4", "5", "2026", "json")
# Without shrinking: a failing example says enough, and each costs a reading both ways.
QUICK = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
)


def written(said: list[Said], version: str) -> str:
    if version == "json":
        return "".join(structured(one, ascii_only=i % 3 == 0) for i, one in enumerate(said))
    return "".join(plain(one, version) for one in said)


@QUICK
@given(st.lists(SAID, max_size=30), st.sampled_from(VERSIONS), CUTS, st.integers(1, 40_000))
def test_both_ways_give_the_same_and_the_truth(said, version, cut, step):
    said = with_times(said, step)
    text = written(said, version)
    first = read(text)
    same(first, read(text, compiled=True, block=cut[0], threads=cut[1]))
    same(first, read(text, block=cut[0]))
    log = first[0]
    good = [one for one in said if one.elapsed < 400_000_000_000]
    assert first[1][0].rows == len(good)
    assert first[1][0].refused == len(said) - len(good)
    ended = [one for one in good if not one.started]
    if not good:
        return
    assert (log.completed, log.failed) == (
        sum(not one.failed for one in ended),
        sum(one.failed for one in ended),
    )
    by = defaultdict(lambda: [0, 0, 0.0, 0.0])
    for one in ended:
        row = by[one.query if version == "json" else one.query.rstrip("\r\n")]
        row[0] += 1
        row[1] += one.failed
        row[2] += max(one.elapsed, 0)
        row[3] = max(row[3], one.elapsed)
    table = {
        row["key"]: [row["count"], row["failed"], 1000 * row["elapsed"], 1000 * row["longest"]]
        for row in log.by_query.iter_rows(named=True)
    }
    assert set(table) == set(by)
    for key, row in by.items():
        assert table[key] == pytest.approx(row), key
    clients = sorted({one.client for one in ended if one.source != "embedded"})
    assert sorted(key for key in log.by_client["key"] if key) == clients
    covered = sum(max(one.elapsed, 0) for one in ended if one.source == "bolt")
    width = log.bins[1] - log.bins[0] if len(log.bins) > 1 else 1.0
    assert log.busy.sum() * width == pytest.approx(covered / 1000)


@QUICK
@given(
    st.lists(SAID, min_size=1, max_size=12),
    st.sampled_from(VERSIONS),
    CUTS,
    st.lists(
        st.tuples(
            st.floats(0, 1),
            st.integers(0, 6),
            st.sampled_from(DAMAGE),
        ),
        min_size=1,
        max_size=12,
    ),
)  # fmt: skip
def test_damage_is_judged_the_same_both_ways(said, version, cut, damage):
    data = written(with_times(said), version).encode()
    for where, gone, put in damage:
        at = int(where * len(data))
        data = data[:at] + put + data[at + gone :]
    first = read(data)
    same(first, read(data, compiled=True, block=cut[0], threads=cut[1]))
    same(first, read(data, block=cut[0]))


@QUICK
@given(st.lists(SAID, min_size=1, max_size=80), CUTS, st.booleans())
def test_totals_stay_exact_when_there_is_little_room(said, cut, as_json):
    said = [
        replace(one, elapsed=min(one.elapsed, 86_400_000), query=f"RETURN {i % 17}", identity=i)
        for i, one in enumerate(with_times(said, 911))
    ]
    text = written(said, "json" if as_json else "5")
    little = Room((3, 2, 2, 2, 2), texts=0, bins=8, open=4, holds=4, longest=3)
    first = read(text, room=little)
    same(first, read(text, compiled=True, block=cut[0], threads=cut[1], room=little))
    log, full = first[0], read(text)[0]
    for name in ("by_query", "by_client", "by_agent", "by_user", "by_database"):
        few, many = getattr(log, name), getattr(full, name)
        for column in ("count", "failed", "elapsed", "planning", "cpu", "waiting"):
            assert few[column].sum() == pytest.approx(many[column].sum()), (name, column)
        assert few["longest"].max() == many["longest"].max()
        assert few.height <= 4
    assert log.unfinished >= 0
    assert len(log.bins) <= 8
    assert log.transactions.height <= 3


def test_a_few_megabytes_both_ways():
    from benchmarks.query_logs import json_log, plain_log

    for log in (plain_log, json_log):
        data = b"".join(log(2_000_000, seed=3))
        exact = read(data)
        assert exact[1][0].rows > 1000
        assert exact[1][0].refused == 0
        for block, threads in ((100_000, 1), (1 << 20, 2)):
            same(exact, read(data, compiled=True, block=block, threads=threads))


def test_json_in_any_order_and_spacing_is_read_by_machine_code_alike():
    one = entry(Said(query="RETURN '\u00e9\n\"'", identity=3, transaction="9"))
    lines = []
    for indent in (", ", " ,\t"):
        for order in (sorted(one), sorted(one, reverse=True)):
            shuffled = {key: one[key] for key in order}
            lines.append(json.dumps(shuffled, separators=(indent, " : ")) + " \r\n")
    lines.append(
        json.dumps({"insertId": "x", "time": 3, "id": "y", "jsonPayload": one, "level": {}}) + "\n"
    )
    lines.append(
        json.dumps({"jsonPayload": one, "query": "not this", "labels": {"query": "nor"}}) + "\n"
    )
    text = "".join(lines)
    exact = read(text)
    assert exact[0].completed == 6
    assert exact[0].by_query["key"].to_list() == [one["query"]]
    same(exact, read(text, compiled=True))


def test_keys_that_only_resemble_those_of_the_line_before():
    one = entry(Said(query="RETURN 1", identity=3, transaction="9"))
    lines = [json.dumps(one, separators=(",", ":"))] * 2
    for key in one:
        middle = len(key) // 2
        for other in (
            *(key[:middle] + "x" + key[middle + 1 :], key + "x", key[:-1], "x" + key),
            *(key[:middle] + '"' + key[middle + 1 :], key[:middle] + "\\" + key[middle + 1 :]),
        ):
            lines.append(lines[0].replace(f'"{key}":', f'"{other}":', 1))
            lines.append(lines[0].replace(f'"{key}":', f'"{other}" : ', 1))
        lines.append(json.dumps({"x": 1} | one))
        lines.append(lines[0])
    text = "\n".join(lines) + "\n"
    exact = read(text)
    assert exact[0].completed > len(one) * 4
    assert exact[1][0].refused > len(one) * 2
    same(exact, read(text, compiled=True))


def test_an_entry_longer_than_a_block_and_a_mark_in_the_middle():
    said = with_times([Said(query="RETURN '" + "x" * (3000 * (i % 3)) + "'") for i in range(12)])
    for version in ("5", "json"):
        for mark in ("", "\ufeff"):
            text = mark + written(said[:7], version) + mark + written(said[7:], version)
            exact = read(text)
            for block in (100, 1000, 4000):
                same(exact, read(text, compiled=True, block=block, threads=2))
