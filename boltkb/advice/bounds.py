"""Both bounds on the clients' pools: their own demand below, the server's threads above.

    demand x headroom  <=  sum of all client pools  <=  threads - reserve

Works with what the bridge knows of clients; a demand that rests on a refused fit is none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from boltkb.advice.situation import Situation
from boltkb.bolt import size_client_pool
from boltkb.bolt.clients import ClientPool
from boltkb.catalogue import load_drivers
from boltkb.tables import Column, Table, number

__all__ = ["HEADROOM", "Application", "Bounds", "deadlock_floor", "find_bounds"]

#: Room above the busiest five minutes that were seen. A choice, told as extrapolation: nothing
#: in one window says how much busier another day is.
HEADROOM = 1.25
#: Threads left to tools, exporters, members that route and the operator's own questions.
_RESERVE_SHARE, _RESERVE_LEAST = 0.05, 2
#: Connections that a request may hold at once, where nobody has shown that none nests sessions.
_NESTED = 2
#: What a driver waits for a connection where nothing is set, s (catalogue: `drivers.toml`).
_ACQUISITION = 60.0


def deadlock_floor(callers: int, at_once: int = _NESTED) -> int:
    """Return the smallest pool in which nested sessions cannot wait for one another for ever.

    Parameters
    ----------
    callers : int, >= 1
        Requests that a process works on at the same time.
    at_once : int, >= 1
        Connections that one request holds at the same time.

    Returns
    -------
    int
        `callers x (at_once - 1) + 1` (HikariCP, About Pool Sizing).

    Examples
    --------
    >>> deadlock_floor(3, 4), deadlock_floor(20), deadlock_floor(20, 1)
    (10, 21, 1)
    """
    return callers * (at_once - 1) + 1


@dataclass(frozen=True, slots=True)
class Application:
    """A program, its processes taken together.

    Parameters
    ----------
    name : str
        By user and agent where addresses do not tell clients apart.
    languages : tuple of str
    objects : float
        Driver objects, each with a pool; at least one for each address.
    limit : int
        Connections that one of its pools may open now.
    limit_known : bool
        Whether its own log or metrics say so; otherwise it is its driver's default.
    demand : float or None, threads
        Held by one of its pools in the busiest minutes, headroom included; None where the fit was
        refused or its part is not known.
    least : int or None
        The smallest pool for that demand and its acquisition time-out.
    floor : int or None
        The deadlock floor for the requests that were seen at once; None where nothing tells.
    most : int or None
        For each of its pools, where all others have no more than they need.
    advised : int or None
        A size between the bounds; None where there is none.
    """

    name: str
    languages: tuple[str, ...]
    objects: float
    limit: int
    limit_known: bool
    demand: float | None
    least: int | None
    floor: int | None
    most: int | None
    advised: int | None

    @property
    def lowest(self) -> int:
        """The smallest pool that is ever advised: demand, deadlock, and one nested session."""
        return max(deadlock_floor(1), self.least or 0, self.floor or 0)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The two bounds, and where each application stands between them.

    Parameters
    ----------
    threads, reserve : int or None
    demand : float or None, threads
        Of all clients in the busiest minutes, headroom included.
    limits : float or None, connections
        What all known pools together may open now.
    complete : bool
        Whether every source of connections is known.
    applications : tuple of Application
    proxied : bool
        Whether addresses collapse behind a proxy.
    """

    threads: int | None
    reserve: int
    demand: float | None
    limits: float | None
    complete: bool
    applications: tuple[Application, ...]
    proxied: bool

    @property
    def room(self) -> int | None:
        """Threads less the reserve."""
        return None if self.threads is None else max(1, self.threads - self.reserve)

    @property
    def crossed(self) -> bool:
        """Whether the lower bound lies above the upper one, so that no pool sizes can do it."""
        if self.room is None:
            return False
        lowest = sum(app.objects * app.lowest for app in self.applications)
        return (self.demand is not None and self.demand > self.room) or lowest > self.room

    def words(self) -> tuple[str, ...]:
        """Return both bounds in sentences."""
        if self.room is None:
            return ("Neither bound can be told: the number of threads is not in the export.",)
        said = [
            (
                f"Upper bound: {self.threads} threads less a reserve of {self.reserve} for "
                f"tools, exporters and your own questions leave {self.room} for the sum of all "
                "client pools towards this server."
            )
        ]
        if self.demand is None:
            said.append(
                "Lower bound: not told, because no accepted fit gives the demand. Take what each "
                "process has in use at its peak, and a quarter more."
            )
        else:
            said.append(
                f"Lower bound: {number(math.ceil(self.demand))} connections in all for the "
                f"busiest five minutes and a quarter more (the quarter is extrapolation: so much "
                "was not seen)."
            )
        if self.crossed:
            said.append(
                "The lower bound lies above the upper one: no pool sizes can do it. Shorten what "
                "holds threads, spread the load over more members, or raise threads where "
                "processors and memory bear it."
            )
        if not self.complete:
            said.append("Not every client is known, so the sum may be larger than what is listed.")
        if self.proxied:
            said.append(
                "Several programs come from one address (a proxy or a mesh): clients are told "
                "apart by user and agent, not by address."
            )
        return tuple(said)

    def facts(self) -> dict[str, object]:
        """Return the bounds for `facts.json`."""
        return {
            "threads": self.threads,
            "reserve": self.reserve,
            "demand": self.demand,
            "limits": self.limits,
            "complete": self.complete,
            "crossed": self.crossed,
            "applications": [
                {
                    "name": app.name,
                    "objects": app.objects,
                    "limit": app.limit,
                    "least": app.least,
                    "floor": app.floor,
                    "most": app.most,
                    "advised": app.advised,
                }
                for app in self.applications
            ],
        }

    def table(self) -> Table:
        """Return the applications between their bounds as a table."""
        rows = tuple(
            (
                app.name,
                number(app.objects),
                f"{app.limit}{'' if app.limit_known else ' (default)'}",
                "not told" if app.least is None else str(app.least),
                "not told" if app.floor is None else str(app.floor),
                "not told" if app.most is None else str(app.most),
                "none fits" if app.advised is None else str(app.advised),
            )
            for app in self.applications
        )
        columns = (
            Column("Application"),
            Column("Driver objects", numeric=True),
            Column("Pool now", numeric=True),
            Column("At least, by its demand", numeric=True),
            Column("At least, against deadlock", numeric=True),
            Column("At most", numeric=True),
            Column("Advised", numeric=True),
        )
        return Table(columns, rows, title="Client pools between their bounds", notes=self.words())


