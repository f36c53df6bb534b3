"""How many rejections there were, in the strongest way that an export allows."""

from __future__ import annotations

import numpy as np

from boltkb.bolt import read_pool
from boltkb.bolt.rejections import read_rejections

MAX = "server.bolt.thread_pool_max_size"
LOGGED = {MAX: "8", "server.bolt.enable_network_error_accounting": "false"}


def read(export, epoch, *, end=600.0):
    return read_rejections(export, read_pool(export), start=epoch, end=epoch + end)


def counters(build, growth):
    """Received and started messages that drift apart by `growth` over 600 s."""
    started = np.arange(600) * 20.0
    return [
        build.series("messages_received", started + growth),
        build.series("messages_started", started),
    ]


def test_a_line_each_is_counted(make, build, epoch):
    export = make(settings=LOGGED, events=[build.event(t) for t in (10, 20, 30)])
    rejected = read(export, epoch)
    assert (rejected.how, rejected.value, rejected.high) == ("counted", 3, 3)
    assert str(rejected.where[0]) == "logs/neo4j.log:11"


def test_only_the_window_counts(make, build, epoch):
    export = make(settings=LOGGED, events=[build.event(t) for t in (10, 20, 300)])
    assert read(export, epoch, end=100.0).value == 2


def test_none_in_a_log_that_would_hold_them_is_none(make, epoch):
    rejected = read(make(settings=LOGGED), epoch)
    assert (rejected.how, rejected.value, rejected.high) == ("none", 0, 0)
    assert not rejected.seen


def test_a_log_that_is_cut_off_leaves_the_upper_end_open(make, build, epoch):
    export = make(settings=LOGGED, events=[build.event(10)], truncated=True)
    rejected = read(export, epoch)
    assert (rejected.value, rejected.high) == (1, None)
    assert "cut off" in rejected.reason


def test_a_cut_log_without_a_line_does_not_say_that_there_was_none(make, epoch):
    assert read(make(settings=LOGGED, truncated=True), epoch).how == "unknown"


def test_no_log_and_no_counter_is_unknown(make, epoch):
    rejected = read(make(log=False), epoch)
    assert (rejected.how, rejected.value) == ("unknown", None)


def test_an_episode_is_never_counted(make, build, epoch):
    export = make(events=[build.event(50, "starvation-increase")])
    rejected = read(export, epoch)
    assert (rejected.how, rejected.value, rejected.low) == ("episodes", None, 3)
    assert rejected.seen


def test_with_an_episode_unstarted_messages_and_closed_connections_give_the_size(
    make, build, epoch
):
    """A real 5.26 server showed two unstarted messages and one closed connection each."""
    growth = np.floor(np.linspace(0, 180, 600))
    closed = build.series("connections_closed", np.floor(np.linspace(0, 90, 600)))
    export = make(
        events=[build.event(50, "starvation-increase")],
        several=[*counters(build, growth), closed],
    )
    rejected = read(export, epoch)
    assert rejected.how == "estimated"
    assert rejected.value == 90
    assert rejected.low <= 60
    assert 90 <= rejected.high <= 95


def test_up_to_4_4_unstarted_messages_tell_nothing(make, build, epoch):
    growth = np.floor(np.linspace(0, 180, 600))
    settings = {"dbms.connector.bolt.thread_pool_max_size": "8"}
    export = make(version="4.4.17", settings=settings, several=counters(build, growth), log=False)
    assert read(export, epoch).how == "unknown"


def test_messages_in_flight_are_no_rejections(make, build, epoch):
    noise = np.random.default_rng(1).integers(0, 3, 600)
    rejected = read(make(several=counters(build, noise)), epoch)
    assert (rejected.how, rejected.value) == ("none", 0)


def test_a_restart_between_the_samples_is_no_growth(make, build, epoch):
    gap = np.concatenate([np.full(300, 500.0), np.zeros(300)])
    rejected = read(make(several=counters(build, gap)), epoch)
    assert rejected.how == "none"


QUEUE = "internal.server.bolt.thread_pool_queue_size"


def filling(build, *, until=600):
    """Counters of a pool whose queue fills: a message more waits every four seconds."""
    return counters(build, np.floor(np.linspace(0, until / 4, 600)))


def test_what_waits_in_a_queue_is_no_rejection(make, build, epoch):
    """The same counters are an estimate without a queue, and none with one."""
    without = read(make(settings={MAX: "8"}, several=filling(build)), epoch)
    assert (without.how, without.value) == ("estimated", 75)
    bounded = read(make(settings={MAX: "8", QUEUE: "500"}, several=filling(build)), epoch)
    assert (bounded.how, bounded.value, bounded.high) == ("none", 0, 2)
    endless = read(make(settings={MAX: "8", QUEUE: "-1"}, several=filling(build)), epoch)
    assert (endless.how, endless.value, endless.high) == ("none", 0, 0)
    assert "without a bound" in endless.reason
    assert str(endless.where[0]) == "conf/neo4j.conf:2"


def test_with_a_queue_and_no_log_it_is_said_why_nothing_is_estimated(make, build, epoch):
    export = make(settings={MAX: "8", QUEUE: "500"}, several=filling(build), log=False)
    rejected = read(export, epoch)
    assert (rejected.how, rejected.value) == ("unknown", None)
    assert "may only wait" in rejected.reason


def test_a_full_queue_that_rejects_is_still_counted(make, build, epoch):
    settings = {**LOGGED, QUEUE: "20"}
    export = make(settings=settings, events=[build.event(10)], several=filling(build))
    assert (read(export, epoch).how, read(export, epoch).value) == ("counted", 1)
    started = make(
        settings={MAX: "8", QUEUE: "20"},
        events=[build.event(50, "starvation-increase")],
        several=filling(build),
    )
    assert (read(started, epoch).how, read(started, epoch).value) == ("episodes", None)


def test_messages_that_wait_for_a_moment_are_no_rejections(make, build, epoch):
    """A rush of sign-ins stands in the network's queue for a sample; no counter began anew."""
    started = [0.0] * 10 + [0.0] + [900.0] * 30
    received = [0.0] * 10 + [56.0] + [900.0] * 30
    export = make(
        settings={MAX: "8"},
        several=[
            build.series("messages_received", received),
            build.series("messages_started", started),
            build.series("connections_closed", [0.0] * 41),
            build.series("connections_running", [1.0] * 41),
        ],
    )
    rejected = read(export, epoch)
    assert rejected.value == 0


def test_no_more_was_rejected_than_connections_were_closed(make, build, epoch):
    drift = [float(2 * i) for i in range(41)]
    export = make(
        settings={MAX: "8"},
        several=[
            build.series("messages_received", [100.0 + d for d in drift]),
            build.series("messages_started", [100.0] * 41),
            build.series("connections_closed", [0.0] * 39 + [3.0] * 2),
            build.series("connections_running", [1.0] * 41),
        ],
    )
    rejected = read(export, epoch)
    assert rejected.value == 3
    assert rejected.low <= 3
