"""Single entries of each version, and what is no entry."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from query_shapes import Said, entry, plain, structured

from boltkb.exports.queries.entries import BEGIN, END, FINISH, START, NoEntryError
from boltkb.exports.queries.plain import parse_plain
from boltkb.exports.queries.structured import parse_structured

HEAD_3 = (
    "2020-03-14 12:05:02.500+0000 INFO  9901 ms: bolt-session\tbolt\tUSR-RW\t"
    "neo4j-java/1.6.1-1cf40b73\t\tclient/10.1.100.1:40316\tserver/10.1.92.1:7687>\tUSR-RW - "
)
HEAD_4 = (
    "2022-03-17 20:03:10.816+0000 INFO  id:1 - 3617 ms: -1 B - bolt-session\tbolt\t"
    "neo4j-desktop/v1.4.12\t\tclient/127.0.0.1:56430\tserver/127.0.0.1:7687>\tsystem - neo4j - "
)
HEAD_2026 = (
    "2026-03-10 12:25:14.985+0000 INFO  Query started: id:1 - transaction id:193 - 852 ms:"
    " (planning: 852, waiting: 0) - 0 B - 0 page hits, 0 page faults - bolt-session\tbolt\t"
    "neo4j-javascript/6.0.1\t\tclient/127.0.0.1:60735\tserver/127.0.0.1:7687>\tsystem - neo4j - "
)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            HEAD_3 + "MATCH (n) RETURN n - {id: '123'} - {}\n",
            (END, 9901, b"MATCH (n) RETURN n", b"10.1.100.1", b"USR-RW", b"", None, None),
        ),
        (
            HEAD_4 + "CALL dbms.clientConfig() - {} - runtime=system - {}\n",
            (END, 3617, b"CALL dbms.clientConfig()", b"127.0.0.1", b"neo4j", b"system", b"1", None),
        ),
        (
            HEAD_2026 + "SHOW CURRENT USER - {} - runtime=null - {app: 'nx'}\n",
            (START, 852, b"SHOW CURRENT USER", b"127.0.0.1", b"neo4j", b"system", b"1", b"193"),
        ),
        (
            # Parameters are not logged, and the query's lines end as Windows ends them.
            HEAD_4 + "RETURN 1,\r\n  2 - runtime=slotted - {}\r\n",
            (END, 3617, b"RETURN 1,\r\n  2", b"127.0.0.1", b"neo4j", b"system", b"1", None),
        ),
        (
            HEAD_3.replace("INFO ", "ERROR") + "RETURN x - {} - {}org.X: no\n\tat a.B(C.java:1)\n",
            (END, 9901, b"RETURN x", b"10.1.100.1", b"USR-RW", b"", None, None),
        ),
        (
            (
                "2021-03-04 10:20:30.000-0130 INFO  5 ms: server-session\thttp\t::1\t/db/cypher\t"
                "neo4j - RETURN 1 - {} - {}\n"
            ),
            (END, 5, b"RETURN 1", b"::1", b"neo4j", b"", None, None),
        ),
        (
            (
                "2021-03-04 10:20:30.000+0000 INFO  5 ms: embedded-session\t\tneo4j -  - RETURN 1 -"
                " {} - runtime=slotted - {}\n"
            ),
            (END, 5, b"RETURN 1", b"", b"", b"neo4j", None, None),
        ),
    ],
)  # fmt: skip
def test_entries_of_each_version(line, said):
    found = parse_plain(line.encode())
    assert said == (
        found.kind, found.elapsed, found.query, found.client, found.user, found.database,
        found.identity, found.transaction,
    )  # fmt: skip
    assert found.failed == (" ERROR " in line)


def test_a_time_is_read_in_its_zone():
    east = parse_plain(plain(Said(), hours=2).encode())
    assert east.time == parse_plain(plain(Said(), hours=-7).encode()).time
    assert east.time == parse_structured(structured(Said()).encode()).time == 1_719_500_400_000


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("transaction id:12 - Transaction started - neo4j - app", BEGIN),
        ("Transaction committed: transaction id:12 - neo4j", FINISH),
        ("transactionId: 12 rollback", FINISH),
    ],
)
def test_plain_entries_of_transactions_are_taken_in_any_words(text, kind):
    found = parse_plain(f"2024-06-27 15:00:00.000+0000 INFO  {text}\n".encode())
    assert (found.kind, found.transaction) == (kind, b"12")


@pytest.mark.parametrize(
    "line",
    [
        "no time at all",
        "2024-02-30 15:00:00.000+0000 INFO  7 ms: bolt-session\tbolt\t",
        "2024-06-27 25:00:00.000+0000 INFO  7 ms: x",
        "2024-06-27 15:00:00.000+0000 INFO  [a.B] some other log",
        "2024-06-27 15:00:00.000+0000 INFO  7 ms: telnet-session\tx - y - z",
        "2024-06-27 15:00:00.000+0000 INFO  999999999999999 ms: embedded-session\t\tx - y - z",
        "2024-06-27 15:00:00.000+0000 INFO  7 ms: bolt-session\tbolt\tagent\t\tno client>\tx - y",
        "{",
        "[1]",
        '{"type":"query"}',
        '{"type":"metric","event":"success"}',
        '{"type":"query","event":"paused","elapsedTimeMs":1}',
        '{"type":"query","event":"success","elapsedTimeMs":1}',
        '{"type":"query","event":"success","elapsedTimeMs":"soon"}',
        '{"type":"transaction","event":"commit","time":"2024-06-27 15:00:00.000+0000"}',
    ],
)
def test_what_is_no_entry_is_refused(line):
    with pytest.raises(NoEntryError):
        (parse_structured if line[0] in "{[" else parse_plain)(line.encode())


def test_the_user_s_key_and_the_id_s_type_differ_by_version():
    for key in ("username", "executingUser", "authenticatedUser"):
        one = entry(Said(), user_key=key) | {"id": 4}
        found = parse_structured(json.dumps(one).encode())
        assert (found.user, found.identity) == (b"app", b"4")


def test_cloud_exports_are_read_inside_their_wrapping():
    inner = entry(Said())
    whole = parse_structured(json.dumps({"insertId": "1", "jsonPayload": inner}).encode())
    assert whole == parse_structured(json.dumps(inner).encode())
    del inner["time"]
    timed = {"jsonPayload": inner, "timestamp": "2024-06-27T15:00:00.000123456Z"}
    assert parse_structured(json.dumps(timed).encode()).time == whole.time
    text = parse_structured(json.dumps({"textPayload": plain(Said())}).encode())
    assert text == replace(parse_plain(plain(Said()).encode()))


def test_json_entries_of_transactions():
    for event, kind in (("start", BEGIN), ("commit", FINISH), ("rollback", FINISH)):
        one = {"type": "transaction", "event": event, "transactionId": 7, "database": "neo4j"}
        found = parse_structured(
            json.dumps(one | {"time": "2024-06-27 15:00:00.000+0000"}).encode()
        )
        assert (found.kind, found.transaction) == (kind, b"7")
