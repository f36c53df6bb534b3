"""Layouts of clients' logs, several servers in one log, and files that want to do harm."""

from __future__ import annotations

import io
import json
from datetime import timedelta, timezone

import pytest

from boltkb.exports.drivers.reading import lines_in, read_driver_log
from boltkb.exports.intake.members import Member

TIME = 1795705478.0


def read(text: str | bytes, **options):
    data = text.encode() if isinstance(text, str) else text
    return read_driver_log(Member("app.log", None, lambda: io.BytesIO(data)), **options)


def only_pool(text: str):
    (pool,) = read(text).pools
    return pool


RETRIED = "Transaction failed and will be retried in 1135ms"
LAYOUTS = {
    "spring": f"2026-11-26T15:04:38.000Z  WARN 4711 --- [thread-7] o.n.d.i.r.Retry : {RETRIED}",
    "logback": f"2026-11-26 15:04:38.000 [main] WARN  o.n.d.i.r.Retry - {RETRIED}",
    "log4j": f"2026-11-26 15:04:38,000 WARN o.n.d.i.r.Retry [main] {RETRIED}",
    "jul": f"Nov 26, 2026 3:04:38 PM org.neo4j.driver.internal.r.Retry warn\nWARNING: {RETRIED}",
    "zone": f"2026-11-26T17:04:38.000+02:00 WARN {RETRIED}",
    "json": json.dumps({"@timestamp": "2026-11-26T15:04:38Z", "level": "WARN", "message": RETRIED}),
    "epoch": json.dumps({"timestamp": 1795705478000, "message": RETRIED}),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_java_in_every_layout(layout: str) -> None:
    pool = only_pool(LAYOUTS[layout] + "\n")
    (event,) = pool.events
    assert (event.time, event.kind) == (TIME, "java-retried")
    assert event.numbers == {"delay": 1.135}
    assert pool.counts == {"retried": 1}


def test_a_layout_without_a_date_is_counted_only() -> None:
    found = read(f"15:04:38.000 [main] WARN  o.n.d.Retry - {RETRIED}\n")
    (pool,) = found.pools
    assert pool.counts == {"retried": 1}
    assert pool.events == ()
    assert pool.start is None
    assert any("have no date" in problem for problem in found.problems)


def test_times_without_a_zone_are_read_in_the_given_one_and_that_is_said() -> None:
    text = "2026-11-26 15:04:38,000 WARN " + RETRIED + "\n"
    found = read(text, zone=timezone(timedelta(hours=2)))
    assert found.pools[0].start == TIME - 7200
    assert any("name no zone" in problem for problem in found.problems)
    assert not read(LAYOUTS["spring"] + "\n").problems


def test_other_lines_are_counted_and_not_refused() -> None:
    other = "2026-11-26 15:04:38,000 INFO order 17 paid\n"
    found = read(other * 3 + LAYOUTS["spring"] + "\n" + other)
    assert (found.source.rows, found.source.refused) == (1, 0)
    assert found.problems == ("app.log: 4 of its 5 lines are not about a driver's pool",)


DOTNET = """\
[2026-11-26 15:04:38.000 +00:00 ERR] [pool-db-1:7687] Failed to acquire a connection from \
connection pool asynchronously.
Neo4j.Driver.ClientException: Failed to obtain a connection from pool within 00:01:00
   at Neo4j.Driver.Internal.ConnectionPool.AcquireOrTimeoutAsync()
2026-11-26 15:04:39.000 +00:00 [WRN] Transaction failed and will be retried in 00:00:01.1234567 ms.
Neo4j.Driver.TransientException: There are no available threads to serve this request at the moment.
2026-11-26 15:04:40.000 +00:00 [DBG] [pool-db-1:7687] Disposing Available Connection conn-7
"""


def test_dotnet_with_serilog() -> None:
    pool = only_pool(DOTNET)
    assert (pool.language, pool.address) == ("dotnet", "db-1:7687")
    assert pool.counts == {"closed": 1, "rejected": 1, "retried": 1, "timed_out": 1}
    by_kind = {event.kind: event for event in pool.events}
    assert by_kind["dotnet-retried"].numbers["delay"] == pytest.approx(1.1234567)


def test_an_application_that_only_passes_the_error_on() -> None:
    text = (
        "2026-11-26 15:04:38,000 ERROR orders failed\n"
        "Traceback (most recent call last):\n"
        '  File "a.py", line 1, in <module>\n'
        "neo4j.exceptions.TransientError: {code: Neo.TransientError.Request.NoThreadsAvailable}"
        " {message: There are no available threads to serve this request at the moment.}\n"
        "2026-11-26 15:04:39,000 INFO something else\n"
    )
    pool = only_pool(text)
    assert (pool.language, pool.address, pool.counts) == ("unknown", "unknown", {"rejected": 1})
    assert pool.events[0].time == TIME
    assert pool.events[0].where.first_line == 4


@pytest.mark.parametrize("block", [100, 4096, 1 << 20])
@pytest.mark.parametrize("frames", [150, 500])
def test_an_error_deep_in_a_stack_trace_has_its_entrys_time(block: int, frames: int) -> None:
    text = "2026-11-26 15:04:38,000 ERROR orders failed\njava.lang.RuntimeException: x\n"
    text += "\tat com.example.Orders.pay(Orders.java:17)\n" * frames
    text += "Caused by: org.neo4j.driver.exceptions.ClientException: Unable to acquire connection"
    text += " from the pool within configured maximum time of 60000ms\n"
    (pool,) = read(text, block=block).pools
    assert pool.counts == {"timed_out": 1}
    # Four hundred lines are looked back over, no more.
    assert pool.start == (TIME if frames < 400 else None)


def test_an_error_before_the_drivers_own_lines_is_the_same_drivers() -> None:
    error = "2026-11-26 15:04:38,000 ERROR NoThreadsAvailable\n"
    pool = only_pool(
        error + "1795705479000 DEBUG Connection [0][bolt-1] acquired from the pool db:7687\n"
    )
    assert (pool.language, pool.address) == ("javascript", "db:7687")
    assert pool.counts == {"acquired": 1, "rejected": 1}


def javascript(time: int, connection: int, what: str, address: str) -> str:
    return f"{time} DEBUG Connection [{connection}][bolt-{connection}] {what} the pool {address}\n"


def test_each_server_has_its_own_pool() -> None:
    text = javascript(1795705478000, 1, "acquired from", "a:7687")
    text += javascript(1795705478100, 2, "acquired from", "b:7687")
    text += javascript(1795705478500, 1, "released to", "a:7687")
    text += "1795705478600 DEBUG Connection [2][bolt-2] closed\n"
    first, second = read(text).pools
    assert (first.address, second.address) == ("a:7687", "b:7687")
    assert first.holds.round(3).tolist() == [0.5]
    # Closed while in use: not in use any more, but nobody gave it back.
    assert second.counts == {"acquired": 1, "closed": 1}
    assert second.in_use.tolist() == [1.0, 0.0]
    assert len(second.holds) == 0


def test_a_connection_in_use_from_before_the_log_has_no_hold() -> None:
    pool = only_pool(javascript(1795705478000, 1, "released to", "a:7687"))
    assert pool.counts == {"released": 1}
    assert len(pool.holds) == len(pool.in_use) == 0


def test_samples_are_bounded_and_that_is_said() -> None:
    steps = [
        javascript(1795705478000 + 10 * i, i % 7, what, "a:7687")
        for i in range(14_000)
        for what in ("acquired from", "released to")
    ]
    found = read("".join(steps))
    (pool,) = found.pools
    assert pool.counts == {"acquired": 14_000, "released": 14_000}
    assert len(pool.holds) == 10_000
    assert pool.totals["hold_count"] == 14_000
    assert len(pool.times) <= 20_000
    assert (pool.times[1:] >= pool.times[:-1]).all()
    assert any("10,000 of 14,000 holds" in problem for problem in found.problems)


def test_events_are_bounded_and_their_number_is_exact() -> None:
    lines = "".join(f"{1795705478000 + i} WARN {RETRIED}\n" for i in range(1_500))
    found = read(lines)
    (pool,) = found.pools
    assert pool.counts["retried"] == pool.totals["event_count"] == 1_500
    assert len(pool.events) == 1_000
    assert pool.totals["delay_seconds"] == pytest.approx(1_500 * 1.135)
    assert any("first 1,000 events" in problem for problem in found.problems)


def test_addresses_are_bounded() -> None:
    text = "".join(javascript(1795705478000 + i, i, "acquired from", f"h{i}:7") for i in range(900))
    pools = read(text).pools
    assert len(pools) <= 201
    assert sum(pool.counts["acquired"] for pool in pools) == 900


def test_broken_lines_are_counted_and_the_rest_is_read() -> None:
    good = javascript(1795705478000, 1, "acquired from", "a:7687").encode()
    broken = good.replace(b"[1]", b"\xff") + good.replace(b"[1]", b"\0")
    found = read(good + broken + b"\xff\xfe not about it\n" + good.replace(b"[1]", b"[2]"))
    assert found.pools[0].counts == {"acquired": 2}
    assert (found.source.rows, found.source.refused) == (2, 2)
    assert found.source.why == "line 2: not UTF-8"


@pytest.mark.parametrize("end", [b"\n", b""])
def test_an_endless_line_is_refused_in_bounded_memory(end: bytes) -> None:
    good = javascript(1795705478000, 1, "acquired from", "a:7687").encode()
    found = read(good + b"] acquired from the pool " * 200_000 + end)
    assert found.pools[0].counts == {"acquired": 1}
    assert found.source.why == "line 2: longer than 1,048,576 bytes"


def test_a_cut_last_line_and_an_empty_file() -> None:
    assert read(javascript(1795705478000, 1, "acquired from", "a:7687").rstrip()).pools
    assert read(b"").pools == ()
    assert read(b"\n\n\n").source.rows == 0


@pytest.mark.parametrize(
    "text",
    [
        "{" * 5000 + "] acquired from the pool ",
        '{"log": ' * 500 + "Transaction failed and will be retried in ",
        "S: FAILURE" * 6000,
        "[session 1] Retrying transaction (" * 500,
        "Channel [x] acquired from the pool. Local address: " * 400,
        "9999-99-99 99:99:99 " + RETRIED,
        "=[created=1," * 5000 + ", timedOutToAcquire=",
    ],
)
def test_hostile_lines_end_well(text: str) -> None:
    assert read(text + "\n").source.refused == 0


def test_lines_that_only_look_alike_are_nobodys() -> None:
    for text in (
        "Connection acquired from the pool of candidates",
        "HikariPool-1 - Connection is not available, request timed out after 30000ms.",
        "[pool-3-thread-1] INFO Returning connection to 1 {x}",
        "the transaction failed and we try later",
    ):
        assert not [line for line, _ in lines_in(text) if line.says != "towards"]


def test_a_connection_that_broke_is_lost_once_with_its_retry() -> None:
    text = (
        "2026-03-02T00:12:27.923Z  WARN 4711 --- [t-2] o.n.d.i.r.ExponentialBackoffRetryLogic   : "
        "Transaction failed and will be retried in 1080ms\n"
        "org.neo4j.driver.exceptions.ServiceUnavailableException: Connection to the database "
        "terminated.\n"
        "\tSuppressed: org.neo4j.driver.exceptions.ServiceUnavailableException: Connection to the "
        "database terminated.\n"
    )
    (pool,) = read(text).pools
    assert dict(pool.counts) == {"lost": 1, "retried": 1}


def test_what_a_rejected_or_closed_connection_logs_is_no_loss() -> None:
    rejected = (
        "2026-03-02T00:12:27.923Z  WARN 1 --- [t-2] x : Transaction failed and will be retried in "
        "1080ms\n"
        "org.neo4j.driver.exceptions.TransientException: There are no available threads to serve "
        "this request at the moment.\n"
        "\tSuppressed: org.neo4j.driver.exceptions.ServiceUnavailableException: Connection to the "
        "database terminated.\n"
    )
    closed = (
        "2026-11-26T15:04:37.389Z ERROR 1 --- [t-3] ChannelErrorLogger   : "
        "[0x2894ec88][127.0.0.1:17687][bolt-95] Closing channel because of a failure\n"
        "org.neo4j.driver.exceptions.ServiceUnavailableException: Connection to the database "
        "terminated.\n"
    )
    (pool,) = read(rejected + closed).pools
    assert dict(pool.counts) == {"rejected": 1, "retried": 1}


CHANNEL = "o.n.d.i.async.pool.NettyChannelTracker   : Channel [0x5b000000]"


def java(clock: str, words: str) -> str:
    return f"2026-11-26T{clock}Z DEBUG 1 --- [io-1] {words}\n"


def used_once(clock: str = "15:00:00.000") -> str:
    return java(
        clock, f"{CHANNEL} acquired from the pool. Local address: /10.0.0.8:1, remote address: "
        "db/10.0.3.3:7687",
    )  # fmt: skip


FAILED = "x : [0x5b000000][db:7687][] Closing channel because of a failure 'Connection reset'"


def test_a_connection_that_breaks_while_nobody_has_it_is_lost_after_so_long() -> None:
    given_back = java("15:00:01.000", f"{CHANNEL} released back to the pool")
    pool = only_pool(used_once() + given_back + java("15:05:51.000", FAILED))
    assert pool.counts["lost"] == 1
    assert pool.unused.tolist() == [350.0]
    assert [event.kind for event in pool.events] == ["java-channel-failure"]


def test_one_that_breaks_in_use_is_told_by_whoever_had_it() -> None:
    pool = only_pool(used_once() + java("15:05:51.000", FAILED))
    assert "lost" not in pool.counts
    assert not pool.unused.size


def python(clock: str, words: str) -> str:
    return f"[DEBUG   ] [Thread 7] [Task None           ] 2026-11-26 {clock}  {words}\n"


HANDED_OUT = "[#A100]  _: <POOL> handing out existing connection"
GIVEN_BACK = "[#A100]  _: <POOL> released bolt-9"
DEFUNCT = "Failed to read from defunct connection ResolvedIPv4Address(('10.0.0.1', 7687))"


def test_a_loss_that_names_no_connection_is_that_of_the_only_one() -> None:
    rest = python("15:00:00,000", HANDED_OUT) + python("15:00:01,000", GIVEN_BACK)
    taken_up = python("15:20:01,000", HANDED_OUT) + python("15:20:01,500", DEFUNCT)
    assert only_pool(rest + python("15:20:01,000", DEFUNCT)).unused.tolist() == [1200.0]
    # Found broken when it was taken up again: its last use ended before that.
    assert only_pool(rest + taken_up).unused.tolist() == [1200.0]


def test_of_several_connections_it_is_not_told_which_was_lost() -> None:
    rest = python("15:00:00,000", HANDED_OUT) + python("15:00:01,000", GIVEN_BACK)
    other = rest.replace("#A100", "#A101")
    pool = only_pool(rest + other + python("15:20:01,000", DEFUNCT))
    assert pool.counts["lost"] == 1
    assert not pool.unused.size


def test_a_timeout_tells_how_long_it_was_since_the_connection_was_asked_for() -> None:
    asked = python("15:00:00,000", "[#0000]  _: <POOL> acquire direct connection, x")
    late = python("15:02:11,000", "failed to obtain a connection from the pool within 10.0s (t)")
    (event,) = only_pool(asked + late).events
    assert event.numbers == {"limit": 10.0, "waited": 131.0}
