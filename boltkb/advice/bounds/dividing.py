"""Where the bounds lie: applications put together, their demand, and the threads divided.

Works with what the bridge knows of clients; a demand that rests on a refused fit is none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from boltkb.advice.bounds.records import Application, Bounds, deadlock_floor
from boltkb.advice.situation import Situation
from boltkb.bolt import size_client_pool
from boltkb.bolt.clients import ClientPool
from boltkb.catalogue import load_drivers

__all__ = ["HEADROOM", "find_bounds"]

#: Room above the busiest five minutes that were seen. A choice, told as extrapolation: nothing
#: in one window says how much busier another day is.
HEADROOM = 1.25
#: Threads left to tools, exporters, members that route and the operator's own questions.
_RESERVE_SHARE, _RESERVE_LEAST = 0.05, 2
#: What a driver waits for a connection where nothing is set, s (catalogue: `drivers.toml`).
_ACQUISITION = 60.0
#: Clients without agent and user.
_NAMELESS = "clients that the export does not name"
#: A shorter mean wait, s, is the hand-over itself.
_A_WAIT = 0.01


def find_bounds(situation: Situation) -> Bounds:
    """Return both bounds on the clients' pools, and a size for each application.

    Tools and people are no applications: the reserve is for them.
    """
    threads = situation.pool.threads
    reserve = 0 if threads is None else max(_RESERVE_LEAST, math.ceil(_RESERVE_SHARE * threads))
    clients = situation.clients
    pools = [] if clients is None else [pool for pool in clients.pools if not pool.tool]
    proxied = bool(clients is not None and clients.proxied)
    groups = _grouped(pools, proxied=proxied)
    demand = _demand(situation)
    room = None if threads is None else max(1, threads - reserve)
    parts = _parts(groups)
    applications = tuple(
        _application(group, part, demand, situation)
        for group, part in zip(groups, parts, strict=True)
    )
    if room is not None:
        applications = _divided(applications, parts, room)
    return Bounds(
        threads=threads,
        reserve=reserve,
        demand=demand,
        limits=sum(app.objects * app.limit for app in applications) if applications else None,
        complete=clients is not None and clients.ceiling.complete,
        applications=applications,
        proxied=proxied,
    )


def _demand(situation: Situation) -> float | None:
    """Return the threads that all clients ask for at their busiest, with headroom."""
    busiest = situation.sizing.busiest
    if not situation.accepted or not situation.steady or busiest.value is None:
        return None
    return HEADROOM * (busiest.value if busiest.high is None else busiest.high)


@dataclass(slots=True)
class _Group:
    """The pools of one application as the server saw them, and what its own logs add."""

    name: str
    seen: list[ClientPool] = field(default_factory=list)
    logged: list[ClientPool] = field(default_factory=list)

    @property
    def counted(self) -> list[ClientPool]:
        """What its driver objects are counted by: the same client is never counted twice."""
        return self.seen or self.logged

    @property
    def everything(self) -> list[ClientPool]:
        return [*self.seen, *self.logged]

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(pool.language for pool in self.everything if pool.language))

    @property
    def peak(self) -> int | None:
        """The most connections of one of its pools that were seen in use at once."""
        peaks = [pool.peak_in_use for pool in self.everything if pool.peak_in_use is not None]
        return math.ceil(max(peaks)) if peaks else None


def _grouped(pools: Sequence[ClientPool], *, proxied: bool) -> list[_Group]:
    """Return the applications; a log without an address joins the one of its language."""
    groups: dict[str, _Group] = {}
    for pool in pools:
        if pool.host == "unknown":
            continue
        told = (pool.agent, pool.user) if proxied else (pool.agent or pool.user,)
        name = " as ".join(text for text in told if text) or _NAMELESS
        groups.setdefault(name, _Group(name)).seen.append(pool)
    seen = list(groups.values())
    for pool in pools:
        if pool.host != "unknown":
            continue
        own = [group for group in seen if pool.language in group.languages]
        # A program with an agent of its own does not tell its language to the server.
        fitting = own or [g for g in seen if not g.languages and g.name != _NAMELESS]
        if len(fitting) == 1:
            fitting[0].logged.append(pool)
        elif not fitting and not seen:
            name = pool.agent or f"the {pool.language or 'unknown'} client of a log"
            groups.setdefault(name, _Group(name)).logged.append(pool)
    return list(groups.values())


def _parts(groups: Sequence[_Group]) -> list[float | None]:
    """Return the part of the demand that each application asks for; None where nothing tells."""
    held = [[pool.holding for pool in g.counted if pool.holding is not None] for g in groups]
    total = sum(sum(values) for values in held)
    if total <= 0:
        return [1.0 if len(groups) == 1 else None] * len(groups)
    return [sum(values) / total if values else None for values in held]


def _application(
    group: _Group, part: float | None, demand: float | None, situation: Situation
) -> Application:
    pools = group.everything
    objects = float(sum(max(1.0, pool.objects or 1.0) for pool in group.counted))
    waited = any(_waited(pool) for pool in pools)
    limit, known = _limit(group, waited=waited)
    holds = [pool.mean_hold for pool in pools if pool.mean_hold]
    own = None if demand is None or part is None else demand * part / objects
    least = (
        None
        if own is None
        else size_client_pool(
            own,
            hold=max(holds) if holds else situation.fit.mean_hold.value,
            acquisition_timeout=_ACQUISITION,
            share=situation.diagnosis.target,
        )
    )
    return Application(
        name=group.name,
        languages=group.languages,
        objects=objects,
        limit=limit,
        limit_known=known,
        demand=own,
        least=least,
        floor=None if group.peak is None else deadlock_floor(group.peak),
        most=None,
        advised=None,
        waited=waited,
        enough=_enough(group, own, limit),
    )


def _limit(group: _Group, *, waited: bool) -> tuple[int, bool]:
    """Return the connections that a pool may open, and whether that is known."""
    told = [
        pool.limit
        for pool in group.everything
        if pool.limit is not None and "default" not in pool.limit_from
    ]
    if told:
        return max(told), True
    usual = [pool.limit for pool in group.everything if pool.limit is not None]
    limit = max(usual) if usual else _default_limit(group.languages)
    open_ones = [
        pool.connections / max(1.0, pool.objects or 1.0)
        for pool in group.counted
        if pool.connections
    ]
    if waited and open_ones and max(open_ones) < limit:
        # Requests waited for a connection while so many were open: the pool may open no more.
        return math.ceil(max(open_ones)), True
    return limit, False


def _enough(group: _Group, own: float | None, limit: int) -> int | None:
    """Return a pool in which next to nobody waits; None where its need cannot be told."""
    asked = None if own is None else size_client_pool(own, hold=None, acquisition_timeout=0.0)
    if group.peak is None or group.peak < limit:
        return asked
    # What a pool that was used up would have used was never seen: twice as much is a step to try.
    return max(asked or 0, 2 * limit)


def _waited(pool: ClientPool) -> bool:
    return bool(pool.timed_out or pool.queued or (pool.mean_wait or 0.0) > _A_WAIT)


def _divided(
    applications: Sequence[Application], parts: Sequence[float | None], room: int
) -> tuple[Application, ...]:
    """Return the applications with their part of the room; each has what it needs first."""
    needs = [app.objects * app.lowest for app in applications]
    spare = room - sum(needs)
    objects = sum(app.objects for app in applications)
    found = []
    for app, part, need in zip(applications, parts, needs, strict=True):
        most = math.floor((room - sum(needs) + need) / app.objects)
        # Without its part of the demand each application is given the same for each pool.
        own = spare / objects if part is None else spare * part / app.objects
        advised = app.lowest + math.floor(own) if spare >= 0 else None
        found.append(replace(app, most=max(0, most), advised=advised))
    return tuple(found)


def _default_limit(languages: Sequence[str]) -> int:
    options = load_drivers()
    name = f"{languages[0]}-pool-size" if languages else ""
    entry = options.get(name, options["java-pool-size"])
    return int(entry.default)
