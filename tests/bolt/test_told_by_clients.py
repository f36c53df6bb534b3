"""What clients' logs, or a few lines of the server's, carry where nothing samples the threads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boltkb.bolt import diagnose, observe, read_pool
from boltkb.bolt.causes import would_tell
from boltkb.bolt.causes.case import open_case
from boltkb.bolt.causes.cause import supported
from boltkb.bolt.causes.weighing import RULES, rank
from boltkb.bolt.clients.logged import told_limit
from boltkb.exports import DriverPool, LogEvent, Where
from boltkb.queueing import fit_queue

EPOCH = 1_795_000_000.0
TIMEOUT = "python-acquisition-timeout"
NO_THREADS = "any-no-threads"


def line(second, kind=TIMEOUT, **numbers):
    where = Where("client.log", int(second) + 1)
    return LogEvent(EPOCH + second, kind, "WARN", "text", None, numbers, where)


def client(counts, *, in_use=(), events=(), **more):
    use = np.array(in_use, dtype=float)
    fields = {
        "language": "python", "version": None, "address": "db:7687", "start": EPOCH,
        "end": EPOCH + 600, "counts": counts, "times": EPOCH + np.arange(use.size), "in_use": use,
        "waits": np.empty(0), "holds": np.empty(0), "limit": None, "events": tuple(events),
        "where": Where("client.log", 1, 900),
    }  # fmt: skip
    return DriverPool(**(fields | more))


@pytest.fixture
def alone(make):
    """An export that holds nothing but a client's log."""

    def one(log, **more):
        chosen = {"settings": {}, "log": False, "version": None} | more
        return replace(make(**chosen), drivers=(log,))

    return one


def weigh(export, name):
    pool = read_pool(export)
    return RULES[name](open_case(export, pool, observe(export, pool), None))


def concluded(export):
    pool = read_pool(export)
    seen = observe(export, pool)
    return diagnose(export, pool, seen, fit_queue(seen))


def up_to(most, seconds=600):
    """One connection more each second, and none less."""
    return np.minimum(np.arange(seconds) + 1, most)


WAITED = [line(second, limit=60.0) for second in range(200, 320, 10)]


# Connections that are never given back.


@pytest.fixture
def leaky():
    counts = {"acquired": 100, "created": 100, "timed_out": 12}
    return client(counts, in_use=up_to(100), events=WAITED)


def test_connections_that_are_taken_and_none_given_back_are_a_leak(alone, leaky):
    found = weigh(alone(leaky), "leaked_transactions")
    assert (found.status, found.explains, found.share) == ("supported", "failures", 1.0)
    assert (
        "100 connections were taken one after another and none was given back"
        in (found.evidence_for[0])
    )
    # How many threads that are, a client does not know.
    assert concluded(alone(leaky)).state == "cannot_tell"


def test_a_pool_that_gives_back_is_none_however_full_it_is(alone, leaky):
    busy = replace(leaky, counts={**leaky.counts, "released": 60, "acquired": 160})
    assert weigh(alone(busy), "leaked_transactions").status == "cannot_tell"


def test_a_pool_in_which_nobody_waited_in_vain_is_none(alone, leaky):
    calm = replace(leaky, counts={"acquired": 100, "created": 100}, events=())
    assert weigh(alone(calm), "leaked_transactions").status == "cannot_tell"


def test_one_look_at_a_drivers_numbers_asks_for_a_second(alone):
    log = client(
        {"acquired": 120, "created": 50, "closed": 0, "timed_out": 31}, language="java",
        start=None, end=None, totals={"hold_count": 70.0, "hold_seconds": 84.0},
    )  # fmt: skip
    found = weigh(alone(log), "leaked_transactions")
    assert found.status == "cannot_tell"
    assert "all 50 open connections were in use" in found.evidence_for[0]
    first, of = would_tell(concluded(alone(log)).causes)[0]
    assert first.startswith("a second look")
    assert set(of) == {"leaked_transactions", "client_pool_too_small"}


