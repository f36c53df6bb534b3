"""The truth of a run beside its export, under the keys that the lab's captures use."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boltkb.twin.clients import Client
from boltkb.twin.columns import OUTCOMES, SAMPLES
from boltkb.twin.kernel import codes
from boltkb.twin.writing.lines import Floats, decimals, joined, stamp

if TYPE_CHECKING:
    import polars

__all__ = ["Truth"]

MINUTE = 60.0
#: How the lab names them; what is still queued, or left the queue, never had a thread.
_HOLD_OUTCOMES = ("held", "rejected", "open", "queued", "left")
_PLACE = {name: i for i, name in enumerate(SAMPLES)}


class _Table:
    """A packed table to which rows are added."""

    def __init__(self, path: Path, header: str) -> None:
        self._raw = path.open("wb")
        # Neither the name nor the clock goes into it, so that the same run gives the same bytes.
        self._file = gzip.GzipFile("", "wb", 1, self._raw, mtime=0)
        self._file.write(f"{header}\n".encode())

    def write(self, *columns: polars.Series) -> None:
        import polars as pl

        if len(columns[0]):
            lines = pl.select(pl.concat_str([pl.lit(c) for c in columns], separator=","))
            self._file.write(joined(lines.to_series()))

    def close(self) -> None:
        self._file.close()
        self._raw.close()


class Truth:
    """Adds up what happened at one member, and writes it down.

    Parameters
    ----------
    folder : Path
    clients : sequence of Client
    seconds : float
        How long the run takes.
    began : float, epoch seconds
    """

    def __init__(
        self, folder: Path, clients: Sequence[Client], seconds: float, began: float
    ) -> None:
        self._names = [client.name for client in clients]
        self._kinds = [client.work.kind for client in clients]
        self._seconds = seconds
        self._began = began
        # A rest of less than half a minute belongs to the last whole one.
        self._count = max(1, round(seconds / MINUTE))
        self._edges = np.append(np.arange(self._count) * MINUTE, seconds)
        self._rejected = np.zeros(self._count, np.int64)
        self._accepted = np.zeros(self._count, np.int64)
        self._length = np.zeros(self._count)
        self._busy_parts = np.zeros(self._count)
        self._steps = np.zeros(self._count + 1, np.int64)
        self._outcomes = np.zeros((len(clients), len(OUTCOMES)), np.int64)
        self._tries = 0
        self._unended = 0
        self._holds = _Table(
            folder / "truth-acquisitions.csv.gz", "start,seconds,connection,outcome"
        )
        self._attempts = _Table(
            folder / "truth-attempts.csv.gz", "start,end,client,kind,outcome,tries"
        )
        self._threads = _Table(
            folder / "truth-threads.csv.gz", "at,pool,busy,working,waiting_client,waiting_lock"
        )
        self._transactions = _Table(
            folder / "truth-transactions.csv.gz", "at,transactions,idle_transactions"
        )

    def take(self, records: Floats, samples: Floats) -> None:
        """Add a block's records and samples of this member."""
        self._add_holds(records[records[:, 0] == codes.REC_HOLD])
        self._add_requests(records[records[:, 0] == codes.REC_REQUEST])
        if len(samples):
            at = decimals(self._began + samples[:, 0], 3)
            both = samples[:, _PLACE["pool_size"]] + samples[:, _PLACE["second_pool_size"]]
            busy = samples[:, _PLACE["busy"]] + samples[:, _PLACE["second_busy"]]
            names = ("working", "waiting_client", "waiting_lock")
            some = [_whole(samples[:, _PLACE[name]]) for name in names]
            self._threads.write(at, _whole(both), _whole(busy), *some)
            active = samples[:, _PLACE["active"]]
            idle = np.minimum(active, samples[:, _PLACE["waiting_client"]])
            self._transactions.write(at, _whole(active), _whole(idle))

    def finish(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """Write what is left, and return the content of `truth.json`.

        Parameters
        ----------
        about : mapping
            What is known without the run: threads and cause first.
        """
        for table in (self._holds, self._attempts, self._threads, self._transactions):
            table.close()
        whole = np.cumsum(self._steps)[:-1]
        carried = self._busy_parts + whole * np.diff(self._edges)
        minutes = []
        for i in range(self._count):
            low, high = self._edges[i], self._edges[i + 1]
            part = self._summary(
                self._accepted[i], self._rejected[i], self._length[i], carried[i], high - low
            )
            minutes.append({"start": self._moment(low), **part})
        outcomes: dict[str, int] = {}
        by_client: dict[str, dict[str, int]] = {}
        for k, name in enumerate(self._names):
            told = by_client.setdefault(name, {})
            for o, outcome in enumerate(OUTCOMES):
                count = int(self._outcomes[k, o])
                if count:
                    word = outcome.replace(" ", "_")
                    outcomes[word] = outcomes.get(word, 0) + count
                    told[word] = told.get(word, 0) + count
        return {
            **about,
            "start": self._moment(0.0),
            "end": self._moment(self._seconds),
            **self._summary(
                int(self._accepted.sum()),
                int(self._rejected.sum()),
                float(self._length.sum()),
                float(carried.sum()),
                self._seconds,
            ),
            "clients": {
                "requests": sum(outcomes.values()),
                "tries": self._tries,
                "outcomes": dict(sorted(outcomes.items())),
                "by_client": {name: dict(sorted(c.items())) for name, c in by_client.items()},
            },
            "never_ended_holds": self._unended,
            "minutes": minutes,
        }

    def _moment(self, seconds: float) -> str:
        return stamp(self._began + seconds, "%Y-%m-%dT%H:%M:%S%.3f") + "+00:00"

    def _summary(
        self, accepted: int, rejected: int, length: float, busy: float, seconds: float
    ) -> dict[str, Any]:
        attempts = int(accepted + rejected)
        mean = float(length / accepted) if accepted else None
        offered = None if mean is None else round(attempts / seconds * mean, 6)
        return {
            "attempts": attempts,
            "accepted": int(accepted),
            "rejected": int(rejected),
            "mean_hold_seconds": None if mean is None else round(mean, 6),
            "offered_load": 0.0 if attempts == 0 else offered,
            "carried_load": round(float(busy / seconds), 6),
        }

    def _minute(self, times: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        return np.clip((times // MINUTE).astype(np.int64), 0, self._count - 1)

    def _add_holds(self, rows: Floats) -> None:
        if not len(rows):
            return
        outcome = rows[:, 8].astype(np.int64)
        refused = outcome == codes.REFUSED
        queued = (outcome == codes.STILL_QUEUED) | (outcome == codes.LEFT_QUEUE)
        np.add.at(self._rejected, self._minute(rows[refused, 1]), 1)
        held = rows[~refused & ~queued]
        first, last = held[:, 3], np.minimum(held[:, 1], self._seconds)
        begun = self._minute(first)
        np.add.at(self._accepted, begun, 1)
        np.add.at(self._length, begun, last - first)
        self._unended += int(np.sum(outcome == codes.STILL_HELD))
        ended = self._minute(last)
        same = begun == ended
        np.add.at(self._busy_parts, begun[same], (last - first)[same])
        a, b = begun[~same], ended[~same]
        np.add.at(self._busy_parts, a, self._edges[a + 1] - first[~same])
        np.add.at(self._busy_parts, b, last[~same] - self._edges[b])
        # Whole minutes between the two, as steps up and down that are added up at the end.
        np.add.at(self._steps, a + 1, 1)
        np.add.at(self._steps, b, -1)
        import polars as pl

        start = np.where(refused, rows[:, 1], rows[:, 3])
        lengths = np.where(refused | queued, 0.0, rows[:, 1] - rows[:, 3])
        names = pl.Series(_HOLD_OUTCOMES, dtype=pl.String)
        self._holds.write(
            decimals(self._began + start, 3),
            decimals(np.maximum(lengths, 0.0), 6),
            pl.select(pl.concat_str(pl.lit("bolt-"), _whole(rows[:, 4]))).to_series(),
            names.gather(outcome),
        )

    def _add_requests(self, rows: Floats) -> None:
        if not len(rows):
            return
        import polars as pl

        client = rows[:, 6].astype(np.int64)
        outcome = rows[:, 8].astype(np.int64)
        np.add.at(self._outcomes, (client, outcome), 1)
        self._tries += int(rows[:, 9].sum())
        words = pl.Series([name.replace(" ", "_") for name in OUTCOMES])
        self._attempts.write(
            decimals(self._began + rows[:, 2], 4),
            decimals(self._began + rows[:, 1], 4),
            pl.Series([_cell(name) for name in self._names]).gather(client),
            pl.Series(self._kinds).gather(client),
            words.gather(outcome),
            _whole(rows[:, 9]),
        )


def _whole(values: Floats) -> polars.Series:
    import polars as pl

    return pl.Series(np.rint(values).astype(np.int64)).cast(pl.String)


def _cell(text: str) -> str:
    """Return a text as a cell of a table with commas."""
    return '"' + text.replace('"', '""') + '"' if set(text) & set('",\r\n') else text
