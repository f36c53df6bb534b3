"""What is known of clients: their pools, the ceiling they set, and their idle connections.

Knows no evidence: `reading` has what speaks for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from boltkb.exports import Where
from boltkb.tables import Column, Shown, Table, number, span

__all__ = ["Ceiling", "ClientPool", "Clients", "Idle", "Period"]


@dataclass(frozen=True, slots=True)
class ClientPool:
    """The connections of one client program at one address.

    Parameters
    ----------
    host : str
        The address without its port; `unknown` where only its own log tells of it.
    agent, user : str or None
    language : str or None
    connections : float or None
        Open at the busiest moment that is known.
    holding : float or None, threads
        Held on average by it.
    objects : float or None
        Driver objects (pools) behind the address, at least; None where nothing tells.
    limit : int or None
        Connections that one of its pools may open, and `limit_from` how that is known.
    timed_out, retried, rejected, failed, leaked, queued : int or None
        What its log counts; None without one.
    mean_wait : float or None, s
        For a connection of its own pool.
    peak_in_use : float or None
        The most connections of one of its pools in use at the same time.
    where : tuple of Where
    version : str or None
        The driver's.
    tool : bool
        Whether a person, or the server itself, is behind it rather than an application.
    lost : int or None
        Connections that broke while it used them, or when it took them up again, as its log tells.
    mean_delay : float or None, s
        Before a retry.
    mean_hold : float or None, s
        From having a connection to giving it back.
    youngest, oldest : float or None, s
        Ages of its connections when they were listed; at least so much where the list names no
        time of its own.
    start, end : float or None, epoch s
        What its log covers.
    """

    host: str
    agent: str | None
    user: str | None
    language: str | None
    connections: float | None
    holding: float | None
    objects: float | None
    limit: int | None
    limit_from: str
    timed_out: int | None
    retried: int | None
    rejected: int | None
    failed: int | None
    leaked: int | None
    queued: int | None
    mean_wait: float | None
    peak_in_use: float | None
    where: tuple[Where, ...]
    version: str | None = None
    tool: bool = False
    lost: int | None = None
    mean_delay: float | None = None
    mean_hold: float | None = None
    youngest: float | None = None
    oldest: float | None = None
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most threads that all known clients together can ask for.

    Parameters
    ----------
    connections : float or None
        The pools that are known, each at its limit: at least so many, for there may be more.
    complete : bool
        Whether every source of connections is known; without it nothing is ruled out.
    words : str
    missing : tuple of str
        Sources of connections that the export cannot rule out.
    """

    connections: float | None
    complete: bool
    words: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """A fixed time from a connection's last use to its end, as the course of counts tells it.

    Parameters
    ----------
    seconds, low, high : float, s
    matched : int
        Moments of closing that an opening precedes by just this time.
    closings : int
        All moments of closing.
    chance : float, 0 to 1
        How often chance alone would match as many, at whatever time.
    """

    seconds: float
    low: float
    high: float
    matched: int
    closings: int
    chance: float


@dataclass(frozen=True, slots=True)
class Idle:
    """How idle connections behave.

    Parameters
    ----------
    shape : str
        `plateau` (an old peak that is kept: normal), `growth`, `churn` (opened and closed about
        as often as requests come), `cut` (closed after a fixed idle time) or `unknown`.
    mean : float or None, connections
    period : float or None, s
        The idle time after which they are cut.
    opened_per_second : float or None
    opened_per_request : float or None
        Connections opened for each request, transaction or query begun, by the best count.
    words : str
    opened, closed : float or None
        Connections opened and closed in the window.
    requests : float or None
        Requests of the window, counted as `requests_from` says.
    requests_from : str
    life : float or None, s
        The mean life of a connection, by Little's law: open ones over those closed a second.
    regular : Period or None
        The time after which connections end, where the counts agree on one.
    quiet_closings : int
        Samples in which connections were closed while few threads were held and none was
        rejected.
    """

    shape: Literal["plateau", "growth", "churn", "cut", "unknown"]
    mean: float | None
    period: float | None
    opened_per_second: float | None
    opened_per_request: float | None
    words: str
    opened: float | None = None
    closed: float | None = None
    requests: float | None = None
    requests_from: str = ""
    life: float | None = None
    regular: Period | None = None
    quiet_closings: int = 0


#: So many clients stand in the table, those that hold most threads.
_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Clients(Shown):
    """The clients of a pool.

    Parameters
    ----------
    pools : tuple of ClientPool
        Those that hold most threads first.
    ceiling : Ceiling
    idle : Idle
    proxied : bool or None
        Whether several programs come from one address, as behind a proxy or a mesh; None where it
        cannot be told.
    """

    pools: tuple[ClientPool, ...]
    ceiling: Ceiling
    idle: Idle
    proxied: bool | None = None

    def table(self) -> Table:
        """Return the clients as a table, with what they can ask for together."""
        rows = [
            (
                pool.host,
                _program(pool),
                pool.user or "",
                number(pool.connections) if pool.connections is not None else "",
                number(pool.holding) if pool.holding is not None else "",
                _limit(pool),
                _trouble(pool),
            )
            for pool in self.pools[:_SHOWN]
        ]
        notes = [self.ceiling.words, self.idle.words]
        if self.proxied:
            notes.append(
                "Several programs come from one address, as behind a proxy or a mesh: clients are "
                "told apart by user and agent."
            )
        if len(self.pools) > _SHOWN:
            notes.append(f"{len(self.pools) - _SHOWN} further clients are not shown.")
        heads = (
            Column("Client"),
            Column("Program"),
            Column("User"),
            Column("Connections", numeric=True),
            Column("Threads held", numeric=True),
            Column("Its pool's limit"),
            Column("Its own log tells of"),
        )
        return Table(
            heads,
            tuple(rows),
            notes=tuple(words for words in notes if words),
            kind="boltkb-clients",
        )

    def __str__(self) -> str:
        return str(self.table())

    def to_html(self) -> str:
        """Return the clients as one line of HTML."""
        if not self.pools:
            return f'<p class="boltkb-note">{_NOBODY}</p>'
        return self.table().to_html()

    def facts(self) -> Mapping[str, object]:
        """Return the `pools` part of `facts.json`."""
        return {
            "pools": {
                "clients": len(self.pools),
                "ceiling": self.ceiling.connections,
                "ceiling_complete": self.ceiling.complete,
                "idle_shape": self.idle.shape,
                "idle_mean": self.idle.mean,
                "idle_period": self.idle.period,
                "proxied": self.proxied,
            }
        }


_NOBODY = (
    "The export names no client. The output of CALL dbms.listConnections() would, and a client's "
    "own log tells of its pool."
)


def _limit(pool: ClientPool) -> str:
    if pool.limit is None:
        return ""
    return f"{pool.limit}, unless set" if "default" in pool.limit_from else f"{pool.limit}, told"


def _program(pool: ClientPool) -> str:
    driver = " ".join(word for word in (pool.language, pool.version) if word)
    return pool.agent or driver if not driver or not pool.agent else f"{pool.agent} ({driver})"


def _trouble(pool: ClientPool) -> str:
    counted = (
        (pool.timed_out, "time-outs"),
        (pool.rejected, "rejections"),
        (pool.retried, "retries"),
        (pool.failed, "failed openings"),
        (pool.lost, "lost connections"),
        (pool.leaked, "leaked sessions"),
    )
    words = [f"{number(count)} {name}" for count, name in counted if count]
    if pool.mean_wait is not None and pool.mean_wait >= 1e-3:
        words.append(f"a mean wait of {span(pool.mean_wait)}")
    return ", ".join(words)
