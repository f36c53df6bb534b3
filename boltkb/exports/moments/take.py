"""Reads found thread dumps and tables of transactions and connections."""

from __future__ import annotations

from boltkb.exports.gathered import Found, Gathered, one_by_one
from boltkb.exports.moments.dumps import read_dumps
from boltkb.exports.moments.tables import read_connections, read_transactions

__all__ = ["take_connections", "take_dumps", "take_transactions"]


def _take_dumps(entry: Found, gathered: Gathered) -> None:
    source, dumps = read_dumps(entry.member, gathered.zone)
    if not dumps:
        gathered.ignore(entry, "no thread in it")
        return
    gathered.sources.append(source)
    gathered.dumps += dumps


def _take_transactions(entry: Found, gathered: Gathered) -> None:
    source, rows = read_transactions(entry.member)
    gathered.sources.append(source)
    gathered.transactions += rows


def _take_connections(entry: Found, gathered: Gathered) -> None:
    source, rows = read_connections(entry.member)
    gathered.sources.append(source)
    gathered.connections += rows


take_dumps = one_by_one(_take_dumps)
take_transactions = one_by_one(_take_transactions)
take_connections = one_by_one(_take_connections)
