"""Clients seen from the server: connections and held threads by address and agent.

Part of the bridge.  Behind a proxy all addresses are one; then clients are told apart by their
user and agent alone.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from boltkb.bolt.clients.languages import default_limit, driver_behind
from boltkb.bolt.clients.records import ClientPool
from boltkb.bolt.holders import Holders
from boltkb.exports import ConnectionRow, Export, SocketCount, Where

__all__ = ["host_of", "pools_by_address", "tell_proxy"]

#: An address with this part of all connections, and several programs behind it, is a proxy's.
_NEARLY_ALL = 0.9
_UNKNOWN = "unknown"
#: What a list of sockets sums up beyond the addresses that it tells one by one.
_OTHERS = "others"
_Key = tuple[str, str | None, str | None]


@dataclass(slots=True)
class _Group:
    connections: float = 0.0
    holding: float | None = None
    users: set[str] = field(default_factory=set)
    ages: list[float] = field(default_factory=list)
    where: Where | None = None


def host_of(address: str | None) -> str:
    """Return an address without its port; `unknown` for none.

    Examples
    --------
    >>> host_of("10.0.0.5:40316"), host_of("/[::1]:40316"), host_of(None)
    ('10.0.0.5', '::1', 'unknown')
    """
    if not address:
        return _UNKNOWN
    plain = address.strip().lstrip("/")
    host, colon, port = plain.rpartition(":")
    if not colon or not port.isdigit() or (":" in host and not host.startswith("[")):
        host = plain
    return host.strip("[]") or _UNKNOWN


def tell_proxy(rows: Iterable[ConnectionRow]) -> bool | None:
    """Return whether several programs come from one address; None where it cannot be told.

    One address with one program may be a proxy or a single client: that is not told.
    """
    programs: dict[str, set[str]] = defaultdict(set)
    counts: Counter[str] = Counter()
    for row in rows:
        if driver_behind(row.agent)[2] or not row.client:
            continue
        host = host_of(row.client)
        counts[host] += 1
        if row.agent:
            programs[host].add(row.agent)
    if not counts:
        return None
    host, most = counts.most_common(1)[0]
    if most >= _NEARLY_ALL * counts.total() and len(programs[host]) > 1:
        return True
    return False if len(counts) > 1 else None


def pools_by_address(
    export: Export, holders: Holders, *, proxied: bool | None
) -> tuple[ClientPool, ...]:
    """Return the clients that the server knows of, those that hold most threads first.

    Parameters
    ----------
    export : Export
    holders : Holders
        Who held threads, by thread dumps or open transactions.
    proxied : bool or None
        Whether users are told apart too, as behind a proxy.
    """
    groups: dict[_Key, _Group] = defaultdict(_Group)
    _add_rows(groups, export.connections, proxied=bool(proxied))
    _add_sockets(groups, export.sockets)
    _add_holders(groups, holders, proxied=bool(proxied))
    if not holders.looks:
        _add_queries(groups, export)
    pools = [_pool(key, group) for key, group in groups.items()]
    return tuple(
        sorted(pools, key=lambda p: (-(p.holding or 0.0), -(p.connections or 0.0), p.host))
    )


def _add_rows(
    groups: dict[_Key, _Group], rows: tuple[ConnectionRow, ...], *, proxied: bool
) -> None:
    moments: dict[tuple[_Key, float | None, str], int] = defaultdict(int)
    taken = _taken(rows)
    for row in rows:
        if row.connector is not None and row.connector != "bolt":
            continue
        key = (host_of(row.client), row.agent or None, (row.user or None) if proxied else None)
        group = groups[key]
        group.where = group.where or row.where
        if row.user:
            group.users.add(row.user)
        listed = taken.get((row.time, row.where.file))
        if listed is not None and row.since is not None:
            group.ages.append(max(0.0, listed - row.since))
        # Lists taken at several times are so many looks, not so many connections.
        moments[key, row.time, row.where.file] += 1
        group.connections = max(group.connections, float(moments[key, row.time, row.where.file]))


def _taken(rows: tuple[ConnectionRow, ...]) -> dict[tuple[float | None, str], float]:
    """Return when each list was taken; without a time of its own, when its youngest row began."""
    found: dict[tuple[float | None, str], float] = {}
    for row in rows:
        key = (row.time, row.where.file)
        moment = row.time if row.time is not None else row.since
        if moment is not None:
            found[key] = max(found.get(key, moment), moment)
    return found


def _add_sockets(groups: dict[_Key, _Group], sockets: tuple[SocketCount, ...]) -> None:
    most: dict[str, tuple[int, Where]] = {}
    for count in sockets:
        if count.state == "ESTABLISHED" and count.peer != _OTHERS:
            host = host_of(count.peer)
            if host not in most or count.count > most[host][0]:
                most[host] = (count.count, count.where)
    by_host = _by_host(groups)
    for host, (open_, where) in most.items():
        keys = by_host.get(host, [(host, None, None)])
        # Which of several programs a socket is of, no list of sockets tells.
        if len(keys) == 1:
            group = groups[keys[0]]
            group.connections = max(group.connections, float(open_))
            group.where = group.where or where


def _add_holders(groups: dict[_Key, _Group], holders: Holders, *, proxied: bool) -> None:
    by_host = _by_host(groups)
    for group in groups.values() if holders.looks else ():
        group.holding = 0.0
    for holder in holders.holders:
        host = host_of(holder.client) if ":" in holder.client else holder.client
        key = (host, holder.agent or None, (holder.user or None) if proxied else None)
        if key not in groups and holder.agent is None and len(by_host.get(host, [])) == 1:
            # A connection of its own that the list of connections came too late for.
            key = by_host[host][0]
        group = groups[key]
        group.holding = (group.holding or 0.0) + holder.threads
        if holder.user:
            group.users.add(holder.user)
        group.where = group.where or next(iter(holders.where), None)


def _add_queries(groups: dict[_Key, _Group], export: Export) -> None:
    """Add what the query log tells of held threads: a lower bound, for thinking is not in it."""
    queries = export.queries
    if queries is None or queries.end <= queries.start:
        return
    by_host = _by_host(groups)
    for key, elapsed in queries.by_client.select("key", "elapsed").iter_rows():
        if not key:
            continue
        host = host_of(str(key)) if str(key).count(":") == 1 else str(key).strip("[]")
        keys = by_host.get(host, [(host, None, None)])
        if len(keys) == 1:
            group = groups[keys[0]]
            held = float(elapsed) / (queries.end - queries.start)
            group.holding = (group.holding or 0.0) + held
            group.where = group.where or next(iter(queries.where), None)


def _by_host(groups: Mapping[_Key, _Group]) -> dict[str, list[_Key]]:
    found: dict[str, list[_Key]] = defaultdict(list)
    for key in groups:
        found[key[0]].append(key)
    return dict(found)


def _pool(key: _Key, group: _Group) -> ClientPool:
    host, agent, user = key
    language, version, tool = driver_behind(agent)
    limit, limit_from = default_limit(language)
    if user is None and len(group.users) == 1:
        user = next(iter(group.users))
    open_ = group.connections or None
    objects = None
    if open_ is not None and limit is not None and open_ > limit:
        objects = float(math.ceil(open_ / limit))
    return ClientPool(
        host=host,
        agent=agent,
        user=user,
        language=language,
        connections=open_,
        holding=group.holding,
        objects=objects,
        limit=limit,
        limit_from=limit_from,
        timed_out=None, retried=None, rejected=None, failed=None, leaked=None, queued=None,
        mean_wait=None,
        peak_in_use=None,
        where=() if group.where is None else (group.where,),
        version=version,
        tool=tool,
        youngest=min(group.ages, default=None),
        oldest=max(group.ages, default=None),
    )  # fmt: skip
