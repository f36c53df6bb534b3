"""neo4j.log and debug.log: what a version says when threads run out, and when it stands still."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from boltkb.catalogue import Version
from boltkb.twin.columns import Floats
from boltkb.twin.kernel import codes
from boltkb.twin.writing.moments import log_times

__all__ = ["LogFiles", "StarvationCounter"]

_PADDED = Version.parse("4.2")
_PER_CONNECTION = Version.parse("5.0")
_ACCOUNTED = Version.parse("5.18")
_JSON = Version.parse("2025.01")
_SCHEDULING = Version.parse("4.0")

_ADVICE = (
    "You can retry at a later time or consider increasing max thread pool size for bolt "
    "connector(s)."
)
_WANT = "there are no available threads to serve it at the moment."
_INCREASE = (
    "Increase in thread starvation events detected ({threshold} events over a period of "
    "{window} ms) - This may indicate an overload condition"
)
_NORMAL = "Thread starvation event rate has normalized"


@dataclass(slots=True)
class StarvationCounter:
    """Decides when rejections are worth a line, from 5.18 on.

    The window does not slide: counting begins anew only after a gap of at least the window, and
    the counter is armed again only by a quiet gap, which a later rejection brings to light.

    Parameters
    ----------
    threshold : int
    window, clear : float, seconds

    Examples
    --------
    >>> counter = StarvationCounter()
    >>> [counter.count(moment) for moment in (0.0, 500.0, 1000.0, 1500.0, 2200.0)]
    [(), (), ('increase',), (), ('normal',)]
    """

    threshold: int = 2
    window: float = 600.0
    clear: float = 600.0
    _seen: int = 0
    _last: float = -np.inf
    _tripped: bool = False

    def count(self, moment: float) -> tuple[str, ...]:
        """Take up a rejection; return what is to be logged: `increase`, `normal` or nothing."""
        said: list[str] = []
        gap = moment - self._last
        self._last = moment
        if self._tripped and gap >= self.clear:
            self._tripped = False
            said.append("normal")
        if gap >= self.window:
            self._seen = 0
        self._seen += 1
        if not self._tripped and self._seen > self.threshold:
            self._tripped = True
            said.append("increase")
        return tuple(said)


class LogFiles:
    """The two logs of one server, which grow with its refusals and pauses.

    Parameters
    ----------
    folder : Path
        Made here.
    version : Version
    begin : float, epoch s
        The server starts some seconds before.
    accounting : bool
        From 5.18 on: whether rejections are gathered into lines about episodes.
    threads : int
        For the pool's state in the lines up to 4.4.
    """

    def __init__(
        self, folder: Path, version: Version, *, begin: float, accounting: bool, threads: int
    ) -> None:
        folder.mkdir(parents=True)
        self._version, self._begin, self._threads = version, begin, threads
        self._user = (folder / "neo4j.log").open("w", encoding="utf-8", newline="\n")
        self._debug = (folder / "debug.log").open("w", encoding="utf-8", newline="\n")
        self._counter = StarvationCounter() if accounting and version >= _ACCOUNTED else None
        for before, category, message in (
            (10.0, "o.n.s.s.CommunityBootstrapper", "Starting..."),
            (9.5, "o.n.k.i.f.DatabaseManagementService", f"======== Neo4j {version} ========"),
            (2.0, "o.n.b.BoltServer", "Bolt enabled on localhost:7687."),
            (1.0, "o.n.s.s.CommunityBootstrapper", "Started."),
        ):
            self._both(begin - before, "INFO", category, message)

    def _line(self, time: str, level: str, message: str) -> str:
        return f"{time} {level:<5} {message}\n"

    def _to_debug(self, time: str, level: str, category: str, message: str) -> None:
        if self._version >= _JSON:
            entry = {"time": time, "level": level, "category": category, "message": message}
            self._debug.write(json.dumps(entry, separators=(",", ":")) + "\n")
        elif self._version >= _PADDED:
            self._debug.write(f"{time} {level:<5} [{category}] {message}\n")
        else:
            self._debug.write(f"{time} {level} [{category}] {message}\n")

    def _both(self, moment: float, level: str, category: str, message: str) -> None:
        time = log_times(np.array([moment]))[0]
        self._user.write(self._line(time, level, message))
        self._to_debug(time, level, category, message)

    def write(self, records: Floats) -> None:
        """Add lines for what stands in records of one member, in order."""
        kind = records[:, 0]
        refused = (kind == codes.REC_HOLD) & (records[:, 8] == codes.REFUSED)
        rows = records[refused | (kind == codes.REC_PAUSE)]
        if not rows.size:
            return
        times = log_times(self._begin + rows[:, 1])
        for time, row in zip(times, rows.tolist(), strict=True):
            if row[0] == codes.REC_PAUSE:
                self._pause(time, row[2])
            elif self._version < _PER_CONNECTION:
                self._early(time, row)
            elif self._counter is not None:
                self._accounted(time, row[1])
            else:
                self._each(time, int(row[4]))

    def _pause(self, time: str, seconds: float) -> None:
        millis = round(seconds * 1000.0)
        said = f"{{pauseTime={millis}, gcTime={millis}, gcCount=1}}"
        message = f"Detected VM stop-the-world pause: {said}"
        self._to_debug(time, "WARN", "o.n.k.i.c.VmPauseMonitorComponent", message)

    def _early(self, time: str, row: list[float]) -> None:
        """Write template A: once to neo4j.log, twice to debug.log, once with the pool's state."""
        message = (
            f"Unable to schedule bolt session 'bolt-{int(row[4])}' for execution since {_WANT} "
            f"{_ADVICE}"
        )
        late = self._version >= _SCHEDULING
        room = "runtime.scheduling" if late else "runtime"
        category = (
            "o.n.b.r.DefaultBoltConnection" if late else "o.n.b.r.MetricsReportingBoltConnection"
        )
        pool = f"org.neo4j.bolt.{room}.CachedThreadPoolExecutorFactory$ThreadPool@95fe540f"
        state = (
            f"[Running, pool size = {int(row[9])}, active threads = {int(row[9])}, "
            f"queued tasks = {int(row[10])}, completed tasks = {int(row[11])}]"
        )
        task = "java.util.concurrent.CompletableFuture$AsyncSupply@2c3a7c1e"
        self._user.write(self._line(time, "ERROR", message))
        reason = f"Task {task} rejected from {pool}{state}"
        self._to_debug(time, "ERROR", category, f"{message} {reason}")
        if self._version < _JSON:
            self._debug.write(
                f"java.util.concurrent.RejectedExecutionException: {reason}\n"
                "\tat java.util.concurrent.ThreadPoolExecutor$AbortPolicy.rejectedExecution"
                "(ThreadPoolExecutor.java:2063)\n"
            )
        self._to_debug(time, "ERROR", category, message)

    def _each(self, time: str, connection: int) -> None:
        message = f"[bolt-{connection}] Unable to schedule for execution since {_WANT}"
        category = "o.n.b.p.c.c.a.e.NoopErrorAccountant"
        if self._version < _ACCOUNTED:
            message, category = f"{message} {_ADVICE}", "o.n.b.p.c.c.AtomicSchedulingConnection"
        self._user.write(self._line(time, "ERROR", message))
        self._to_debug(time, "ERROR", category, message)

    def _accounted(self, time: str, moment: float) -> None:
        counter = self._counter
        if counter is None:
            return
        category = "o.n.b.p.c.c.a.e.ErrorAccountant"
        for what in counter.count(moment):
            level, message = "INFO", _NORMAL
            if what == "increase":
                window = round(counter.window * 1000.0)
                level = "ERROR"
                message = _INCREASE.format(threshold=counter.threshold, window=window)
            self._user.write(self._line(time, level, message))
            self._to_debug(time, level, category, message)

    def close(self) -> None:
        """Close the files."""
        self._user.close()
        self._debug.close()
