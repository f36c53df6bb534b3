"""The log entries of a full pool, by version: one for each, or one for an episode."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from boltkb.catalogue import Version
from boltkb.twin.writing.dialects import Dialect
from boltkb.twin.writing.lines import Floats

if TYPE_CHECKING:
    import polars

__all__ = ["Episodes", "entries_of", "refusals"]

_ADVICE = (
    " You can retry at a later time or consider increasing max thread pool size for bolt"
    " connector(s)."
)
_NO_THREADS = " for execution since there are no available threads to serve it at the moment."
_CONNECTION = "o.n.b.p.c.c.c.AtomicSchedulingConnection"
_ACCOUNTANT = "o.n.b.p.c.c.a.e."
_EXECUTOR_FRAMES = (
    "java.util.concurrent.ThreadPoolExecutor$AbortPolicy.rejectedExecution(ThreadPoolExecutor.java:{0})",
    "java.util.concurrent.ThreadPoolExecutor.reject(ThreadPoolExecutor.java:{1})",
    "java.util.concurrent.ThreadPoolExecutor.execute(ThreadPoolExecutor.java:{2})",
    "java.util.concurrent.CompletableFuture.asyncSupplyStage(CompletableFuture.java:{3})",
    "java.util.concurrent.CompletableFuture.supplyAsync(CompletableFuture.java:{4})",
)
_JAVA_8, _JAVA_11 = (2063, 830, 1379, 1604, 1830), (2055, 825, 1355, 1714, 1931)
#: The network threads' stamps of one event differ between the two files.
_LATER = 0.001


def entries_of(
    at: Floats,
    level: str,
    category: str,
    message: polars.Series | str,
    *,
    below: polars.Series | str = "",
    user: bool = True,
    debug: bool = True,
) -> polars.DataFrame:
    """Return entries for the logs as a table: time, level, category, message, what stands below."""
    import polars as pl

    count = len(at)

    def column(name: str, value: object) -> polars.Series:
        if isinstance(value, pl.Series):
            return value.alias(name)
        return pl.Series(name, [value]).new_from_index(0, count)

    return pl.DataFrame(
        [
            pl.Series("at", at, dtype=pl.Float64),
            column("level", level),
            column("category", category),
            column("message", message),
            column("below", below),
            column("user", user),
            column("debug", debug),
        ]
    )


class Episodes:
    """When a server from 5.18 on says that thread starvation began, and that it had ended.

    The count starts anew only after a gap of a whole window; the third event of a count is told,
    once, until a gap has been seen again.  That it ended is told with the next event only.

    Parameters
    ----------
    threshold : int
    window, clear : float, seconds

    Examples
    --------
    >>> episodes = Episodes()
    >>> episodes.take(np.array([0.0, 1.0, 2.0, 3.0, 700.0, 701.0]))
    (array([2.]), array([700.]))
    """

    def __init__(self, threshold: int = 2, window: float = 600.0, clear: float = 600.0) -> None:
        self.threshold = threshold
        self.window = window
        self._clear = clear
        self._last = -np.inf
        self._count = 0
        self._open = False

    def take(self, times: Floats) -> tuple[Floats, Floats]:
        """Return when an increase is told and when its end is, for further events."""
        begun, ended = [], []
        if times.size:
            gaps = np.diff(times, prepend=self._last)
            firsts = np.flatnonzero(gaps >= self.window)
            # Spells without a gap; the first of them continues what came before.
            for low, high in zip(
                np.concatenate([[0], firsts]), np.append(firsts, times.size), strict=True
            ):
                if low == high:
                    continue
                if low in firsts:
                    self._count = 0
                if self._open and gaps[low] >= self._clear:
                    ended.append(times[low])
                    self._open = False
                trip = low + self.threshold - self._count
                if not self._open and low <= trip < high:
                    begun.append(times[trip])
                    self._open = True
                self._count += int(high - low)
            self._last = float(times[-1])
        return np.array(begun), np.array(ended)


def refusals(
    at: Floats,
    rows: Floats,
    dialect: Dialect,
    *,
    episodes: Episodes | None,
    debug: bool,
) -> list[polars.DataFrame]:
    """Return the entries for requests that found no thread.

    Parameters
    ----------
    at : (n,) array, epoch seconds
    rows : (n, 16) array
        The records of the refused requests.
    dialect : Dialect
    episodes : Episodes or None
        None where each rejection has its own entry.
    debug : bool
        Whether debug.log takes DEBUG entries.
    """
    import polars as pl

    identity = pl.Series(rows[:, 4].astype(np.int64)).cast(pl.String)
    if not dialect.modern:
        return _with_pool_state(at, rows, identity, dialect)
    text = _text(f"[bolt-{{}}] Unable to schedule{_NO_THREADS}", identity)
    if not dialect.accounts:
        return _both(at, "ERROR", _CONNECTION, text + _ADVICE)
    if episodes is None:
        return _both(at, "ERROR", f"{_ACCOUNTANT}NoopErrorAccountant", text)
    # It speaks under the name of what it implements.
    category = f"{_ACCOUNTANT}ErrorAccountant"
    found = []
    if debug:
        found.append(entries_of(at, "DEBUG", category, text, user=False))
    begun, ended = episodes.take(at)
    found += _both(ended, "INFO", category, "Thread starvation event rate has normalized")
    told = (
        f"Increase in thread starvation events detected ({episodes.threshold} events over a period"
        f" of {int(episodes.window * 1000)} ms) - This may indicate an overload condition"
    )
    return found + _both(begun, "ERROR", category, told)


def _both(
    at: Floats, level: str, category: str, message: polars.Series | str
) -> list[polars.DataFrame]:
    """Return an event of the user's log, which debug.log has too, a moment later."""
    return [
        entries_of(at, level, category, message, debug=False),
        entries_of(at + _LATER, level, category, message, user=False),
    ]