@pytest.mark.parametrize(("version", "status"), [("4.4.9", "supported"), ("4.4.10", None)])
def test_a_leak_of_the_drivers_version_comes_before_the_leak(alone, leaky, version, status):
    log = replace(leaky, language="java", version=version)
    diagnosis = concluded(alone(log))
    ids = [cause.id for cause in diagnosis.causes if cause.status == "supported"]
    assert ids == (["known_defect", "leaked_transactions"] if status else ["leaked_transactions"])


# A pool that is too small for its client.


def waiting(released=500):
    counts = {"acquired": 600, "released": released, "timed_out": 12}
    return client(counts, in_use=up_to(100), events=WAITED)


def test_the_most_in_use_at_each_timeout_is_the_limit():
    assert told_limit(waiting()) == (100, "in use at each of its time-outs")
    uneven = replace(waiting(), in_use=np.where(np.arange(600) < 250, 40.0, 100.0))
    assert told_limit(uneven)[1] != "in use at each of its time-outs"


def test_a_log_of_the_server_without_rejections_is_enough(make):
    export = replace(make(version="5.26.0"), drivers=(waiting(),))
    found = weigh(export, "client_pool_too_small")
    assert found.status == "supported"
    assert "while the server rejected nothing" in found.evidence_for[0]
    assert len(found.kinds) == 2


def test_without_a_word_of_the_server_it_cannot_be_told(alone):
    found = weigh(alone(waiting()), "client_pool_too_small")
    assert found.status == "cannot_tell"
    assert any("neo4j.log" in item for item in found.missing)


# Sockets whose other end is gone.


def hung(seconds=131.0, limit=10.0):
    events = [line(200 * n, limit=limit, waited=seconds) for n in range(4)]
    return client({"asked": 4, "failed": 4, "timed_out": 4}, events=events)


def test_what_waits_far_beyond_its_own_timeout_hangs(alone):
    assert weigh(alone(hung()), "half_open_sockets").status == "supported"
    assert weigh(alone(hung()), "connect_failure").status != "supported"
    assert weigh(alone(hung()), "client_pool_too_small").status == "contradicted"


def test_what_waits_as_long_as_it_may_does_not(alone):
    assert weigh(alone(hung(131.0, limit=130.0)), "half_open_sockets").status != "supported"
    assert weigh(alone(hung(11.0)), "half_open_sockets").status != "supported"


# Connections cut after a fixed time.


def broken(spans):
    events = [line(30 * n, "java-channel-failure") for n in range(len(spans))]
    counts = {"acquired": 16, "released": 16, "created": 16, "lost": len(spans)}
    return client(counts, in_use=[1, 0] * 16, events=events, unused=np.array(spans, dtype=float))


def test_connections_that_break_at_one_age_of_idleness_are_cut(alone):
    found = weigh(alone(broken([350.0, 350.1, 349.8, 350.2, 350.0])), "load_balancer_cut")
    assert found.status == "supported"
    assert "5 of 5 connections" in " ".join(found.evidence_for)
    assert "its log tells of no rejection" in found.evidence_for[0]


def test_connections_that_break_at_any_age_are_not_called_cut(alone):
    found = weigh(alone(broken([80.0, 350.0, 1200.0, 2400.0, 700.0])), "load_balancer_cut")
    assert found.status == "cannot_tell"


# A connection for each use.


@pytest.mark.parametrize(
    ("counts", "in_use", "status"),
    [
        ({"created": 60, "acquired": 60, "closed": 60}, [1, 0] * 60, "supported"),
        # A batch that needed them all at once and closed them at its end.
        ({"created": 60, "acquired": 60, "closed": 60}, up_to(60, 120), "cannot_tell"),
        ({"created": 60, "acquired": 6000, "closed": 60}, [1, 0] * 60, "cannot_tell"),
        # Each rejection closes a connection.
        ({"created": 60, "acquired": 60, "closed": 60, "rejected": 50}, [1, 0] * 60, "cannot_tell"),
    ],
)
def test_connections_for_one_use_each(alone, counts, in_use, status):
    export = alone(client(counts, in_use=in_use))
    assert weigh(export, "driver_per_request").status == status


