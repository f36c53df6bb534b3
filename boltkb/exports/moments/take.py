"""Reads found thread dumps, lists of transactions and of connections, and lists of sockets."""

from __future__ import annotations

from collections.abc import Sequence

from boltkb.catalogue import setting_id
from boltkb.errors import ExportError
from boltkb.exports.gathered import Found, Gathered, one_by_one
from boltkb.exports.moments.dumps import read_dumps
from boltkb.exports.moments.dumps_json import read_json_dump
from boltkb.exports.moments.lines import contains
from boltkb.exports.moments.sockets import bolt_ports, read_sockets
from boltkb.exports.moments.tables import read_moments

__all__ = [
    "take_connections",
    "take_dumps",
    "take_dumps_in_logs",
    "take_sockets",
    "take_transactions",
]


#: Settings that say where the Bolt connector listens.
_LISTENS = frozenset({"bolt-additional-listen-addresses", "bolt-listen-address"})


def take_dumps_in_logs(entries: Sequence[Found], gathered: Gathered) -> None:
    """Read the dumps that `kill -3` left in logs of the server's output.

    Parameters
    ----------
    entries : sequence of Found
        Logs; debug.log is left out, which no such dump reaches.
    gathered : Gathered
    """
    for entry in entries:
        if entry.stem.lower().startswith("debug"):
            continue
        try:
            if contains(entry.member, b"Full thread dump"):
                source, dumps = read_dumps(entry.member, gathered.zone)
                gathered.sources += [source] if dumps else []
                gathered.dumps += dumps
        except ExportError as problem:
            gathered.fail(entry, problem)


def _take_dumps(entry: Found, gathered: Gathered) -> None:
    if entry.member.head(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        source, dumps = read_json_dump(entry.member)
    else:
        source, dumps = read_dumps(entry.member, gathered.zone)
    if not dumps:
        gathered.ignore(entry, source.why or "no thread in it")
        return
    gathered.sources.append(source)
    gathered.dumps += dumps


def _take_moments(entry: Found, gathered: Gathered) -> None:
    source, transactions, connections = read_moments(entry.member, entry.kind, gathered.zone)
    gathered.sources.append(source)
    gathered.transactions += transactions
    gathered.connections += connections


def _take_sockets(entry: Found, gathered: Gathered) -> None:
    settings = [*gathered.settings.values(), *gathered.told.values()]
    ports = bolt_ports(value.value for value in settings if setting_id(value.name) in _LISTENS)
    source, rows, elsewhere = read_sockets(entry.member, ports, gathered.zone)
    if not rows:
        told = ", ".join(map(str, sorted(ports)))
        side = f"; {elsewhere} lead to one elsewhere: taken on a client" if elsewhere else ""
        gathered.ignore(entry, f"no socket of the Bolt port {told} in it{side}")
        return
    gathered.sources.append(source)
    gathered.sockets += rows


take_dumps = one_by_one(_take_dumps)
take_transactions = one_by_one(_take_moments)
take_connections = one_by_one(_take_moments)
take_sockets = one_by_one(_take_sockets)
