"""Tables of transactions and connections are read by their columns, in any dialect."""

from __future__ import annotations

import pytest
from export_shapes import files, member
from hypothesis import given
from hypothesis import strategies as st

from boltkb.exports.moments.tables import duration, read_moments


def read_transactions(file):
    source, rows, _ = read_moments(file, "transactions")
    return source, rows


def read_connections(file):
    source, _, rows = read_moments(file, "connections")
    return source, rows


def test_a_table_from_cypher_shell() -> None:
    source, (row,) = read_transactions(member("t.csv", files()["show-transactions.csv"]))
    assert (source.rows, source.refused) == (1, 0)
    assert (row.transaction, row.connection, row.database) == (
        "neo4j-transaction-7",
        "bolt-12",
        "neo4j",
    )
    assert (row.elapsed, row.idle, row.status) == (12.5, 11.0, "Running")
    assert row.user is None
    assert row.query == 'MATCH (n) RETURN "a, b"'


def test_a_table_with_doubled_quotes_newlines_and_other_marks() -> None:
    text = 'transactionId;elapsedTimeMillis;currentQuery\r\nt-1;1500;"RETURN ""a;b""\n, 1"\r\n'
    _, (row,) = read_transactions(member("t.csv", text + "t-2;;\n"[:0]))
    assert row.elapsed == 1.5
    assert row.query == 'RETURN "a;b"\n, 1'


def test_a_connection_knows_when_it_began() -> None:
    _, (row,) = read_connections(member("c.csv", files()["list-connections.csv"]))
    assert row.since == 1_764_000_001.5
    assert (row.client, row.agent, row.user) == ("127.0.0.1:50001", "shop-api/2.3", "neo4j")


def test_nanoseconds_and_zone_names_are_read() -> None:
    text = "connectionId,connectTime,connector\nb,2025-11-24T16:00:01.123456789Z[UTC],bolt\n"
    assert read_connections(member("c.csv", text))[1][0].since == pytest.approx(1764000001.123456)


def test_ragged_and_nameless_rows_are_refused() -> None:
    text = "transactionId,status\nt-1,Running\nt-2\n,Running\nt-3,Closing\ntransactionId,status\n"
    source, rows = read_transactions(member("t.csv", text))
    assert [row.transaction for row in rows] == ["t-1", "t-3"]
    assert source.refused == 2
    assert source.why.startswith("line 3:")
    text = "connectionId,connector\n,bolt\nbolt-1,bolt\n"
    source, rows = read_connections(member("c.csv", text))
    assert (len(rows), source.refused) == (1, 1)


def test_maps_and_lists_stand_bare_in_what_cypher_shell_prints() -> None:
    text = (
        "transactionId, parameters, indexes, elapsedTime\n"
        '"t-1", {a: 1, b: "x, }", c: [1, 2]}, [{k: 1, l: 2}, {}], PT1S\n'
        '"t-2", {, [, PT2S\n"t-3", {}, [], PT3S\n"t-4", "unclosed, {}, PT4S\n'
    )
    source, rows = read_transactions(member("t.csv", text))
    assert [(row.transaction, row.elapsed) for row in rows] == [
        ("t-1", 1.0),
        ("t-3", 3.0),
    ]
    assert source.refused == 2
    assert [row.where.first_line for row in rows] == [2, 4]


@pytest.mark.parametrize("piece", ['"\\', '"', "a{", '"a\\"', "[", '""', "\\", '"\\"\n'])
def test_hostile_tables_take_no_more_than_one_look(piece: str) -> None:
    # A second look at the rest for each piece would take minutes here.
    source, _ = read_transactions(member("t.csv", "transactionId,status\n" + piece * 200_000))
    assert source.rows == 0 or piece == '""'


@given(st.text(max_size=200))
def test_no_text_stops_the_reader(text: str) -> None:
    source, rows = read_transactions(member("t.csv", "transactionId,status\n" + text))
    assert source.rows == len(rows)


def test_null_is_nothing() -> None:
    text = "transactionId,connectionId,idleTime\nt-1,NULL,NULL\n"
    (row,) = read_transactions(member("t.csv", text))[1]
    assert row.connection is None
    assert row.idle is None


def test_hostile_bytes_do_not_stop_the_reading() -> None:
    text = b"transactionId,status\nt-1,\xff\xfe\x00\n" + b'"' + b"x" * 200_000 + b'",Running\n'
    source, rows = read_transactions(member("t.csv", text + b"t-9,Running\n"))
    assert [row.transaction for row in rows] == ["t-1", "x" * 200, "t-9"]
    assert source.refused == 0


@given(st.integers(0, 10**7))
def test_spans_in_any_spelling_agree(milliseconds: int) -> None:
    seconds = milliseconds / 1000
    spelt = f"P0M0DT{seconds:.3f}S"
    assert duration(spelt) == pytest.approx(seconds)
    assert duration(str(milliseconds), unit=0.001) == pytest.approx(seconds)
    hours, rest = divmod(seconds, 3600)
    clock = f"{int(hours)}:{int(rest // 60):02d}:{rest % 60:06.3f}"
    assert duration(clock) == pytest.approx(seconds, abs=0.002)


@pytest.mark.parametrize("text", ["", "NULL", "P", "PT", "soon", "1.2.3", "-", "1e999"])
def test_what_is_no_span_is_none(text: str) -> None:
    assert duration(text) is None


def test_days_hours_and_minutes() -> None:
    assert duration("P1DT2H3M4.5S") == 86400 + 7200 + 180 + 4.5
    assert duration("1 days, 0:00:01") == 86401
