"""Both bounds on the clients' pools, in numbers and in words.

Knows how a pool stands between its bounds; `dividing` finds them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from boltkb.tables import Column, Table, number

__all__ = ["Application", "Bounds", "deadlock_floor"]

#: Connections that a request may hold at once, where nobody has shown that none nests sessions.
_NESTED = 2


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
    waited : bool
        Whether its requests waited for a connection of their own pool.
    enough : int or None
        A size in which next to nobody would wait, whatever the server bears.
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
    waited: bool = False
    enough: int | None = None

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
    def outgrown(self) -> bool:
        """Whether the demand alone is more than the threads leave to clients."""
        return self.room is not None and self.demand is not None and self.demand > self.room

    @property
    def crossed(self) -> bool:
        """Whether the lower bound lies above the upper one, so that no pool sizes can do it."""
        if self.room is None:
            return False
        lowest = sum(app.objects * app.lowest for app in self.applications)
        return self.outgrown or lowest > self.room

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
                "Lower bound: not told, because no steady load was fitted. Take what each "
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
        title = "Client pools between their bounds"
        if not rows:
            return Table((Column(title),), tuple((words,) for words in self.words()))
        return Table(columns, rows, title=title, notes=self.words())
