"""Causes of too much or of changed work, each by itself: supported, contradicted, cannot tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boltkb.bolt import observe, read_pool
from boltkb.bolt.causes.case import open_case
from boltkb.bolt.causes.demand import RULES, weigh_pool_too_small
from boltkb.bolt.causes.weighing import weigh_causes
from boltkb.bolt.course import Contention
from boltkb.exports import DriverPool, LogEvent, MachineFact, Where
from boltkb.queueing import fit_queue
from boltkb.queueing.simulation import simulate_loss

pytestmark = pytest.mark.slow

MAX = "server.bolt.thread_pool_max_size"
THREADS = 20
LOGGED = {MAX: str(THREADS), "server.bolt.enable_network_error_accounting": "false"}
SECONDS = 900
HOLD = 0.5
WORKING = ["working"] * THREADS


def run(load, *, hold=HOLD, seed=3, seconds=SECONDS):
    """Return a loss system's busy servers each second, ends by then, and rejections."""
    found = simulate_loss(
        servers=THREADS, arrival_rate=load / hold, mean_hold=hold, duration=seconds, seed=seed
    )
    times = np.arange(float(seconds))
    ended = np.searchsorted(np.sort(found.arrivals[found.accepted] + hold), times)
    return found.busy(times), ended, found.arrivals[~found.accepted]


def then(first, second):
    """Return one run after another: the second half is another load."""
    busy = np.concatenate([first[0], second[0]])
    ended = np.concatenate([first[1], first[1][-1] + second[1]])
    return busy, ended, np.concatenate([first[2], first[0].size + second[2]])


def staged(make, build, told, *, several=(), events=(), **more):
    busy, ended, rejected = told
    drivers = more.pop("drivers", ())
    cpus = more.pop("cpus", None)
    lines = [build.event(t, connection=f"bolt-{i}") for i, t in enumerate(rejected)]
    export = make(
        settings=more.pop("settings", LOGGED),
        several=[
            build.series("connections_running", busy),
            replace(build.series("transaction_committed", ended), kind="counter"),
            *several,
        ],
        events=sorted([*lines, *events], key=lambda event: event.time),
        seconds=busy.size,
        **more,
    )
    machine = {} if cpus is None else {"cpus": MachineFact("cpus", cpus, "", Where("debug.log"))}
    return replace(export, drivers=tuple(drivers), machine=machine)


def case_of(export):
    pool = read_pool(export)
    seen = observe(export, pool)
    return open_case(export, pool, seen, fit_queue(seen))


def dumps(build, states=WORKING, at=(600, 615, 630)):
    return [build.dump(second, states, first=100 * i) for i, second in enumerate(at)]


def log_of(epoch, *, rejected, retried, file="clients/a.log", start=0.0, times=()):
    events = tuple(
        LogEvent(epoch + t, "any-no-threads", "WARN", "", None, {}, Where(file)) for t in times
    )
    empty = np.empty(0)
    return DriverPool(
        "python", None, "unknown", epoch + start, epoch + SECONDS,
        {"rejected": rejected, "retried": retried}, empty, empty, empty, empty, None, events,
        Where(file),
    )  # fmt: skip


def pause(epoch, second, seconds, collected):
    where = Where("logs/debug.log", int(second))
    numbers = {"pause": seconds} | ({} if collected is None else {"gc": collected})
    return LogEvent(epoch + second, "vm-pause", "WARN", "text", None, numbers, where)


def rushes(at, size=60, spread=0.2):
    return np.sort(np.concatenate([t + np.linspace(0, spread, size) for t in at]))


AT = (120.5, 300.5, 480.5, 660.5, 840.5)


@pytest.fixture
def quiet():
    return run(5.0)


# A pool that is too small.


def test_honest_work_beyond_the_threads_is_a_pool_too_small(make, build):
    case = case_of(staged(make, build, run(19.0), dumps=dumps(build)))
    cause = weigh_pool_too_small(case, ())
    assert cause.status == "supported"
    assert cause.share > 0.7
    assert "Erlang B" in " ".join(cause.evidence_for)
    ranked = weigh_causes(case)
    assert [c.id for c in ranked if c.status == "supported"] == ["pool_too_small"]


def test_rejections_that_the_load_does_not_foresee_are_none(make, build, quiet, epoch):
    told = (quiet[0], quiet[1], np.linspace(100, 800, 400))
    drivers = [log_of(epoch, rejected=400, retried=0)]
    case = case_of(staged(make, build, told, dumps=dumps(build), drivers=drivers))
    assert weigh_pool_too_small(case, ()).status == "contradicted"
    unsaid = case_of(staged(make, build, told, dumps=dumps(build)))
    assert weigh_pool_too_small(unsaid, ()).status == "cannot_tell"


