"""All files of a server become one set of sums, whatever they were wrapped in and however cut."""

from __future__ import annotations

import gzip
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from query_shapes import EPOCH, Said, entry, plain, read, same, stamp, structured, take

from boltkb.exports import open_export
from boltkb.exports.queries import framing, reading

SOME = [
    Said(
        at=1000 * i,
        elapsed=400 * i,
        query=f"MATCH (n)\n WHERE n.x = {i % 3}\n RETURN n",
        identity=i,
    )
    for i in range(1, 9)
]
PLAIN = "".join(map(plain, SOME))


def test_rotated_files_are_one_log():
    halves = ("".join(map(plain, SOME[:3])), "".join(map(structured, SOME[3:])))
    gathered = take(("query.log.1", halves[0]), ("query.log", halves[1]))
    whole = take(("query.log", PLAIN)).queries
    log = gathered.queries
    assert [str(where) for where in log.where] == ["query.log.1:1-9", "query.log:1-5"]
    assert [(s.path, s.rows, s.refused) for s in gathered.sources] == [
        ("query.log.1", 3, 0), ("query.log", 5, 0),
    ]  # fmt: skip
    assert gathered.sources[0].end == EPOCH.timestamp() + 3
    # The text of a query is the same, whichever way it was written.
    assert log.by_query.select("key", "count").equals(whole.by_query.select("key", "count"))
    assert (log.start, log.end) == (EPOCH.timestamp() + 0.6, EPOCH.timestamp() + 8)


def test_busy_counts_what_overlaps():
    said = [Said(at=10_000, elapsed=10_000), Said(at=10_000, elapsed=5_000, port=2)]
    said += [
        Said(at=10_000, elapsed=9_000, source="http"),
        Said(at=10_000, elapsed=1, started=True),
    ]
    log = read("".join(map(plain, said)))[0]
    assert log.busy.tolist() == [1.0] * 5 + [2.0] * 5
    assert (np.diff(log.bins) == 1).all()
    assert log.bins[0] == EPOCH.timestamp()


def test_a_long_log_gets_wider_bins_with_the_same_area():
    said = [Said(at=86_400_000 * day, elapsed=3_600_000) for day in range(60)]
    log = read("".join(map(plain, said)))[0]
    width = log.bins[1] - log.bins[0]
    assert width in {16.0, 32.0}
    assert log.busy.sum() * width == pytest.approx(60 * 3600)
    assert len(log.bins) <= 1 << 18


@pytest.mark.parametrize("with_id", [True, False])
def test_starts_without_an_end_are_unfinished(with_id):
    said = []
    for i in range(40):
        one = Said(at=10 * i, query=f"RETURN {i % 4}", identity=i if with_id else None, port=i % 2)
        said.append(replace(one, started=True))
        if i % 10:
            said.append(replace(one, at=10 * i + 5))
    log = read("".join(map(plain, said)))[0]
    assert (log.completed, log.unfinished) == (36, 4)
    # An end without a start, as where the log begins in the middle, takes none away.
    assert read(plain(said[2]) + "".join(map(plain, said)))[0].unfinished == 4


def test_ids_that_begin_anew_are_other_transactions():
    said = [
        Said(at=1000, elapsed=100, transaction="5"),
        Said(at=9000, elapsed=10, transaction="5"),
        # The server started anew: the id is the same, the connection is not.
        Said(at=90_000, elapsed=10, transaction="5", port=9),
    ]
    for text in ("".join(map(plain, said)), "".join(map(structured, said))):
        log = read(text)[0]
        rows = log.transactions.rows(named=True)
        assert [(round(r["end"] - r["start"], 3), r["queries"]) for r in rows] == [
            (8.1, 2),
            (0.01, 1),
        ]
        assert (rows[0]["transaction"], rows[0]["client"]) == ("5", "10.0.0.7:4711")
        assert rows[0]["working"] == 0.11
        assert (log.holds, log.held) == (2, pytest.approx(8.11))


def test_logged_transactions_hold_up_to_their_commit():
    def told(at: int, event: str) -> str:
        one = {"time": stamp(at), "level": "INFO", "event": event, "type": "transaction"}
        return json.dumps(one | {"transactionId": "5", "database": "neo4j"}) + "\n"

    query = structured(Said(at=2000, elapsed=100, transaction="5"))
    text = told(1000, "start") + query + told(61_000, "commit")
    for compiled in (False, True):
        log, sums, _ = read(text * 2, compiled=compiled)
        assert (log.holds, log.held, log.completed, sums[0].rows) == (2, 120.0, 2, 6)


def test_without_ids_only_overlapping_queries_of_a_connection_are_one_hold():
    said = [Said(at=1000, elapsed=100), Said(at=5000, elapsed=1000), Said(at=5500, elapsed=1000)]
    log = read("".join(plain(one, "4.4") for one in said))[0]
    assert (log.holds, log.held) == (2, pytest.approx(1.6))


@pytest.mark.parametrize(
    "prefix",
    [
        "Jun 27 15:16:34 host-1 neo4j[4711]: ",
        "2024-06-27T15:16:34.123456789Z ",
        "2024-06-27T15:16:34.123456789Z stdout F ",
        "neo4j-1  | ",
        "[pod/neo4j-0/neo4j] ",
    ],
)
def test_prefixes_come_off(prefix):
    for text in (PLAIN, "".join(map(structured, SOME))):
        wrapped = "".join(prefix + line for line in text.splitlines(keepends=True))
        for block in (97, 1 << 20):
            bare, found = read(text), read(wrapped, block=block)
            assert found[0].by_query.equals(bare[0].by_query)
            assert found[1][0].refused == 0


