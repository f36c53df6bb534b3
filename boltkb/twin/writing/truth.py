"""What really happened, in the shape in which the captures of real servers have it."""

from __future__ import annotations

import gzip
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from boltkb.twin.columns import OUTCOMES, Floats
from boltkb.twin.kernel import codes

__all__ = ["Truth"]

_MINUTE = 60.0


class Truth:
    """Adds up holds, refusals and requests, over all and by the minute.

    Parameters
    ----------
    folder : Path
        Where `truth.json` and `truth-acquisitions.csv.gz` go.
    seconds : float
        Length of the run.
    begin : float, epoch s
    clients : sequence of str
    """

    def __init__(
        self, folder: Path, *, seconds: float, begin: float, clients: Sequence[str]
    ) -> None:
        self._folder, self._seconds, self._begin = folder, seconds, begin
        self._clients = tuple(clients)
        minutes = max(1, math.ceil(seconds / _MINUTE))
        self._accepted = np.zeros(minutes)
        self._refused = np.zeros(minutes)
        self._held = np.zeros(minutes)
        self._carried = np.zeros(minutes + 1)
        self._whole = np.zeros(minutes + 1)
        self._never = self._tries = 0
        self._ended: Counter[tuple[int, int]] = Counter()
        file = (folder / "truth-acquisitions.csv.gz").open("wb")
        self._raw = file
        self._rows = gzip.GzipFile("", "wb", 6, file, mtime=0)
        self._rows.write(b"start,seconds,connection,outcome\n")

    def write(self, records: Floats) -> None:
        """Take up records."""
        kind = records[:, 0]
        holds = records[kind == codes.REC_HOLD]
        requests = records[kind == codes.REC_REQUEST]
        self._tries += int(requests[:, 9].sum())
        pairs, counts = np.unique(requests[:, [6, 8]].astype(int), axis=0, return_counts=True)
        for (client, outcome), count in zip(pairs.tolist(), counts.tolist(), strict=True):
            self._ended[client, outcome] += count
        last = self._accepted.size - 1
        refused = holds[holds[:, 8] == codes.REFUSED]
        minute = np.minimum((refused[:, 1] / _MINUTE).astype(int), last)
        self._refused += np.bincount(minute, minlength=last + 1)
        held = holds[np.isin(holds[:, 8], [codes.HELD, codes.STILL_HELD])]
        self._never += int((held[:, 8] == codes.STILL_HELD).sum())
        self._add(held[:, 3], held[:, 1], last)
        self._list(holds)

    def _add(self, start: Floats, end: Floats, last: int) -> None:
        first = np.minimum((start / _MINUTE).astype(int), last)
        final = np.minimum((end / _MINUTE).astype(int), last)
        size = last + 1
        self._accepted += np.bincount(first, minlength=size)
        self._held += np.bincount(first, end - start, minlength=size)
        same = first == final
        inside = np.where(same, end - start, (first + 1) * _MINUTE - start)
        self._carried += np.bincount(first, inside, minlength=size + 1)[: size + 1]
        tail = np.where(same, 0.0, end - final * _MINUTE)
        self._carried += np.bincount(final, tail, minlength=size + 1)[: size + 1]
        self._whole += np.bincount(first + 1, ~same, minlength=size + 1)[: size + 1]
        self._whole -= np.bincount(final, ~same, minlength=size + 1)[: size + 1]

    def _list(self, holds: Floats) -> None:
        words = ("held", "refused", "never ended", "still queued")
        starts = np.round(self._begin + holds[:, 3], 3).tolist()
        lengths = (holds[:, 1] - holds[:, 3]).tolist()
        rows = zip(
            starts,
            lengths,
            holds[:, 4].astype(int).tolist(),
            holds[:, 8].astype(int).tolist(),
            strict=True,
        )
        text = "".join(f"{s:.3f},{n:.6f},bolt-{c},{words[o]}\n" for s, n, c, o in rows)
        self._rows.write(text.encode("ascii"))

    def close(self, *, threads: int, cause: str, parameters: Mapping[str, object]) -> None:
        """Write `truth.json`."""
        self._rows.close()
        self._raw.close()
        size = self._accepted.size
        carried = self._carried[:size] + _MINUTE * np.cumsum(self._whole)[:size]
        spans = np.full(size, _MINUTE)
        spans[-1] = self._seconds - (size - 1) * _MINUTE
        begun = [self._begin + _MINUTE * i for i in range(size)]
        minutes = [
            {"start": _iso(moment), **_summary(*numbers)}
            for moment, *numbers in zip(
                begun, self._accepted, self._refused, self._held, carried, spans, strict=True
            )
        ]
        by_client: dict[str, dict[str, int]] = {name: {} for name in self._clients}
        outcomes: Counter[str] = Counter()
        for (client, outcome), count in sorted(self._ended.items()):
            word = OUTCOMES[outcome].replace(" ", "_")
            outcomes[word] += count
            theirs = by_client[self._clients[client]]
            theirs[word] = theirs.get(word, 0) + count
        whole = _summary(
            self._accepted.sum(), self._refused.sum(), self._held.sum(), carried.sum(),
            self._seconds,
        )  # fmt: skip
        truth = {
            "threads": threads,
            "cause": cause,
            "start": _iso(self._begin),
            "end": _iso(self._begin + self._seconds),
            **whole,
            "clients": {
                "requests": sum(outcomes.values()),
                "tries": self._tries,
                "outcomes": dict(outcomes),
                "by_client": by_client,
            },
            "never_ended_holds": self._never,
            "parameters": dict(parameters),
            "minutes": minutes,
        }
        text = json.dumps(truth, indent=1, ensure_ascii=False) + "\n"
        (self._folder / "truth.json").write_text(text, encoding="utf-8")


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(round(moment, 3), UTC).isoformat(timespec="milliseconds")


def _summary(
    accepted: float, refused: float, held: float, carried: float, seconds: float
) -> dict[str, Any]:
    attempts = accepted + refused
    mean = held / accepted if accepted else None
    offered = 0.0 if not attempts else None
    if attempts and mean is not None:
        offered = round(attempts / seconds * mean, 6)
    return {
        "attempts": int(attempts),
        "accepted": int(accepted),
        "rejected": int(refused),
        "mean_hold_seconds": None if mean is None else round(mean, 6),
        "offered_load": offered,
        "carried_load": round(carried / seconds, 6),
    }