def test_without_a_look_at_threads_a_small_pool_cannot_be_told(make, build):
    cause = weigh_pool_too_small(case_of(staged(make, build, run(19.0))), ())
    assert cause.status == "cannot_tell"
    assert "Thread.print" in cause.missing[0]


def test_many_working_threads_for_each_processor_may_not_bear_more(make, build):
    told = staged(make, build, run(19.0), dumps=dumps(build), cpus=2.0)
    assert weigh_pool_too_small(case_of(told), ()).status == "cannot_tell"
    told = staged(make, build, run(19.0), dumps=dumps(build), cpus=16.0)
    assert weigh_pool_too_small(case_of(told), ()).status == "supported"


# Queries that became slow.


def test_holds_that_grew_while_arrivals_did_not_are_slow_queries(make, build, epoch):
    told = then(run(5.0, hold=0.25, seconds=450), run(21.0, hold=1.05, seconds=450))
    case = case_of(staged(make, build, told, dumps=dumps(build)))
    cause = RULES["slow_queries"](case)
    assert cause.status == "supported"
    assert cause.share > 0.7
    assert cause.began == pytest.approx(epoch + 450, abs=30)
    assert RULES["slow_queries"](case_of(staged(make, build, told))).status == "cannot_tell"
    waiting = dumps(build, ["waiting_for_client"] * THREADS)
    waits = RULES["slow_queries"](case_of(staged(make, build, told, dumps=waiting)))
    assert waits.status == "contradicted"


def test_more_arrivals_are_no_slow_queries(make, build):
    told = then(run(5.0, seconds=450), run(21.0, seconds=450))
    case = case_of(staged(make, build, told, dumps=dumps(build)))
    assert RULES["slow_queries"](case).status == "contradicted"


# Processors.


def grown(case):
    told = Contention("grows", 2.5, 2.0, 3.0, "At 18 held threads it was 2.5 times that at 5.")
    return replace(case, course=replace(case.course, contention=told))


def test_holds_that_grow_with_more_threads_than_processors_are_saturation(make, build):
    case = case_of(staged(make, build, run(19.0), dumps=dumps(build), cpus=4.0))
    assert RULES["cpu_saturation"](case).status == "cannot_tell"
    cause = RULES["cpu_saturation"](grown(case))
    assert (cause.status, len(cause.kinds)) == ("supported", 2)


def test_fewer_threads_at_work_than_processors_are_none(make, build):
    case = case_of(staged(make, build, run(19.0), dumps=dumps(build), cpus=32.0))
    assert RULES["cpu_saturation"](grown(case)).status == "contradicted"


def test_holds_that_grow_for_locks_are_the_locks(make, build):
    locked = ["waiting_for_lock"] * 12 + ["working"] * 8
    told = staged(make, build, run(19.0), dumps=dumps(build, locked), cpus=4.0)
    assert RULES["cpu_saturation"](grown(case_of(told))).status == "contradicted"


def test_processor_time_that_threads_did_not_use_speaks_against_it(make, build):
    spent = [
        replace(d, workers=tuple(replace(w, cpu=0.1 * i) for w in d.workers))
        for i, d in enumerate(dumps(build))
    ]
    told = staged(make, build, run(19.0), dumps=spent, cpus=4.0)
    assert RULES["cpu_saturation"](grown(case_of(told))).status == "contradicted"


# Bursts and retries.


def test_rushes_with_free_threads_between_them_are_bursts(make, build, quiet):
    case = case_of(staged(make, build, (*quiet[:2], rushes(AT))))
    cause = RULES["burst_fan_out"](case)
    assert (cause.status, cause.explains) == ("supported", "rejections")
    assert cause.share > 0.9
    assert RULES["retry_storm"](case).status != "supported"


def test_rejections_by_chance_are_no_bursts(make, build):
    case = case_of(staged(make, build, run(15.0)))
    assert RULES["burst_fan_out"](case).status == "contradicted"


def test_bursts_cannot_be_told_where_rejections_have_no_times(make, build, quiet):
    told = staged(
        make, build, (*quiet[:2], ()), settings={MAX: str(THREADS)},
        events=[build.event(300, kind="starvation-increase")],
    )  # fmt: skip
    assert RULES["burst_fan_out"](case_of(told)).status == "cannot_tell"