def find_bounds(situation: Situation) -> Bounds:
    """Return both bounds on the clients' pools, and a size for each application."""
    threads = situation.pool.threads
    reserve = 0 if threads is None else max(_RESERVE_LEAST, math.ceil(_RESERVE_SHARE * threads))
    clients = situation.clients
    pools = () if clients is None else clients.pools
    proxied = bool(clients is not None and clients.proxied)
    groups = _grouped(pools, proxied=proxied)
    demand = _demand(situation)
    room = None if threads is None else max(1, threads - reserve)
    parts = _parts(list(groups.values()))
    applications = tuple(
        _application(name, group, part, demand, situation)
        for (name, group), part in zip(groups.items(), parts, strict=True)
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
    if not situation.accepted or busiest.value is None:
        return None
    return HEADROOM * (busiest.value if busiest.high is None else busiest.high)


def _grouped(pools: Sequence[ClientPool], *, proxied: bool) -> dict[str, list[ClientPool]]:
    groups: dict[str, list[ClientPool]] = {}
    for pool in pools:
        told = (pool.user, pool.agent) if proxied else (pool.agent or pool.user,)
        name = " as ".join(reversed([text for text in told if text])) or f"clients at {pool.host}"
        groups.setdefault(name, []).append(pool)
    return groups


def _parts(groups: Sequence[Sequence[ClientPool]]) -> list[float | None]:
    """Return the part of the demand that each group asks for; None where nothing tells."""
    held = [[pool.holding for pool in group if pool.holding is not None] for group in groups]
    total = sum(sum(values) for values in held)
    if total <= 0:
        return [None] * len(groups)
    return [sum(values) / total if values else None for values in held]


def _application(
    name: str,
    group: Sequence[ClientPool],
    part: float | None,
    demand: float | None,
    situation: Situation,
) -> Application:
    objects = float(sum(max(1.0, pool.objects or 1.0) for pool in group))
    languages = tuple(dict.fromkeys(pool.language for pool in group if pool.language))
    limits = [pool.limit for pool in group if pool.limit is not None]
    peaks = [pool.peak_in_use for pool in group if pool.peak_in_use is not None]
    own = None if demand is None or part is None else demand * part / objects
    least = (
        None
        if own is None
        else size_client_pool(
            own,
            hold=situation.fit.mean_hold.value,
            acquisition_timeout=_ACQUISITION,
            share=situation.diagnosis.target,
        )
    )
    floor = deadlock_floor(math.ceil(max(peaks))) if peaks else None
    return Application(
        name=name,
        languages=languages,
        objects=objects,
        limit=max(limits) if limits else _default_limit(languages),
        limit_known=bool(limits),
        demand=own,
        least=least,
        floor=floor,
        most=None,
        advised=None,
    )


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