def _with_pool_state(
    at: Floats, rows: Floats, identity: polars.Series, dialect: Dialect
) -> list[polars.DataFrame]:
    import polars as pl

    old = dialect.version < Version.parse("4.0")
    scheduling = "" if old else "scheduling."
    numbers = [pl.Series(rows[:, i].astype(np.int64)).cast(pl.String) for i in (9, 10, 11)]
    jvm = f"{0x2F1A9C40 + 4099 * int(rows[0, 14]):x}" if len(rows) else ""
    task = pl.Series((rows[:, 4] * 2246822519 + 7).astype(np.int64) % (1 << 30)).cast(pl.String)
    state = _text(
        "Task java.util.concurrent.CompletableFuture$AsyncSupply@{} rejected from org.neo4j.bolt"
        f".runtime.{scheduling}CachedThreadPoolExecutorFactory$ThreadPool@{jvm}"
        "[Running, pool size = {}, active threads = {}, queued tasks = {}, completed tasks = {}]",
        task, numbers[0], numbers[0], numbers[1], numbers[2],
    )  # fmt: skip
    message = _text(f"Unable to schedule bolt session 'bolt-{{}}'{_NO_THREADS}{_ADVICE}", identity)
    category = "o.n.b.r.MetricsReportingBoltConnection" if old else "o.n.b.r.DefaultBoltConnection"
    jar = (
        ""
        if dialect.version < Version.parse("4.2")
        else f" ~[neo4j-bolt-{dialect.name}.jar:{dialect.name}]"
    )
    frames = [frame.format(*(_JAVA_8 if old else _JAVA_11)) for frame in _EXECUTOR_FRAMES]
    frames = [f"\tat {'' if old else 'java.base/'}{frame}" for frame in frames]
    runtime = f"org.neo4j.bolt.runtime.{scheduling}"
    scheduler = f"{runtime}ExecutorBoltScheduler.{{}}(ExecutorBoltScheduler.java:{{}}){jar}"
    connection = (
        f"org.neo4j.bolt.runtime.DefaultBoltConnection.{{}}(DefaultBoltConnection.java:{{}}){jar}"
    )
    frames += [
        "\tat " + scheduler.format("scheduleBatch", 237),
        "\tat " + scheduler.format("scheduleBatchOrHandleError", 199),
        "\tat " + scheduler.format("enqueued", 163),
        "\tat " + connection.format("enqueueInternal", 298),
        "\tat " + connection.format("enqueue", 144),
    ]
    below = _text(
        "java.util.concurrent.RejectedExecutionException: {}\n" + "\n".join(frames), state
    )
    first = message + " " + state if dialect.version < Version.parse("4.2") else message
    return [
        entries_of(at, "ERROR", category, first, below=below, user=False),
        entries_of(at, "ERROR", category, message, debug=False),
        entries_of(at, "ERROR", category, message, user=False),
    ]


def _text(pattern: str, *parts: polars.Series) -> polars.Series:
    """Return a text with a column's value in place of each pair of braces."""
    import polars as pl

    words = pattern.split("{}")
    pieces: list[polars.Series | polars.Expr] = [pl.lit(words[0])]
    for part, word in zip(parts, words[1:], strict=True):
        pieces += [part, pl.lit(word)]
    return pl.select(pl.concat_str(pieces)).to_series()
