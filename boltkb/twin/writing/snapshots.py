"""The state of a member at a moment: what each worker does, which connections there are.

Taken from the run between two steps; the worst moment is kept, and the two after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from boltkb.twin.kernel import codes
from boltkb.twin.running import Run

__all__ = ["Snapshot", "Worst", "snapshot"]

Integers = npt.NDArray[np.int64]
Array = npt.NDArray[np.void]

_STATE = {
    codes.WAIT_LOCK: "waiting_for_lock",
    codes.READING: "sending",
    codes.READ: "waiting_for_client",
    codes.THINKING: "waiting_for_client",
    codes.COMMIT_TURN: "waiting_for_client",
    codes.LEAKED: "waiting_for_client",
    codes.COMMIT: "committing",
    codes.COMMITTING: "committing",
    codes.BOOKMARK: "waiting_for_bookmark",
}
_IDLE_WORKER = (1 << 40) - 1  # the bits above say whether it leaves after its keep-alive


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A member at a moment.

    Parameters
    ----------
    time : float, seconds from the start of the run
    connections : (n,) array of records
        Those that are open, in the order of their serial numbers.
    idle_workers : tuple of int
        Numbers of the main pool's workers that nobody holds.
    """

    time: float
    connections: Array
    idle_workers: tuple[int, ...]

    @property
    def held(self) -> Array:
        """Connections that hold a worker."""
        found: Array = self.connections[self.connections["held"] == 1]
        return found

    def state(self, connection: np.void) -> str:
        """Return what the worker of a connection does."""
        if connection["task"] == codes.HELLO:
            return "authenticating"
        return _STATE.get(int(connection["phase"]), "working")


def snapshot(run: Run, member: int) -> Snapshot:
    """Return the present state of a member."""
    connections = run.state.connections
    state = connections["state"]
    there = (state == codes.IDLE) | (state == codes.QUEUED) | (state == codes.RUNNING)
    these = connections[there & (connections["member"] == member)]
    executor = run.state.executors[2 * member]
    ring = run.state.idle_workers[2 * member]
    first, count = int(executor["first"]), int(executor["idle"])
    places = (first + np.arange(count)) % max(ring.size, 1)
    idle = tuple(sorted(int(number) & _IDLE_WORKER for number in ring[places].tolist()))
    return Snapshot(run.now, these[np.argsort(these["serial"], kind="stable")].copy(), idle)


@dataclass(slots=True)
class Worst:
    """Keeps the worst moment so far and the two that follow it.

    Parameters
    ----------
    series : list of Snapshot
        The worst first.
    """

    series: list[Snapshot] = field(default_factory=list)
    _score: tuple[float, float] = (-1.0, -1.0)
    _follow: int = 0

    def offer(self, run: Run, member: int, *, refused: float, held: float) -> None:
        """Consider the present moment.

        Parameters
        ----------
        run : Run
        member : int
        refused : float
            Rejections since the last offer.
        held : float
            Threads held at present.
        """
        # A dump in the midst of trouble shows the pool as full as it was.
        score = (held, refused)
        if score > self._score:
            self._score = score
            self.series = [snapshot(run, member)]
            self._follow = 2
        elif self._follow:
            self._follow -= 1
            self.series.append(snapshot(run, member))
