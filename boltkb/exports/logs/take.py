"""Reads found logs of the server, and what its virtual machine logs about its pauses."""

from __future__ import annotations

from collections.abc import Sequence

from boltkb.exports.gathered import Found, Gathered, one_by_one
from boltkb.exports.logs.collections import place_in_time, read_collections
from boltkb.exports.logs.reading import ONE_START, read_log
from boltkb.exports.logs.trace import MOST_HOLDS, Trace
from boltkb.exports.records import MachineFact

__all__ = ["take_collections", "take_logs"]


def take_logs(entries: Sequence[Found], gathered: Gathered) -> None:
    """Read logs; the files of a rotated one, oldest first, tell of thread holds together."""
    traces: dict[tuple[str, str], Trace] = {}

    def take(entry: Found, gathered: Gathered) -> None:
        trace = traces.setdefault((entry.member.folder, entry.stem), Trace())
        log = read_log(entry.member, trace=trace)
        if log.span is None and not log.events:
            gathered.ignore(entry, "not a single entry with a time in it")
            return
        gathered.logs.append(log)
        gathered.sources.append(log.source)
        gathered.problems += log.problems

    one_by_one(take)(entries, gathered)
    found = [held for trace in traces.values() if (held := trace.holds()) is not None]
    if found:
        # The same trace in two logs, or copied, is one trace: the fuller one is taken.
        gathered.holds = max(found, key=lambda held: (len(held) + held.left_out, -held.begin))
        if gathered.holds.left_out:
            gathered.problems.append(
                f"{gathered.holds.where.file}: {gathered.holds.left_out:,} thread holds are more"
                f" than the {MOST_HOLDS:,} that are kept"
            )
    gathered.machine += _machine(gathered)


def _machine(gathered: Gathered) -> list[MachineFact]:
    machine: dict[str, MachineFact] = {}
    starts = []
    for log in sorted(gathered.logs, key=lambda log: log.span.end if log.span else 0.0):
        machine |= {fact.id: fact for fact in log.machine}
        starts += [fact for fact in log.machine if fact.id == "process-start"]
    if starts:
        # Two logs tell of the same start; the earlier line is nearer to it.
        latest = max(fact.value or 0.0 for fact in starts)
        last = [fact for fact in starts if latest - (fact.value or 0.0) <= ONE_START]
        machine["process-start"] = min(last, key=lambda fact: fact.value or 0.0)
    return list(machine.values())


def take_collections(entries: Sequence[Found], gathered: Gathered) -> None:
    """Read the virtual machine's logs; those without dates are placed by the server's start."""
    read = []

    def take(entry: Found, gathered: Gathered) -> None:
        log = read_collections(entry.member)
        if not log.source.rows:
            gathered.ignore(entry, "not a single pause in it")
            return
        read.append(log)

    one_by_one(take)(entries, gathered)
    start = next((fact.value for fact in gathered.machine if fact.id == "process-start"), None)
    for log in place_in_time(read, start):
        gathered.sources.append(log.source)
        gathered.events += log.events
        gathered.problems += log.problems
