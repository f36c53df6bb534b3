"""Reads found logs of the server."""

from __future__ import annotations

from boltkb.exports.gathered import Found, Gathered, one_by_one
from boltkb.exports.logs.reading import read_log

__all__ = ["take_logs"]


def _take_log(entry: Found, gathered: Gathered) -> None:
    log = read_log(entry.member)
    if log.span is None and not log.events:
        gathered.ignore(entry, "not a single entry with a time in it")
        return
    gathered.logs.append(log)
    gathered.sources.append(log.source)
    gathered.problems += log.problems


take_logs = one_by_one(_take_log)
