"""The clients: a driver's rules, what its transactions do, and how many processes run it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from boltkb.twin.laws import Law, as_law, check_numbers, refuse
from boltkb.twin.loads import Load

__all__ = ["Client", "Driver", "Work"]

_REUSE = ("last in", "first in", "oldest slot")
_CLOCKS = ("waiting", "connecting")
_STOPS = (None, "connected", "negotiated")
_WAITERS = ("in order", "any order", "polling", "burst reversed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """The rules of a driver: its pool of connections and how it tries again.

    Use `Driver.java()`, `.java_5_27()`, `.java_6()`, `.python()`, `.python_6()`,
    `.javascript()`, `.go()`, `.go_6()` or `.dotnet()`: they set the rules of each language, and
    take any of the fields below to change them.

    Parameters
    ----------
    language : str
    pool : int, >= 1
        Connections to one member for one driver object, at most.
    reuse : str
        Which idle connection is taken: `last in`, `first in` or `oldest slot`.
    waiters : str
        Who gets a freed one: `in order`, `any order` (all race), `polling` (each looks every
        `poll` seconds) or `burst reversed` (in order, but calls of one moment backwards).
    pending : int or None
        How many may wait; the next fails at once.  None: any number.
    one_line : bool
        Whether those that wait for any member stand in one line; the first of it is woken
        whatever became free, and stands last again when it finds nothing.
    wakes_after : float, seconds, >= 0
        With one line: until who was woken looks; a newcomer may be quicker.
    acquisition_timeout, lifetime : float, seconds
        Infinite: without limit.
    clock_covers : str
        What the acquisition timeout covers: `waiting` for a connection, or also `connecting`
        and testing it; a connection that comes too late stays with the driver.
    liveness : float or None, seconds
        A connection idle for longer is tested with a RESET first.  None: never.
    closes_aged_on_release, prunes_aged, purge_wakes : bool
        Whether an aged connection is closed when it comes back; whether all idle ones are
        looked through; whether the loss of a connection wakes a waiter.
    poll : float, seconds
    delay, multiplier, jitter, budget : float
        The first back-off in seconds, its factor, its spread, and for how long is tried again.
    clock_from_call : bool
        Whether the budget runs from the call, or from the first failure.
    least_tries : int
    doubles_first : bool
        Whether the factor already applies to the first back-off.
    retries_pending_full, retries_acquisition_timeout, retries_dead_at_once : bool
        What is tried again besides what the server says can be.

    Examples
    --------
    >>> Driver.python(pool=50).waiters
    'any order'
    """

    language: str = "java"
    pool: int = 100
    reuse: str = "last in"
    waiters: str = "in order"
    pending: int | None = None
    one_line: bool = False
    wakes_after: float = 0.0
    acquisition_timeout: float = 60.0
    lifetime: float = 3600.0
    clock_covers: str = "waiting"
    liveness: float | None = None
    closes_aged_on_release: bool = False
    prunes_aged: bool = False
    purge_wakes: bool = True
    poll: float = 0.5
    delay: float = 1.0
    multiplier: float = 2.0
    jitter: float = 0.2
    budget: float = 30.0
    clock_from_call: bool = False
    least_tries: int = 1
    doubles_first: bool = False
    retries_pending_full: bool = False
    retries_acquisition_timeout: bool = False
    retries_dead_at_once: bool = False

    def __post_init__(self) -> None:
        problems: list[str] = []
        if isinstance(self.pool, bool) or not isinstance(self.pool, int) or self.pool < 1:
            problems.append(f"`pool` must be a whole number, 1 or more; got {self.pool!r}")
        if self.reuse not in _REUSE:
            problems.append(f"`reuse` must be one of {', '.join(_REUSE)}; got {self.reuse!r}")
        if self.waiters not in _WAITERS:
            problems.append(f"`waiters` must be one of {', '.join(_WAITERS)}; got {self.waiters!r}")
        if self.clock_covers not in _CLOCKS:
            known = ", ".join(_CLOCKS)
            problems.append(f"`clock_covers` must be one of {known}; got {self.clock_covers!r}")
        if self.pending is not None and not (isinstance(self.pending, int) and self.pending >= 0):
            problems.append(f"`pending` must be a whole number or None; got {self.pending!r}")
        limits = {n: getattr(self, n) for n in ("acquisition_timeout", "lifetime")}
        check_numbers(limits, 0.0, "seconds, 0 or more", problems, open_end=True)
        numbers = {n: getattr(self, n) for n in ("budget", "jitter", "wakes_after")}
        check_numbers(numbers, 0.0, "0 or more", problems, open_end=False)
        if not self.jitter < 1:
            problems.append(f"`jitter` must be below 1; got {self.jitter!r}")
        above = {
            "poll": self.poll,
            "delay": self.delay,
            "multiplier": self.multiplier,
            "least_tries": self.least_tries,
        }
        check_numbers(above, 1e-6, "above 0", problems, open_end=False)
        if self.liveness is not None:
            test = {"liveness": self.liveness}
            check_numbers(test, 0.0, "seconds, 0 or more, or None", problems, open_end=False)
        refuse(problems)

    @classmethod
    def java(cls, **changes: Any) -> Driver:
        """Return the rules of Java up to 5.26: waiters in order, the last in taken first."""
        return cls(**{"language": "java", **changes})

    @classmethod
    def java_5_27(cls, **changes: Any) -> Driver:
        """Return the rules of Java from 5.27 on: 100 may wait, the next fails and is retried."""
        rules = {
            "language": "java", "reuse": "oldest slot", "pending": 100, "purge_wakes": False,
            "retries_pending_full": True,
        }  # fmt: skip
        return cls(**{**rules, **changes})

    @classmethod
    def java_6(cls, **changes: Any) -> Driver:
        """Return the rules of Java 6: as 5.27, and the timeout covers all of an acquisition."""
        return cls.java_5_27(**{"clock_covers": "connecting", **changes})

    @classmethod
    def python(cls, **changes: Any) -> Driver:
        """Return the rules of Python: all waiters race, the oldest slot is taken first."""
        rules = {"language": "python", "reuse": "oldest slot", "waiters": "any order"}
        return cls(**{**rules, **changes})

    @classmethod
    def python_6(cls, **changes: Any) -> Driver:
        """Return the rules of Python 6: as before, and the timeout covers all of it."""
        return cls.python(**{"clock_covers": "connecting", **changes})

    @classmethod
    def javascript(cls, **changes: Any) -> Driver:
        """Return the rules of JavaScript: a burst is served backwards, the aged end on release."""
        rules = {
            "language": "javascript", "waiters": "burst reversed", "closes_aged_on_release": True,
            "clock_covers": "connecting",
        }  # fmt: skip
        return cls(**{**rules, **changes})

    @classmethod
    def go(cls, **changes: Any) -> Driver:
        """Return the rules of Go 5: one line for all members, the dead retried at once.

        The 10 microseconds until a woken waiter looks are an assumption.
        """
        rules = {
            "language": "go", "prunes_aged": True, "clock_from_call": True, "doubles_first": True,
            "retries_acquisition_timeout": True, "retries_dead_at_once": True, "one_line": True,
            "wakes_after": 0.00001, "clock_covers": "connecting",
        }  # fmt: skip
        return cls(**{**rules, **changes})

    @classmethod
    def go_6(cls, **changes: Any) -> Driver:
        """Return the rules of Go 6: as 5, but a timeout in the pool is not tried again."""
        return cls.go(**{"retries_acquisition_timeout": False, **changes})

    @classmethod
    def dotnet(cls, **changes: Any) -> Driver:
        """Return the rules of .NET: no queue, a look every 500 ms; at least two tries."""
        rules = {
            "language": "dotnet", "reuse": "first in", "waiters": "polling",
            "clock_from_call": True, "least_tries": 2,
        }  # fmt: skip
        return cls(**{**rules, **changes})


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one transaction does.

    Parameters
    ----------
    seconds : Law or float or None, seconds of work
        Of each query, alone on the machine.
    kind : str
        `auto-commit`, `explicit` or `managed`; only the last is tried again.
    queries : Law or float
        Queries in a transaction; a number is meant exactly, a law is rounded.
    pipelined : Law or float
        Auto-commit transactions that the client sends one behind the other before it looks at
        an answer; a number is meant exactly, a law is rounded.
    think : Law or float or None, seconds
        What the client does between two queries, and before the commit.
    commit : Law or float or None, seconds of work
    read, read_share : Law or float or None, seconds; share
        How long the client takes to consume a result, and for what share of queries it does.
    bookmark, bookmark_share
        The wait for a bookmark before the transaction begins, with a thread and no transaction.
    lock_share : float, 0 to 1
        The share of queries that first take one of the server's hot locks, until the end.
    leak_share : float, 0 to 1
        The share of transactions that their client never ends.
    cpu : float, 0 to 1
        The share of the work for which a core is needed.
    timeout : float, seconds, > 0
        The transaction timeout that the client asks for.

    Examples
    --------
    >>> Work(seconds=0.36).kind
    'auto-commit'
    """

    seconds: Law | float | None
    kind: str = "auto-commit"
    queries: Law | float = 1
    pipelined: Law | float = 1
    think: Law | float | None = None
    commit: Law | float | None = None
    read: Law | float | None = None
    read_share: float = 0.0
    bookmark: Law | float | None = None
    bookmark_share: float = 0.0
    lock_share: float = 0.0
    leak_share: float = 0.0
    cpu: float = 1.0
    timeout: float = math.inf

    def __post_init__(self) -> None:
        problems: list[str] = []
        kinds = ("auto-commit", "explicit", "managed")
        if self.kind not in kinds:
            problems.append(f"`kind` must be one of {', '.join(kinds)}; got {self.kind!r}")
        for name in ("seconds", "think", "commit", "read", "bookmark", "queries", "pipelined"):
            as_law(name, getattr(self, name), problems)
        for name in ("read_share", "bookmark_share", "lock_share", "leak_share", "cpu"):
            value = getattr(self, name)
            if not (isinstance(value, int | float) and 0 <= value <= 1):
                problems.append(f"`{name}` must lie from 0 to 1; got {value!r}")
        if self.pipelined != 1 and (self.kind != "auto-commit" or self.leak_share > 0):
            problems.append("`pipelined` is for auto-commit transactions that end")
        check_numbers({"timeout": self.timeout}, 1e-9, "seconds above 0", problems, open_end=True)
        if (
            self.kind == "auto-commit"
            and isinstance(self.queries, int | float)
            and (self.queries != 1)
        ):
            problems.append("`queries` must be 1 for auto-commit: each is a transaction of its own")
        refuse(problems)


