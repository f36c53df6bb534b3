"""Sockets as `ss` and `netstat` list them, on Linux, macOS and Windows.

Knows their columns; which port is the server's, the configuration says.  Counted from the
server's side: a socket of the server is one whose own end has the Bolt port.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from boltkb.exports.intake.members import Member
from boltkb.exports.moments.lines import text_lines
from boltkb.exports.moments.stamps import line_time, name_time
from boltkb.exports.records import SocketCount, Source, Where

__all__ = ["bolt_ports", "read_sockets"]

#: TCP's own names of states, by those of `ss` and of each system's `netstat`.
_STATES = {
    "ESTAB": "ESTABLISHED",
    "ESTABLISHED": "ESTABLISHED",
    "LISTEN": "LISTEN",
    "LISTENING": "LISTEN",
    "TIME_WAIT": "TIME_WAIT",
    "CLOSE_WAIT": "CLOSE_WAIT",
    "FIN_WAIT_1": "FIN_WAIT_1",
    "FIN_WAIT1": "FIN_WAIT_1",
    "FIN_WAIT_2": "FIN_WAIT_2",
    "FIN_WAIT2": "FIN_WAIT_2",
    "SYN_SENT": "SYN_SENT",
    "SYN_RECV": "SYN_RECEIVED",
    "SYN_RCVD": "SYN_RECEIVED",
    "SYN_RECEIVED": "SYN_RECEIVED",
    "LAST_ACK": "LAST_ACK",
    "CLOSING": "CLOSING",
    "CLOSED": "CLOSED",
    "UNCONN": "CLOSED",
}
_END = re.compile(r"(?P<host>\S{1,200})[:.](?P<port>\d{1,5}|\*)")
_HEADS = re.compile(
    r"(?:active |proto\b|state\b|netid\b|recv-q\b|users:|\(|=|-{3,}|udp|unix|raw|\$ |# )",
    re.IGNORECASE,
)
#: Addresses that are told one by one; of more, the rest are counted together.
_PEERS = 5000
#: Counts that are kept of one file.
_KEPT = 400_000
_MANY = "others"


@dataclass(slots=True)
class _Moment:
    time: float | None
    first: int
    last: int = 0
    counts: Counter[tuple[int, str, str]] = field(default_factory=Counter)


def read_sockets(
    member: Member, ports: Iterable[int], zone: tzinfo = UTC
) -> tuple[Source, tuple[SocketCount, ...], int]:
    r"""Return how many sockets of the server each client has, by their states.

    Parameters
    ----------
    member : Member
    ports : iterable of int
        The server's Bolt ports.
    zone : tzinfo
        Of times between the lists that name none.

    Returns
    -------
    tuple of (Source, tuple of SocketCount, int)
        The number is that of sockets that lead to such a port elsewhere: of a client.

    Raises
    ------
    ExportError
        When the file cannot be read.

    Examples
    --------
    >>> import io
    >>> text = b"ESTAB 0 0 10.0.0.1:7687 10.0.0.9:50000\nESTAB 0 0 10.0.0.1:7687 10.0.0.9:50001\n"
    >>> _, rows, _ = read_sockets(Member("ss.txt", None, lambda: io.BytesIO(text)), {7687})
    >>> rows[0].peer, rows[0].state, rows[0].count
    ('10.0.0.9', 'ESTABLISHED', 2)
    """
    wanted = frozenset(ports)
    moments = [_Moment(name_time(member.name, zone), 1)]
    read, refused, why, elsewhere, kept = 0, 0, "", 0, 0
    for number, raw in text_lines(member):
        line = raw.strip()
        if not line:
            continue
        time = line_time(line, zone)
        if time is not None:
            if not moments[-1].counts:
                moments.pop()
            moments.append(_Moment(time, number, number))
            continue
        found = _socket(line[:2000])
        if found is None:
            if not _HEADS.match(line):
                refused += 1
                why = why or f"line {number}: not a socket"
            continue
        count, state, own, peer = found
        read += 1
        moment = moments[-1]
        moment.last = number
        if own[1] in wanted:
            key = (int(own[1]), peer[0], state)
            if key not in moment.counts and len(moment.counts) >= _PEERS:
                key = (int(own[1]), _MANY, state)
            new = key not in moment.counts
            if new and kept >= _KEPT:
                refused += 1
                why = why or f"line {number}: more than {_KEPT:,} clients and states in one file"
                continue
            kept += new
            moment.counts[key] += count
        elif peer[1] in wanted:
            elsewhere += count
    rows = tuple(
        SocketCount(
            moment.time, port, peer, state, count, Where(member.path, moment.first, moment.last)
        )
        for moment in moments
        for (port, peer, state), count in sorted(moment.counts.items())
    )
    times = [row.time for row in rows if row.time is not None]
    source = Source(
        member.path,
        "sockets",
        read,
        refused,
        why,
        min(times, default=None),
        max(times, default=None),
    )
    return source, rows, elsewhere


def bolt_ports(addresses: Iterable[str]) -> frozenset[int]:
    """Return the ports of listen addresses, 7687 where none names one.

    Examples
    --------
    >>> sorted(bolt_ports(["0.0.0.0:7688, [::]:7690"])), sorted(bolt_ports(["localhost"]))
    ([7688, 7690], [7687])
    """
    ports = {
        int(found)
        for address in addresses
        for found in re.findall(r":(\d{1,5})\s*(?:,|$)", address[:2000])
        if 0 < int(found) < 65536
    }
    return frozenset(ports) or frozenset({7687})


def _socket(line: str) -> tuple[int, str, tuple[str, int], tuple[str, int]] | None:
    words = line.split()
    # `sort | uniq -c` puts a count before each line.
    count = 1
    if len(words) > 2 and words[0].isdigit() and len(words[0]) < 10 and not words[1].isdigit():
        count, words = int(words[0]), words[1:]
    state = ""
    ends: list[tuple[str, int]] = []
    for word in words[:9]:
        named = _STATES.get(word.upper().replace("-", "_"))
        if named and not state:
            state = named
            continue
        end = _END.fullmatch(word)
        if end and len(ends) < 2:
            port = 0 if end["port"] == "*" else int(end["port"])
            ends.append((_host(end["host"]), port))
    if not state or len(ends) != 2:
        return None
    return count, state, ends[0], ends[1]


def _host(text: str) -> str:
    host = text.strip("[]").partition("%")[0]
    return host[7:] if host.lower().startswith("::ffff:") and "." in host else host