# A limit that is not kept.


@pytest.mark.parametrize(
    ("version", "made", "status"),
    [
        ("1.7.5", 1500, "supported"),
        ("1.7.5", 90, "contradicted"),
        ("5.28.1", 1500, "cannot_tell"),
    ],
)
def test_more_connections_than_a_pool_may_open(alone, version, made, status):
    log = client({"created": made}, language="javascript", version=version)
    found = weigh(alone(log), "known_defect")
    assert found.status == status
    assert status != "supported" or found.explains == "connections"


# What only clients tell of rejections.


def test_rejections_that_only_clients_tell_of_are_a_shortage(alone):
    at = [0.03 * n for n in range(40)] + [100 + 0.03 * n for n in range(40)]
    log = client({"rejected": 80}, events=[line(second, NO_THREADS) for second in at])
    diagnosis = concluded(alone(log))
    assert (diagnosis.state, diagnosis.cause) == ("saturated", None)
    assert "2 rushes" in diagnosis.cause_of("burst_fan_out").evidence_for[0]


def test_the_servers_own_word_outranks_theirs(make):
    log = client({"rejected": 80}, events=[line(n, NO_THREADS) for n in range(40)])
    settings = {"server.bolt.enable_network_error_accounting": "false"}
    assert concluded(replace(make(settings=settings), drivers=(log,))).state != "saturated"


# Lines of the server's log, without a sample.


def test_rushes_that_come_again_are_bursts_by_the_log_alone(make, build):
    at = [start + 0.02 * n for start in (60, 300) for n in range(40)]
    found = weigh(make(version="5.15.0", events=[build.event(t) for t in at]), "burst_fan_out")
    assert found.status == "supported"
    assert "nothing was rejected in between" in found.evidence_for[0]


@pytest.mark.parametrize(
    "at",
    [[60 + 0.05 * n for n in range(30)], [60 * k + 1.3 * n for k in range(5) for n in range(6)]],
)
def test_one_rush_or_a_handful_now_and_then_is_not(make, build, at):
    found = weigh(make(version="5.15.0", events=[build.event(t) for t in at]), "burst_fan_out")
    assert found.status == "cannot_tell"
    assert found.missing


def paused(second, seconds):
    numbers = {"pause": seconds, "gc": seconds}
    where = Where("debug.log", int(second) + 1)
    return LogEvent(EPOCH + second, "vm-pause", "WARN", "text", None, numbers, where)


def signed_in_vain(build, seconds):
    return [build.event(second, "auth-timeout") for second in seconds]


def test_sign_ins_that_fail_with_the_pauses_are_the_pauses(make, build):
    events = [paused(100 * k, 20.0) for k in range(1, 6)]
    events += signed_in_vain(build, [100 * k + 0.05 * n for k in range(1, 6) for n in range(5)])
    found = weigh(make(events=events), "gc_pauses")
    assert (found.status, found.explains) == ("supported", "failures")


def test_sign_ins_that_fail_at_any_time_are_not(make, build):
    events = [paused(300, 2.0), *signed_in_vain(build, range(10, 600, 12))]
    assert weigh(make(events=events), "gc_pauses").status == "contradicted"


def test_lines_of_slow_consumers_are_what_they_say(make, build):
    events = [build.event(100 * n, "slow-consumer") for n in range(1, 5)]
    found = weigh(make(settings={}, version="3.5.13", events=events), "slow_consumer")
    assert (found.status, found.explains) == ("supported", "failures")
    assert "4 times" in found.evidence_for[0]


def test_a_defect_that_explains_as_much_comes_first():
    defect, leak = (
        supported(name, 1.0, ["."], kinds=["log"], explains="failures")
        for name in ("known_defect", "leaked_transactions")
    )
    assert rank([leak, defect], shortage=False)[0] is defect
    assert rank([leak, replace(defect, share=0.5)], shortage=False)[0] is leak
