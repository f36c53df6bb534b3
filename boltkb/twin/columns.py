"""The kernel's rows of numbers, as named columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from boltkb.twin.kernel import codes

if TYPE_CHECKING:
    import polars

__all__ = ["OUTCOMES", "SAMPLES", "TASKS", "frame"]

Floats = npt.NDArray[np.float64]

#: What a thread was asked for, in the order of its code.
TASKS = ("hello", "work", "reset", "goodbye", "reset")
#: How asking for a thread ended.
HOLD_OUTCOMES = ("held", "refused", "still held", "still queued", "left the queue")
#: How a request or a try ended.
OUTCOMES = (
    "ok", "no threads", "acquisition timeout", "pending full", "transaction timeout",
    "connection lost", "transaction limit", "never ended", "no answer", "unfinished",
    "not consumed",
)  # fmt: skip

_KINDS: Mapping[int, Mapping[str, tuple[int, object]]] = {
    codes.REC_HOLD: {
        "end": (1, np.float64), "asked": (2, np.float64), "start": (3, np.float64),
        "connection": (4, np.int64), "member": (5, np.int16), "client": (6, "client"),
        "task": (7, TASKS), "outcome": (8, HOLD_OUTCOMES), "worked": (9, np.float64),
        "client_wait": (10, np.float64), "lock_wait": (11, np.float64), "worker": (12, np.int32),
        "request": (13, np.int64), "pool": (14, np.int32), "messages": (15, np.int32),
    },
    codes.REC_REQUEST: {
        "end": (1, np.float64), "start": (2, np.float64), "request": (4, np.int64),
        "member": (5, np.int16), "client": (6, "client"), "driver": (7, np.int32),
        "outcome": (8, OUTCOMES), "tries": (9, np.int32), "waited": (10, np.float64),
    },
    codes.REC_TRY: {
        "end": (1, np.float64), "start": (3, np.float64), "request": (4, np.int64),
        "member": (5, np.int16), "client": (6, "client"), "driver": (7, np.int32),
        "outcome": (8, OUTCOMES), "try": (9, np.int32), "back_off_ms": (11, np.int64),
    },
    codes.REC_CONNECTION: {
        "time": (1, np.float64), "opened": (2, np.bool_), "since": (3, np.float64),
        "connection": (4, np.int64), "member": (5, np.int16), "client": (6, "client"),
        "driver": (7, np.int32),
    },
    codes.REC_QUERY: {
        "end": (1, np.float64), "start": (2, np.float64), "transaction_start": (3, np.float64),
        "connection": (4, np.int64), "member": (5, np.int16), "client": (6, "client"),
        "worked": (9, np.float64), "client_wait": (10, np.float64), "lock_wait": (11, np.float64),
        "request": (13, np.int64),
    },
    codes.REC_PAUSE: {"time": (1, np.float64), "seconds": (2, np.float64), "member": (5, np.int16)},
}  # fmt: skip

#: The columns of a sample, in their order.
SAMPLES = (
    "time", "member", "running", "idle", "opened", "closed", "received", "started", "done",
    "failed", "queue_seconds", "processing_seconds", "transactions", "active", "peak", "committed",
    "rolled_back", "terminated", "asked", "refused", "ended", "held_seconds", "pool_size", "busy",
    "queued", "second_pool_size", "second_busy", "working", "waiting_client", "waiting_lock",
    "waiting_bookmark", "pause_seconds", "pauses", "completed", "unseen",
)  # fmt: skip
_SECONDS = {"time", "queue_seconds", "processing_seconds", "held_seconds", "pause_seconds"}


def frame(rows: Floats, kind: int, clients: Sequence[str]) -> polars.DataFrame:
    """Return the rows of one kind as a table.

    Parameters
    ----------
    rows : (n, 16) array
        Records of any kinds.
    kind : int
        The kind's code.
    clients : sequence of str
        The clients' names, in their order.
    """
    import polars as pl

    rows = rows[rows[:, 0] == kind]
    columns: dict[str, Any] = {}
    for name, (place, what) in _KINDS[kind].items():
        values = rows[:, place]
        if what == "client" or isinstance(what, tuple):
            names = tuple(dict.fromkeys(clients)) if what == "client" else what
            words = list(clients) if what == "client" else list(what)
            distinct = list(dict.fromkeys(names))
            width = np.uint8 if len(distinct) < 200 else np.uint32
            places = np.array([distinct.index(word) for word in words] or [0], width)
            codes_of = pl.Series(name, places[values.astype(np.int64)])
            columns[name] = codes_of.cat.to(pl.Enum(distinct))
        else:
            columns[name] = values.astype(what)  # type: ignore[call-overload]
    return pl.DataFrame(columns)


def sample_frame(rows: Floats) -> polars.DataFrame:
    """Return samples of gauges and counters as a table, one row for each member and moment."""
    import polars as pl

    return pl.DataFrame(
        {
            name: rows[:, i] if name in _SECONDS else rows[:, i].astype(np.int64)
            for i, name in enumerate(SAMPLES)
        }
    )