def test_what_persists_after_a_burst_is_the_retries(make, build, quiet, epoch):
    again = [rushes(AT, 40), rushes(np.add(AT, 1.1), 40, 0.5), rushes(np.add(AT, 3.2), 40, 1.0)]
    times = np.sort(np.concatenate(again))
    drivers = [log_of(epoch, rejected=600, retried=590)]
    told = staged(make, build, (*quiet[:2], times), dumps=dumps(build), drivers=drivers)
    case = case_of(told)
    storm = RULES["retry_storm"](case)
    assert not storm.evidence_against
    assert storm.status == "supported"
    assert storm.share == pytest.approx(2 / 3, abs=0.1)
    assert RULES["burst_fan_out"](case).share < storm.share
    unsaid = case_of(replace(told, drivers=()))
    assert RULES["retry_storm"](unsaid).status == "cannot_tell"
    never = case_of(replace(told, drivers=(log_of(epoch, rejected=600, retried=0),)))
    assert RULES["retry_storm"](never).status == "contradicted"


# Pauses.


def test_pauses_before_the_rejections_are_the_jvms_or_the_machines(make, build, quiet, epoch):
    for collected, name, other in (
        (2.9, "gc_pauses", "host_stall"),
        (0.0, "host_stall", "gc_pauses"),
    ):
        events = [pause(epoch, t + 3.0, 3.0, collected) for t in AT]
        told = (*quiet[:2], rushes(np.add(AT, 3.0)))
        case = case_of(staged(make, build, told, events=events))
        cause = RULES[name](case)
        assert cause.status == "supported"
        assert cause.share > 0.9
        assert RULES[other](case).status == "contradicted"
        assert RULES["burst_fan_out"](case).status == "contradicted"
        ranked = weigh_causes(case)
        assert [c.id for c in ranked if c.status == "supported"] == [name]


def test_pauses_at_other_times_or_too_short_ones_explain_nothing(make, build, quiet, epoch):
    told = (*quiet[:2], rushes(AT))
    elsewhere = [pause(epoch, t + 60, 3.0, 2.9) for t in AT]
    case = case_of(staged(make, build, told, events=elsewhere))
    assert RULES["gc_pauses"](case).status == "contradicted"
    short = [pause(epoch, t, 0.2, 0.2) for t in AT]
    case = case_of(staged(make, build, told, events=short))
    assert "too short" in RULES["gc_pauses"](case).evidence_against[0]


def test_pauses_cannot_be_told_without_what_would_show_them(make, build, quiet):
    export = staged(make, build, (*quiet[:2], rushes(AT)))
    cause = RULES["gc_pauses"](case_of(replace(export, edition="enterprise")))
    assert cause.status == "cannot_tell"
    assert any("vm.pause_time" in words for words in cause.missing)


# Fleets and deployments.


def fleet(build):
    return [
        replace(build.connection(i, "worker/4.0"), client=f"10.0.{i % 12}.7:{40000 + i}")
        for i in range(48)
    ]


def test_a_step_of_arrivals_with_new_clients_is_the_fleets(make, build, epoch):
    told = then(run(8.0, seconds=450), run(20.0, seconds=450))
    drivers = [
        log_of(epoch, rejected=10, retried=0),
        log_of(epoch, rejected=10, retried=0, file="clients/b.log", start=451.0),
    ]
    rows = fleet(build)
    export = staged(make, build, told, connections=rows, drivers=drivers)
    cause = RULES["fleet_times_pool"](case_of(export))
    assert cause.status == "supported"
    assert "clients/b.log" in " ".join(cause.evidence_for)
    assert RULES["rolling_deploy"](case_of(export)).status == "cannot_tell"
    unsaid = case_of(staged(make, build, told))
    assert RULES["fleet_times_pool"](unsaid).status == "cannot_tell"


def test_a_load_without_a_step_or_with_longer_holds_is_no_fleets(make, build):
    steady = case_of(staged(make, build, run(19.0), connections=fleet(build)))
    assert RULES["fleet_times_pool"](steady).status == "contradicted"
    told = then(run(5.0, hold=0.25, seconds=450), run(21.0, hold=1.05, seconds=450))
    slower = case_of(staged(make, build, told, connections=fleet(build)))
    assert RULES["fleet_times_pool"](slower).status == "contradicted"


def connections(build, level, turned):
    """Return counters of connections of a level, with so many changed besides, and idle ones."""
    opened = np.cumsum(np.maximum(0, np.diff(level, prepend=0)) + turned)
    closed = np.cumsum(np.maximum(0, -np.diff(level, prepend=0)) + turned)
    return [
        build.series("connections_idle", level),
        build.series("connections_opened", opened),
        build.series("connections_closed", closed),
    ]


