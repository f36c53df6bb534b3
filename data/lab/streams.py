"""What a capture is made of: clients, streams of work, and how their rate varies.

Plain data. It must not know the named scenarios, the server, the driver or any file.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

WORKS = ("sleep", "spin")
PROFILES = ("constant", "day")
DAY_FLOOR = 0.4
#: Share of the threads that counts as a full pool when the dumps are taken.
FULL_SHARE = 0.85


@dataclass(frozen=True, slots=True)
class Client:
    """One application: a user agent and how many processes of it run.

    Parameters
    ----------
    agent : str
        The driver's user agent, such as ``shop-api/2.3``.
    instances : int, >= 1
        How many driver objects, each with its own connection pool.
    warm : int, >= 0
        Connections that each instance opens before the capture begins, or at its own start.
    pool : int, optional
        The most connections an instance may hold; the driver's default when absent.
    later : int, >= 0
        How many of the instances start only at `start`.
    start : float, share of the capture, in [0, 1)
        When the later ones start.
    patience : float, seconds, > 0
        How long a request waits for a connection of the driver's pool.
    cut_after : float, seconds, optional
        Idle time after which something between client and server cuts a connection.
    logged : int, >= 0
        Of how many instances the driver's log is kept.
    log_bytes : int
        Size at which that log is turned over.
    wire : bool
        Whether that log tells of connections and messages too, not of the pool alone.
    """

    agent: str
    instances: int = 1
    warm: int = 1
    pool: int | None = None
    later: int = 0
    start: float = 0.0
    patience: float = 20.0
    cut_after: float | None = None
    logged: int = 1
    log_bytes: int = 30_000
    wire: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """One flow of requests of one client.

    Parameters
    ----------
    client : str
        The user agent of the client that sends them.
    kind : str
        One of "work", "think", "leak", "burst", "lock", "read", "fresh", "bookmark", "heap".
        ``work`` is one statement that takes its time on the server; ``think`` an explicit
        transaction of short statements with pauses of the client between them; ``leak``
        a transaction that is begun, runs one statement and is never closed; ``burst``
        many requests of kind ``work`` at once; ``lock`` a transaction that writes to one of
        a few nodes first and works afterwards; ``read`` a result that is read with pauses;
        ``fresh`` a request of kind ``work`` through a driver made for it alone; ``bookmark``
        one that asks for a state of the database that is not there; ``heap`` one that keeps all
        its rows in the server's memory before it works.
    rate : float, per second, > 0
        Poisson arrivals at the top of the profile; for ``leak`` and ``burst`` the
        regular rate of events.
    hold : float, seconds, >= 0
        Mean time of the server's work, for all statements of one request together.
    think : float, seconds, >= 0
        Mean of the client's pauses in one transaction, all together; for ``read``, those
        between the records.
    shape : {"exponential", "lognormal"}
        The law of the server's work.
    work : {"sleep", "spin"}
        Whether the server's work waits or uses a processor.
    size : int, >= 1
        Requests of one burst.
    retries : bool
        Whether the driver's own retries are used.
    start, end : float, shares of the capture, 0 <= start < end <= 1
        When the stream flows.
    spots : int, >= 1
        For ``lock``: how many nodes are written to.
    rows, width : int, >= 1
        For ``read``: records of a result, and characters of each; for ``heap``, rows that
        are kept.
    fetch : int
        For ``read``: records that the driver asks for at a time; -1 is all of them.
    """

    client: str
    kind: str
    rate: float
    hold: float
    think: float = 0.0
    shape: str = "exponential"
    work: str = "sleep"
    size: int = 1
    retries: bool = False
    start: float = 0.0
    end: float = 1.0
    spots: int = 1
    rows: int = 1
    width: int = 1
    fetch: int = 1000


@dataclass(frozen=True, slots=True)
class Looks:
    """When the thread dumps and the lists are taken.

    Parameters
    ----------
    start : float, share of the capture, optional
        The earliest; late and at the busiest time of the profile when absent.
    patience : float, seconds, optional
        How long to wait each time for the pool to be full.
    gap : float, seconds, optional
        Between one look and the beginning of the wait for the next.
    share : float, in (0, 1]
        Of the threads, how many are held when the pool counts as full.
    full : int, threads, optional
        The same as a number, where something else than the threads is the limit.
    """

    start: float | None = None
    patience: float | None = None
    gap: float | None = None
    share: float = FULL_SHARE
    full: int | None = None


@dataclass(frozen=True, slots=True)
class Stalls:
    """Moments in which the server's whole process stands still, as on a host that is paused.

    Parameters
    ----------
    every : float, seconds, > 0
        From the beginning of one to that of the next.
    seconds : float, seconds, > 0
    """

    every: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole capture's load, and the cause of trouble that it stages.

    Parameters
    ----------
    name : str
    cause : str, optional
        What a correct diagnosis says; None when nothing is wrong.
    clients, streams : tuple
    profile : {"constant", "day"}
        How the rate of the Poisson streams varies over the capture.
    default_accounting : bool
        Whether rejections are summed up in the log (the version's default).
    situation : str, optional
        The simulated scenario that stages the same.
    threads : int, >= 1
        The server's, where the command line does not choose.
    settings : tuple of str
        Further lines for ``neo4j.conf``.
    looks : Looks
    stalls : Stalls, optional
    heap : int, MiB, optional
        The server's, where it is the matter.
    """

    name: str
    cause: str | None
    clients: tuple[Client, ...]
    streams: tuple[Stream, ...]
    profile: str = "constant"
    default_accounting: bool = True
    situation: str | None = None
    threads: int = 8
    settings: tuple[str, ...] = ()
    looks: Looks = Looks()
    stalls: Stalls | None = None
    heap: int | None = None


def rate_profile(name: str) -> Callable[[float], float]:
    """Return the relative rate, in (0, 1], as a function of the share of time passed.

    Parameters
    ----------
    name : {"constant", "day"}
        ``day`` rises to a first, lower hump, falls, and rises to a second, full one late
        in the capture.

    Raises
    ------
    ValueError
        When the name is none of them.
    """
    if name == "constant":
        return _constant
    if name == "day":
        return _day
    raise ValueError(f"unknown profile {name!r}; known: {', '.join(PROFILES)}")


def _constant(_: float) -> float:
    return 1.0


def _day(share: float) -> float:
    first = 0.6 * math.exp(-(((share - 0.3) / 0.13) ** 2))
    second = 1.0 * math.exp(-(((share - 0.78) / 0.15) ** 2))
    return min(1.0, DAY_FLOOR + (1.0 - DAY_FLOOR) * (first + second))