@dataclass(frozen=True, slots=True)
class Client:
    """An application: its name, its driver, what it does, when, and in how many processes.

    Parameters
    ----------
    name : str
        The user agent.
    work : Work
    load : Load
        Of all its processes together.
    driver : Driver or None
        None: no driver at all; each request asks for a thread at once, as in theory.
    processes : int, >= 1
        Driver objects, each with a pool of its own for each member.
    latency : float, seconds, >= 0
        One way through the network.
    connect : float, seconds, >= 0
        To open a connection, before its first message arrives.
    messages : int, >= 1
        That it sends at once to begin: 2 for RUN and PULL, 3 with BEGIN, 1 for BEGIN alone,
        after whose answer the first query follows.  Every further query is two messages.
    writes : float, 0 to 1
        The share that goes to a cluster's leader; the rest goes to the others.
    stops_at : str or None
        For a client that never signs in (a probe, a scan): `connected` when it opens
        connections and says nothing, `negotiated` when it goes as far as the version.  Each
        request of its load opens one.  None: it signs in.
    hangs_up_after : float, seconds, > 0
        For such a client: when it closes what it opened; infinite: the server has to.
    one_driver_per_request : bool
    unix_socket : bool
        Whether it comes in by the unix socket.
    cut_after : float, seconds, > 0
        After so long idle a connection is cut by something in between; infinite: never.
    deploys : tuple of float, seconds from the start
        When its processes are replaced, one after the other, `deploy_step` seconds apart;
        the old one closes its connections `deploy_overlap` seconds after the new one began.
    deploy_step, deploy_overlap : float, seconds, >= 0

    Examples
    --------
    >>> from boltkb.twin import Poisson
    >>> Client("shop-api/2.3", Work(seconds=0.1), Poisson(5.0), Driver.python()).processes
    1
    """

    name: str
    work: Work
    load: Load
    driver: Driver | None = field(default_factory=Driver.java)
    processes: int = field(default=1, kw_only=True)
    latency: float = field(default=0.0005, kw_only=True)
    connect: float = field(default=0.002, kw_only=True)
    messages: int = field(default=2, kw_only=True)
    writes: float = field(default=1.0, kw_only=True)
    one_driver_per_request: bool = field(default=False, kw_only=True)
    stops_at: str | None = field(default=None, kw_only=True)
    hangs_up_after: float = field(default=math.inf, kw_only=True)
    unix_socket: bool = field(default=False, kw_only=True)
    cut_after: float = field(default=math.inf, kw_only=True)
    deploys: tuple[float, ...] = field(default=(), kw_only=True)
    deploy_step: float = field(default=0.0, kw_only=True)
    deploy_overlap: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        problems: list[str] = []
        for name, what in (("work", Work), ("load", Load), ("driver", Driver | None)):
            if not isinstance(getattr(self, name), what):
                problems.append(f"`{name}` is of a wrong kind; got {getattr(self, name)!r}")
        for name in ("processes", "messages"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1_000_000:
                problems.append(f"`{name}` must be a whole number, 1 or more; got {value!r}")
        names = ("latency", "connect", "deploy_step", "deploy_overlap")
        durations = {n: getattr(self, n) for n in names}
        check_numbers(durations, 0.0, "seconds, 0 or more", problems, open_end=False)
        ends = {n: getattr(self, n) for n in ("cut_after", "hangs_up_after")}
        check_numbers(ends, 1e-9, "seconds", problems, open_end=True)
        if self.stops_at not in _STOPS:
            problems.append(f"`stops_at` must be one of {_STOPS}; got {self.stops_at!r}")
        if not (isinstance(self.writes, int | float) and 0 <= self.writes <= 1):
            problems.append(f"`writes` must lie from 0 to 1; got {self.writes!r}")
        deploys = {f"deploys[{i}]": moment for i, moment in enumerate(self.deploys)}
        check_numbers(deploys, 0.0, "seconds, 0 or more", problems, open_end=False)
        refuse(problems)
