"""Reads found logs and metrics of clients' drivers."""

from __future__ import annotations

from boltkb.exports.drivers.reading import DriverLog, read_driver_log
from boltkb.exports.drivers.scrapes import read_driver_scrapes
from boltkb.exports.drivers.shape import is_scrape
from boltkb.exports.gathered import Found, Gathered, one_by_one

__all__ = ["take_driver_logs", "take_driver_metrics"]


def _take_log(entry: Found, gathered: Gathered) -> None:
    _add(entry, read_driver_log(entry.member, gathered.zone), gathered)


def _take_metrics(entry: Found, gathered: Gathered) -> None:
    if is_scrape(entry.member.head()):
        found = read_driver_scrapes(entry.member, gathered.zone)
    else:
        found = read_driver_log(entry.member, gathered.zone, kind="driver-metrics")
    _add(entry, found, gathered)


def _add(entry: Found, found: DriverLog, gathered: Gathered) -> None:
    if not found.source.rows and not found.source.refused:
        gathered.ignore(entry, "not a line about a driver in it")
        return
    gathered.sources.append(found.source)
    gathered.drivers += found.pools
    gathered.problems += found.problems


take_driver_logs = one_by_one(_take_log)
take_driver_metrics = one_by_one(_take_metrics)