def test_a_prefix_comes_off_once_and_text_like_one_stays():
    said = replace(SOME[0], query="RETURN [\nn | n.x] AS a,\nx | y")
    text = plain(said)
    wrapped = "".join("neo4j-1  | " + line for line in text.splitlines(keepends=True))
    assert read(wrapped)[0].by_query["key"].to_list() == [said.query]


def test_more_groups_than_are_told_are_said_to_be():
    many = "".join(plain(replace(SOME[0], user=f"u{i}", query="RETURN 1")) for i in range(2100))
    gathered = take(("query.log", many))
    assert gathered.queries.by_user["count"].sum() == 2100
    assert gathered.queries.by_user["key"].to_list()[-1] is None
    assert gathered.problems == [
        (
            "query logs: more users than are told one by one; the last row of their table sums up"
            " the others"
        )
    ]


def test_lines_of_docker_and_arrays_of_clouds():
    lines = [
        json.dumps({"log": line, "stream": "stdout", "time": "2024-06-27T15:16:34.1Z"}) + "\n"
        for line in PLAIN.splitlines(keepends=True)
    ]
    array = json.dumps([{"jsonPayload": entry(one)} for one in SOME], indent=2, ensure_ascii=False)
    for text, bare in (("".join(lines), PLAIN), (array, "".join(map(structured, SOME)))):
        for block in (61, 1 << 20):
            found = read(text, block=block)
            assert found[0].by_query.equals(read(bare)[0].by_query)
            assert found[1][0].refused == 0
    assert read(array[:-40])[1][0].why == "line 1: cut in the middle of an item"


def test_a_cut_tail_is_counted_and_a_whole_one_is_not():
    for text in (PLAIN, "".join(map(structured, SOME))):
        assert read(text.rstrip("\n"))[1][0].refused == 0
        cut = read(text[:-20])[1][0]
        assert (cut.rows, cut.refused) == (7, 1)
        assert cut.why.endswith("cut in the middle")
        zeros = read(text + "\0" * 500)[1][0]
        assert (zeros.rows, zeros.refused) == (8, 1)


def test_line_ends_of_windows():
    said = "".join(map(plain, SOME))
    found = read(said.replace("\n", "\r\n"))
    assert found[1][0].refused == 0
    assert found[0].by_query["key"][0] == SOME[-1].query.replace("\n", "\r\n")


def test_an_endless_entry_is_refused_and_the_next_is_read(monkeypatch):
    monkeypatch.setattr(framing, "LONGEST_RECORD", 4000)
    monkeypatch.setattr(framing.blocks, "__kwdefaults__", {"longest": 4000})
    for write in (plain, structured):
        text = write(SOME[0]) + write(replace(SOME[1], query="x\n" * 4000)) + write(SOME[2])
        for block in (1, 500, 3000):
            found = read(text, block=block)[1][0]
            assert (found.rows, found.refused) == (2, 1)
            assert "an entry longer than" in found.why
            assert found.lines == text.count("\n")


def test_a_clock_that_goes_back_is_told():
    gathered = take(("query.log", plain(SOME[5]) + plain(SOME[0]) + plain(SOME[6])))
    assert gathered.problems == ["query.log: the clock goes back 1 times, the first time at line 4"]


def test_nothing_in_it_is_ignored_with_the_reason():
    gathered = take(("query.log", "what is this\n"), ("query.log.1", PLAIN))
    assert "no entry begins here" in gathered.ignored[0].why
    assert gathered.queries.completed == 8
    assert take(("query.log", "x\n")).queries is None


def test_packed_files_are_streamed(tmp_path):
    (tmp_path / "query.log.gz").write_bytes(gzip.compress(PLAIN.encode()))
    with zipfile.ZipFile(tmp_path / "more.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("logs/query.log.1", "".join(map(structured, SOME)))
    export = open_export(tmp_path)
    assert export.queries.completed == 16
    assert {source.kind for source in export.sources} == {"query-log"}


def test_a_damaged_packed_file_keeps_what_was_read(tmp_path):
    text = "".join(plain(replace(SOME[0], query=f"RETURN {i * 7919 % 9973}")) for i in range(9000))
    packed = gzip.compress(text.encode())
    (tmp_path / "query.log.gz").write_bytes(packed[: len(packed) // 2])
    export = open_export(tmp_path)
    assert 1000 < export.queries.completed < 9000
    assert "its packed bytes are damaged" in " ".join(export.problems)


def test_machine_code_takes_over_in_the_middle(monkeypatch):
    monkeypatch.setattr(reading, "SMALL", 3000)
    text = PLAIN * 20
    switched = read(text, block=1000)
    monkeypatch.undo()
    same(switched, read(text))


def test_hostile_bytes_are_text_like_any_other():
    query = "RETURN '</script>\udcff\x01 - x'"
    found = read(plain(replace(SOME[0], query=query)))
    assert found[0].by_query["key"][0] == query.replace("\udcff", "\ufffd")
