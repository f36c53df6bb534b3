"""The catalogue does not contradict itself: one test for each kind of lie."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from itertools import pairwise

import pytest

from boltkb.catalogue import (
    Interval,
    Version,
    load_agents,
    load_causes,
    load_defects,
    load_driver_lines,
    load_drivers,
    load_errors,
    load_filters,
    load_messages,
    load_metrics,
    load_questions,
    load_rules,
    load_settings,
    load_sources,
    load_terms,
    load_threads,
)

UNITS = {
    "",
    "bytes",
    "calls",
    "characters",
    "connections",
    "erlangs",
    "files",
    "messages",
    "per second",
    "probes",
    "rejections",
    "seconds",
    "threads",
    "transactions",
}
KINDS = {"integer", "boolean", "duration", "bytes", "list", "string"}
LOADERS = {
    "agents.toml": load_agents,
    "defects.toml": load_defects,
    "causes.toml": load_causes,
    "filters.toml": load_filters,
    "questions.toml": load_questions,
    "settings.toml": load_settings,
    "threads.toml": load_threads,
    "metrics.toml": load_metrics,
    "messages.toml": load_messages,
    "sources.toml": load_sources,
    "glossary.toml": load_terms,
    "rules.toml": load_rules,
    "drivers.toml": load_drivers,
    "driver_lines.toml": load_driver_lines,
    "errors.toml": load_errors,
}


def below(bound: Version | str | None, other: Version | str | None) -> bool:
    return isinstance(bound, Version) and isinstance(other, Version) and bound < other


def faults(names: tuple[Interval, ...], *, may_overlap: bool) -> list[str]:
    """What is wrong with the versions of a list of names."""
    found = [
        f"{interval.name} is empty"
        for interval in names
        if isinstance(interval.since, Version)
        and isinstance(interval.until, Version)
        and interval.since >= interval.until
    ]
    for first, second in pairwise(names):
        if below(first.until, second.since):
            found.append(f"gap between {first.name} and {second.name}")
        if first.until is None and not may_overlap:
            found.append(f"{first.name} never ends, yet {second.name} follows")
        if below(second.since, first.until) and not may_overlap:
            found.append(f"{first.name} and {second.name} overlap")
    return found


@pytest.mark.parametrize("file", LOADERS)
def test_ids_are_unique_and_sorted(file: str) -> None:
    text = resources.files("boltkb.catalogue").joinpath(file).read_text(encoding="utf-8")
    (rows,) = tomllib.loads(text).values()
    ids = [row["id"] for row in rows]
    assert ids == sorted(set(ids))
    assert sorted(LOADERS[file]()) == ids


@pytest.mark.parametrize("file", [file for file in LOADERS if file != "sources.toml"])
def test_every_source_resolves(file: str) -> None:
    unknown = {entry.source for entry in LOADERS[file]().values()} - set(load_sources())
    assert not unknown


def test_every_source_is_used() -> None:
    used = {
        entry.source
        for file, load in LOADERS.items()
        if file != "sources.toml"
        for entry in load().values()
    }
    # Kept for the pages, which cite them.
    assert set(load_sources()) - used <= {
        "kendall-1953",
        "lab-neo4j-5.26",
        "little-1961",
    }


@pytest.mark.parametrize("entry", load_settings().values(), ids=lambda entry: entry.id)
def test_setting_names_neither_overlap_nor_leave_a_gap(entry) -> None:
    assert faults(entry.names, may_overlap=False) == []


@pytest.mark.parametrize("entry", load_settings().values(), ids=lambda entry: entry.id)
def test_defaults_neither_overlap_nor_leave_a_gap_and_end_in_the_newest(entry) -> None:
    assert faults(entry.defaults, may_overlap=False) == []
    if entry.defaults:
        assert entry.defaults[-1].name == entry.default
        assert entry.defaults[-1].until is None
        assert len({interval.name for interval in entry.defaults}) > 1


@pytest.mark.parametrize("entry", load_settings().values(), ids=lambda entry: entry.id)
def test_defaults_are_of_their_kind(entry) -> None:
    shapes = {
        "integer": r"-?\d+",
        "boolean": "true|false",
        "duration": r"\d+(?:ms|s|m|h|d)",
        "bytes": r"\d+[kmg]?|\(.*\)|\d+% of the heap",
    }
    for value in [entry.default, *(interval.name for interval in entry.defaults)]:
        assert re.fullmatch(shapes.get(entry.kind, ".*"), value), value


def test_only_what_is_dynamic_is_dynamic_since_some_version() -> None:
    for entry in load_settings().values():
        assert entry.dynamic or entry.dynamic_since is None


@pytest.mark.parametrize("entry", load_metrics().values(), ids=lambda entry: entry.id)
def test_metric_names_leave_no_gap(entry) -> None:
    assert faults(entry.names, may_overlap=True) == []


def test_the_check_of_intervals_finds_a_gap_and_an_overlap() -> None:
    v = Version.parse
    gap = (Interval("a", until=v("4.0")), Interval("b", since=v("5.0")))
    overlap = (Interval("a", until=v("5.0")), Interval("b", since=v("4.0")))
    assert faults(gap, may_overlap=True) == ["gap between a and b"]
    assert faults(overlap, may_overlap=False) == ["a and b overlap"]
    assert faults((Interval("a"), Interval("b")), may_overlap=False)


def test_units_and_kinds_are_known() -> None:
    entries = [*load_settings().values(), *load_metrics().values(), *load_terms().values()]
    assert {entry.unit for entry in entries} <= UNITS
    assert {entry.kind for entry in load_settings().values()} <= KINDS


def test_no_two_entries_share_a_name() -> None:
    for load in (load_settings, load_metrics):
        names = [interval.name for entry in load().values() for interval in entry.names]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("message", load_messages().values(), ids=lambda message: message.id)
def test_needles_are_ascii_and_long_enough_to_be_rare(message) -> None:
    assert message.needles
    for needle in message.needles:
        assert needle.isascii()
        assert len(needle) >= 8


def test_texts_are_whole_sentences() -> None:
    for entry in [*load_settings().values(), *load_metrics().values(), *load_messages().values()]:
        assert entry.meaning.endswith(".")
        assert entry.meaning[0].isupper()


REAL_LINES = {
    "rejection-a": "Unable to schedule bolt session 'bolt-31941' for execution since there are no"
    " available threads to serve it at the moment. You can retry at a later time or consider"
    " increasing max thread pool size for bolt connector(s).",
    "rejection-b": "[bolt-42] Unable to schedule for execution since there are no available"
    " threads to serve it at the moment. You can retry at a later time or consider increasing"
    " max thread pool size for bolt connector(s).",
    "rejection-c": "[bolt-42] Unable to schedule for execution since there are no available"
    " threads to serve it at the moment.",
    "starvation-increase": "Increase in thread starvation events detected (2 events over a period"
    " of 600000 ms) - This may indicate an overload condition",
    "starvation-remains": "Thread starvation event rate remains increased (more than 2 events over"
    " a period of 600000 ms) - This may indicate an overload condition",
    "starvation-normalized": "Thread starvation event rate has normalized",
    "startup": "======== Neo4j 5.26.0 ========",
    "bolt-enabled": "Bolt enabled on localhost:7687.",
    "stopping": "Stopping...",
    "vm-pause": "Detected VM stop-the-world pause: {pauseTime=290, gcTime=0, gcCount=0}",
    "client-disconnected": "Client /127.0.0.1:51210 disconnected while query was running",
    "auth-timeout": "Terminated connection 'bolt-1' ([id: 0x1, L:/127.0.0.1:7687 !"
    " R:/127.0.0.1:58884]) as the client failed to authenticate within 30000 ms.",
    "auth-timeout-server": "Terminated connection 'bolt-1' ([id: 0x1]) as the server failed to"
    " handle an authentication request within 30000 ms.",
    "native-thread-failure": "java.lang.OutOfMemoryError: unable to create native thread: x",
    "network-abort-increase": "Increase in network aborts detected (more than 2 network related"
    " connection aborts over a period of 600000 ms) - This may indicate an issue",
    "crash": "# A fatal error has been detected by the Java Runtime Environment:",
    "deadlock": "ForsetiClient[7] can't acquire ExclusiveLock because it would form this deadlock"
    " wait cycle:",
    "gc-monitor-pause": "GC Monitor: Application threads blocked for 228ms.",
    "gc-pause": "GC(3) Pause Young (Normal) (G1 Evacuation Pause) 47M->23M(514M) 28.536ms",
    "job-error": "[bolt-9] Uncaught exception during job execution",
    "network-abort": "[bolt-9] Terminating connection due to network error",
    "network-abort-normalized": "Network abort rate has normalized",
    "network-abort-remains": "Network abort rate remains increased (more than 2 network related"
    " connection aborts over a period of 600000 ms) - This may indicate an issue",
    "out-of-memory": "java.lang.OutOfMemoryError: Java heap space",
    "safepoint-pause": 'Safepoint "Cleanup", Time since last: 2000007067 ns, Reaching safepoint:'
    " 4737 ns, Cleanup: 83404 ns, At safepoint: 2784 ns, Total: 90925 ns",
    "scheduling-error": "Unexpected error during scheduling of bolt session 'bolt-9'.",
    "session-interrupted": "Bolt session 'bolt-9' is interrupted probably due to server shutdown.",
    "slow-consumer": "Bolt connection [/10.0.0.9:5000] will be closed because the client did not"
    " consume outgoing buffers for 00:15:00.000 which is not expected.",
    "started": "Started.",
    "stopped": "Stopped.",
    "trace-activating": "[bolt-9] Activating connection",
    "trace-asking": "[bolt-9] Scheduling connection for execution",
    "trace-closing": "[bolt-9] Closing connection",
    "trace-executing": "[bolt-9] Executing 2 scheduled jobs",
    "trace-idle": "[bolt-9] Returning to idle state",
    "trace-waiting": "[bolt-9] Waiting for additional jobs",
    "transaction-timeout": "Transaction KernelTransactionImplementationHandle{tx=7} timeout.",
    "thread-stuck": 'Thread "neo4j.BoltWorker-1" may be stuck!',
    "transaction-limit": "Unable to start new transaction since limit of concurrently executed"
    " transactions is reached. See setting db.transaction.concurrent.maximum",
}


def test_every_message_matches_its_line_and_no_other() -> None:
    assert set(REAL_LINES) == set(load_messages())
    for name, line in REAL_LINES.items():
        matching = [
            message.id
            for message in load_messages().values()
            if any(needle in line for needle in message.needles) and message.pattern.search(line)
        ]
        assert matching == [name]
