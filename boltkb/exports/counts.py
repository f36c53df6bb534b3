"""How much of each kind of evidence an export holds, for people and for machines.

Knows the nouns and no format; decides nothing about what the numbers mean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from boltkb.tables import number

if TYPE_CHECKING:
    from boltkb.exports.export import Export

__all__ = ["counted", "iso", "told"]

#: Epoch seconds of the years that a calendar writes with four digits, 1 to 9999.
_FIRST, _LAST = -62_135_596_800, 253_402_300_800


def counted(export: Export) -> dict[str, object]:
    """Return what `facts.json` says of the amount of evidence; null for a kind that is absent."""
    return {
        "evidence": {
            "settings": len(export.settings),
            "series": len(export.series),
            "events": len(export.events),
            "restarts": len(export.restarts),
            "thread_dumps": len(export.thread_dumps),
            "transactions": len(export.transactions),
            "connections": len(export.connections),
        },
        "queries": _queries(export),
        "holds": _holds(export),
        "drivers": [
            {
                "language": pool.language,
                "version": pool.version,
                "address": pool.address,
                "limit": pool.limit,
                "start": iso(pool.start),
                "end": iso(pool.end),
                "counts": dict(pool.counts),
            }
            for pool in export.drivers
        ],
        "sockets": _sockets(export),
        "machine": {
            key: {"value": fact.value, "text": fact.text, "where": str(fact.where)}
            for key, fact in sorted(export.machine.items())
        },
        "servers": [server.name for server in export.servers],
    }


def told(export: Export) -> list[str]:
    """Return a sentence for each kind of evidence that has no table of its own.

    Examples
    --------
    >>> from boltkb.exports import MachineFact, Where, empty_export
    >>> from dataclasses import replace
    >>> fact = MachineFact("cpus", 8.0, "cpus: 8", Where("debug.log", 12))
    >>> told(replace(empty_export(), machine={"cpus": fact}))
    ['Machine: 8 processors.']
    """
    lines = []
    queries = export.queries
    if queries is not None:
        lines.append(
            f"Queries: {number(queries.completed)} ended well, {number(queries.failed)} failed,"
            f" {number(queries.unfinished)} without an end."
        )
    if export.holds is not None:
        found = _holds(export) or {}
        lines.append(
            f"Thread holds: {number(len(export.holds))} asked for,"
            f" {number(_whole(found, 'rejected'))} of them rejected,"
            f" {number(_whole(found, 'unfinished'))} without an end."
        )
    if export.drivers:
        languages = Counter(pool.language for pool in export.drivers)
        several = ", ".join(f"{count} of {name}" for name, count in sorted(languages.items()))
        lines.append(f"Pools of drivers: {several}.")
    if export.sockets:
        states = Counter[str]()
        for row in export.sockets:
            states[row.state] += row.count
        several = ", ".join(f"{number(count)} {state}" for state, count in sorted(states.items()))
        lines.append(f"Sockets, all lists together: {several}.")
    machine = _machine(export)
    if machine:
        lines.append(f"Machine: {', '.join(machine)}.")
    return lines


def iso(time: float | None) -> str | None:
    """Return a time as ISO 8601 in UTC, to the second; None for none and outside the years 1-9999.

    Examples
    --------
    >>> iso(1719501420.4), iso(None), iso(1e300)
    ('2024-06-27T15:17:00Z', None, None)
    """
    if time is None or not _FIRST <= time < _LAST:
        return None
    return datetime.fromtimestamp(int(time), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _queries(export: Export) -> dict[str, object] | None:
    queries = export.queries
    if queries is None:
        return None
    return {
        "completed": queries.completed,
        "failed": queries.failed,
        "unfinished": queries.unfinished,
        "start": iso(queries.start),
        "end": iso(queries.end),
    }


def _holds(export: Export) -> dict[str, object] | None:
    import numpy as np

    holds = export.holds
    if holds is None:
        return None
    begun = np.isfinite(holds.starts)
    return {
        "asked": len(holds),
        "begun": int(begun.sum()),
        "rejected": int(holds.rejected.sum()),
        "unfinished": int((begun & ~np.isfinite(holds.ends)).sum()),
        "left_out": holds.left_out,
        "start": iso(holds.begin),
        "end": iso(holds.end),
    }


def _sockets(export: Export) -> dict[str, object] | None:
    if not export.sockets:
        return None
    times = {row.time for row in export.sockets}
    states = Counter[str]()
    for row in export.sockets:
        states[row.state] += row.count
    return {
        "lists": len(times),
        "peers": len({row.peer for row in export.sockets}),
        "by_state": dict(sorted(states.items())),
    }


def _machine(export: Export) -> list[str]:
    shown = []
    for key, form in _MACHINE.items():
        fact = export.machine.get(key)
        if fact is not None and fact.value is not None:
            scale, words = form
            shown.append(f"{number(fact.value / scale)} {words}")
    return shown


#: What is told in a line, with the number that its unit is divided by.
_MACHINE: Mapping[str, tuple[float, str]] = {
    "cpus": (1, "processors"),
    "memory": (2**30, "GiB of memory"),
    "heap-max": (2**30, "GiB of heap at the most"),
    "open-files": (1, "open files at the most"),
}


def _whole(found: Mapping[str, object], key: str) -> int:
    value = found.get(key)
    return value if isinstance(value, int) else 0