def test_connections_that_double_for_a_while_are_a_deploy(make, build, quiet, epoch):
    seconds = np.arange(SECONDS)
    level = 40.0 + 40.0 * ((seconds >= 400) & (seconds < 520))
    told = (np.zeros(SECONDS), quiet[1], ())
    several = connections(build, level, 0)
    cause = RULES["rolling_deploy"](case_of(staged(make, build, told, several=several)))
    assert (cause.status, cause.explains) == ("supported", "connections")
    assert cause.began == pytest.approx(epoch + 400, abs=5)


@pytest.mark.parametrize(
    ("level", "turned"),
    [
        (np.where(np.arange(SECONDS) < 400, 40.0, 80.0), 0),
        (np.full(SECONDS, 40.0), 2),
        (40.0 + np.random.default_rng(1).integers(-3, 14, SECONDS), 1),
    ],
    ids=["a rise that stays", "a level with churn", "a level that wavers"],
)
def test_other_courses_of_connections_are_no_deploy(make, build, quiet, level, turned):
    told = (np.zeros(SECONDS), quiet[1], ())
    several = connections(build, level, turned)
    case = case_of(staged(make, build, told, several=several))
    assert RULES["rolling_deploy"](case).status == "contradicted"


# The queue, databases, clusters.


def test_a_queue_that_keeps_the_pool_small_is_configured_and_seen(make, build):
    settings = {
        MAX: "40",
        "server.bolt.thread_pool_min_size": "5",
        "internal.server.bolt.thread_pool_queue_size": "100",
    }
    busy = np.minimum(5.0, run(8.0)[0])
    told = (busy, np.cumsum(np.full(SECONDS, 10)), ())
    case = case_of(staged(make, build, told, settings=settings))
    assert RULES["queue_enabled"](case).status == "supported"
    idle = (np.minimum(2.0, busy), told[1], ())
    case = case_of(staged(make, build, idle, settings=settings))
    assert RULES["queue_enabled"](case).status == "contradicted"
    bare = make(settings=settings)
    assert RULES["queue_enabled"](case_of(bare)).status == "cannot_tell"


def test_a_pool_without_a_queue_needs_no_rule_for_it(make, build, quiet):
    case = case_of(staged(make, build, (*quiet[:2], ())))
    assert RULES["queue_enabled"](case).status == "not_applicable"


def databases(build, **open_now):
    several = []
    for place, (name, mean) in enumerate(open_now.items()):
        gauge = np.random.default_rng(place).poisson(mean, SECONDS).astype(float)
        count = np.cumsum(np.full(SECONDS, 5.0))
        several += [
            replace(build.series("transaction_active_write", gauge), database=name),
            replace(build.series("transaction_committed", count), database=name, kind="counter"),
        ]
    return several


def test_a_database_that_holds_most_transactions_starves_the_others(make, build):
    told = run(19.0)
    export = staged(make, build, told, several=databases(build, reports=17.0, shop=1.0))
    cause = RULES["database_starvation"](case_of(export))
    assert cause.status == "supported"
    assert "reports" in cause.evidence_for[0]
    even = staged(make, build, told, several=databases(build, reports=8.0, shop=8.0))
    assert RULES["database_starvation"](case_of(even)).status == "contradicted"
    alone = staged(make, build, told, several=databases(build, neo4j=17.0, system=1.0))
    assert RULES["database_starvation"](case_of(alone)).status == "not_applicable"


def test_one_member_with_the_load_is_a_hot_spot(make, build, quiet):
    case = case_of(staged(make, build, run(19.0)))
    spare = observe(other := staged(make, build, run(3.0)), read_pool(other))
    cause = RULES["leader_hot_spot"](replace(case, members=(spare, spare)))
    assert cause.status == "supported"
    assert cause.share > 0.9
    alike = RULES["leader_hot_spot"](replace(case, members=(case.seen,)))
    assert alike.status == "contradicted"


def test_a_single_server_has_no_leader_and_a_member_alone_does_not_tell(make, build):
    export = replace(staged(make, build, run(19.0)), edition="enterprise")
    assert RULES["leader_hot_spot"](case_of(export)).status == "not_applicable"
    settings = LOGGED | {"dbms.cluster.discovery.endpoints": "a:5000,b:5000"}
    member = replace(staged(make, build, run(19.0), settings=settings), edition="enterprise")
    assert RULES["leader_hot_spot"](case_of(member)).status == "cannot_tell"


def test_nothing_is_supported_where_nothing_is_wrong(make, build, quiet):
    case = case_of(staged(make, build, (*quiet[:2], ()), dumps=dumps(build, ["working"] * 5)))
    for name, rule in RULES.items():
        assert rule(case).status != "supported", name
    assert weigh_pool_too_small(case, ()).status == "not_applicable"
