"""The server and its machine, as parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from boltkb.catalogue import Version
from boltkb.errors import CatalogueError
from boltkb.twin.laws import Law, as_law, check_numbers, refuse

__all__ = ["Machine", "Server"]

_FIRST_POOL = Version.parse("3.4")
_FIRST_ANSWERED = Version.parse("3.5.6")
_WAITS_BLINDLY = (Version.parse("4.2"), Version.parse("5.0"))
_MODERN = Version.parse("5.0")
_LOGON = Version.parse("5.1")
_UNIX_SOCKET_POOL = Version.parse("2025.08")
#: More threads than this are a mistake, and would take the memory of one.
_MOST_THREADS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the threads run on.

    Parameters
    ----------
    cores : float, > 0
        Cores that the working threads share; infinite: they never slow each other down.
    pause_every, pause : Law or float or None, seconds
        Stop-the-world pauses: from the end of one to the next, and how long each takes.

    Raises
    ------
    ParameterError
        All that is wrong, at once.

    Examples
    --------
    >>> Machine(cores=8).cores
    8
    """

    cores: float = math.inf
    pause_every: Law | float | None = None
    pause: Law | float | None = None

    def __post_init__(self) -> None:
        problems: list[str] = []
        if not (isinstance(self.cores, int | float) and self.cores > 0):
            problems.append(f"`cores` must be above 0; got {self.cores!r}")
        laws = [as_law(n, getattr(self, n), problems) for n in ("pause_every", "pause")]
        if not problems and (laws[0] is None) != (laws[1] is None):
            problems.append("`pause_every` and `pause` belong together; one of them is missing")
        refuse(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A Neo4j server: its version, its Bolt worker pool, its limits and its machine.

    Parameters
    ----------
    version : str
        From 3.4 on; decides what becomes of a rejected connection, whether a waiting worker
        looks for a transaction that timed out, and what a first message consists of.
    threads, core_threads : int
        `thread_pool_max_size`, `thread_pool_min_size`.
    keep_alive : float, seconds, >= 0
        `thread_pool_keep_alive`.
    queue : int
        0 hands over directly, -1 is a queue without a bound, above 0 one with so many places.
    unix_socket_threads : int
        Threads of the second pool, which serves the unix socket from 2025.08 on.
    members : int, >= 1
        Servers of a cluster, alike; the first is the leader.
    transaction_timeout : float, seconds, > 0
        `db.transaction.timeout`; infinite: none.
    transaction_limit : int, >= 0
        `db.transaction.concurrent.maximum`; 0: none.
    binding : bool
        Whether a thread stays with an open transaction (`transaction_thread_binding`).
    linger : float, seconds, >= 0
        Without binding: how long a worker waits for its client before it goes.
    sign_in, housekeeping : Law or float, seconds of work
        Of the messages that set up a connection; of a reset or a goodbye.
    hand_back : float, seconds, >= 0
        From the end of a hold until its worker can take the next; in between it is missing.
    resubmit : float, seconds, >= 0
        Up to 4.4 a worker gives its connection up after 100 messages: from then until the
        connection asks again for those that are left.  Who comes in between may be quicker.
    sign_in_timeout : float, seconds, > 0
        `unauth_connection_timeout`: a connection that has not signed in by then is closed.
    hot_locks : int, >= 0
        Locks that the clients' `lock_share` of transactions contend for.
    consume_limit : float, seconds, > 0
        How long a client may take to consume a result before it is cut off.
    machine : Machine

    Raises
    ------
    ParameterError
        All that is wrong, at once.

    Examples
    --------
    >>> Server(threads=8).release.major
    5
    """

    version: str = "5.26.0"
    threads: int = 400
    core_threads: int = 5
    keep_alive: float = 300.0
    queue: int = 0
    unix_socket_threads: int = 20
    members: int = 1
    transaction_timeout: float = math.inf
    transaction_limit: int = 1000
    binding: bool = True
    linger: float = 0.010
    sign_in: Law | float | None = 0.003
    housekeeping: Law | float | None = 0.0003
    hand_back: float = 0.0
    resubmit: float = 0.0
    sign_in_timeout: float = 30.0
    hot_locks: int = 0
    consume_limit: float = 900.0
    machine: Machine = field(default_factory=Machine)

    def __post_init__(self) -> None:
        problems: list[str] = []
        try:
            if Version.parse(self.version) < _FIRST_POOL:
                problems.append(
                    f"`version` must be 3.4 or later: before, each connection had a thread of its "
                    f"own and there was no pool; got {self.version!r}"
                )
        except (CatalogueError, TypeError):
            problems.append(f"`version` must be a Neo4j version; got {self.version!r}")
        for name, least in (
            ("threads", 1), ("core_threads", 0), ("queue", -1), ("unix_socket_threads", 1),
            ("members", 1), ("transaction_limit", 0), ("hot_locks", 0),
        ):  # fmt: skip
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                problems.append(f"`{name}` must be a whole number, {least} or more; got {value!r}")
            elif value > _MOST_THREADS and "threads" in name:
                problems.append(f"`{name}` must be at most {_MOST_THREADS}; got {value!r}")
        if not problems and self.core_threads > self.threads:
            problems.append(
                f"`core_threads` must not be above `threads`: such a server does not start; got "
                f"{self.core_threads} and {self.threads}"
            )
        durations = {n: getattr(self, n) for n in ("keep_alive", "linger", "hand_back", "resubmit")}
        check_numbers(durations, 0.0, "seconds, 0 or more", problems, open_end=False)
        names = ("transaction_timeout", "consume_limit", "sign_in_timeout")
        limits = {n: getattr(self, n) for n in names}
        check_numbers(limits, 1e-9, "seconds, above 0", problems, open_end=True)
        for name in ("sign_in", "housekeeping"):
            as_law(name, getattr(self, name), problems)
        refuse(problems)

    @property
    def release(self) -> Version:
        """The version, in order."""
        return Version.parse(self.version)

    @property
    def modern(self) -> bool:
        """Whether a rejected message counts as received only (5.0 and later)."""
        return self.release >= _MODERN

    @property
    def closes_rejected(self) -> bool:
        """Whether a rejected connection is answered and closed (3.5.6 and later)."""
        return self.release >= _FIRST_ANSWERED

    @property
    def looks_while_waiting(self) -> bool:
        """Whether a worker that waits for its client notices a transaction that timed out."""
        first, last = _WAITS_BLINDLY
        return not first <= self.release < last

    @property
    def hello_messages(self) -> int:
        """Messages with which a driver sets up a connection: HELLO, and LOGON from 5.1 on."""
        return 2 if self.release >= _LOGON else 1

    @property
    def second_pool(self) -> bool:
        """Whether the unix socket has a pool of its own (2025.08 and later)."""
        return self.release >= _UNIX_SOCKET_POOL

    @property
    def capacity(self) -> float:
        """Connections that the pool can hold, those that wait included, once it has grown."""
        return self.threads + self.queue if self.queue >= 0 else math.inf

    @property
    def usable_threads(self) -> int:
        """Threads that the pool can have: with an unbounded queue it never grows."""
        return self.threads if self.queue >= 0 else max(1, self.core_threads)
