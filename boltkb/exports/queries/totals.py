"""What a ledger adds up to, as the tables of a `QueryLog`; milliseconds become seconds here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from boltkb.exports.queries.adding import (
    BUCKETS,
    COUNT,
    FAILURES,
    LONGEST,
    PLANNED,
    TEXT_LIMIT,
    TOTAL,
    WAITED,
    WORKED,
    Counts,
    Integers,
)
from boltkb.exports.queries.holding import (
    H_CLIENT,
    H_DATABASE,
    H_END,
    H_ID,
    H_QUERIES,
    H_START,
    H_WORKING,
    ID_WIDTH,
    M_FINISHED,
    M_KEPT,
    M_TOTAL,
    NAME_WIDTH,
)
from boltkb.exports.queries.ledger import Ledger
from boltkb.exports.records import QueryLog, Where
from boltkb.exports.records.series import Floats

if TYPE_CHECKING:
    import polars as pl

__all__ = ["middle_of", "quantiles", "query_log"]

_QUANTILES = (0.5, 0.95, 0.99)


def query_log(ledger: Ledger, where: tuple[Where, ...], start: float, end: float) -> QueryLog:
    """Return what a ledger adds up to; nothing can be added to it afterwards.

    Parameters
    ----------
    ledger : Ledger
    where : tuple of Where
        All files, oldest first.
    start, end : float, epoch seconds
        What the files cover.
    """
    ledger.close()
    by = [_groups(ledger, d) for d in range(5)]
    ended = ledger.sums[int(ledger.shape[4, 2]) :]
    failed = int(ended[:, FAILURES].sum())
    bins, busy = _busy(ledger)
    meta = ledger.hold_meta
    return QueryLog(
        start=start,
        end=end,
        completed=int(ended[:, COUNT].sum()) - failed,
        failed=failed,
        unfinished=ledger.unfinished,
        bins=bins,
        busy=busy,
        by_query=by[0],
        by_client=by[1],
        by_agent=by[2],
        by_user=by[3],
        by_database=by[4],
        holds=int(meta[M_FINISHED]),
        held=float(meta[M_TOTAL]) / 1000,
        transactions=_transactions(ledger),
        where=where,
    )


def quantiles(histograms: Counts, shares: Sequence[float]) -> list[Floats]:
    """Return quantiles of each histogram in milliseconds, within 3 %; NaN for an empty one.

    Parameters
    ----------
    histograms : (n, BUCKETS) array
    shares : sequence of float, 0 to 1

    Returns
    -------
    list of (n,) arrays
        One for each share.

    Examples
    --------
    >>> counts = np.zeros((1, 640), dtype=np.uint32)
    >>> counts[0, [3, 20]] = 9, 1
    >>> [found.tolist() for found in quantiles(counts, (0.5, 0.95))]
    [[3.0], [20.0]]
    """
    found = [np.full(len(histograms), np.nan) for _ in shares]
    # Some at a time: running sums take twice the memory of the histograms.
    for begin in range(0, len(histograms), 128):
        running = np.cumsum(histograms[begin : begin + 128], axis=1, dtype=np.int64)
        total = running[:, -1]
        for share, values in zip(shares, found, strict=True):
            rank = np.maximum(np.ceil(share * total), 1).astype(np.int64)
            buckets = np.minimum((running < rank[:, None]).sum(axis=1), BUCKETS - 1)
            values[begin : begin + 128] = np.where(total > 0, _MIDDLES[buckets], np.nan)
    return found


def middle_of(bucket: int) -> float:
    """Return the middle of a bucket, in milliseconds.

    Examples
    --------
    >>> middle_of(7), middle_of(32)
    (7.0, 32.5)
    """
    shift = max(bucket // 16 - 1, 0)
    low = (bucket - 16 * shift) << shift
    return low + ((1 << shift) - 1) / 2


_MIDDLES = np.array([middle_of(bucket) for bucket in range(BUCKETS)])


def _groups(ledger: Ledger, dimension: int) -> pl.DataFrame:
    import polars as pl

    first, used = int(ledger.shape[dimension, 2]), int(ledger.shape[dimension, 3])
    order = ledger.order[first + 1 : first + 1 + used]
    texts = [_text(ledger, *place) for place in ledger.texts[order, :3].tolist()]
    totals, counts = ledger.sums[order, TOTAL].tolist(), ledger.sums[order, COUNT].tolist()
    ranks = sorted(range(used), key=lambda i: (-totals[i], -counts[i], texts[i]))
    order = order[np.array(ranks, dtype=np.int64)]
    names: list[str | None] = [texts[i] for i in ranks]
    if ledger.sums[first, COUNT]:
        order = np.append(order, first)
        names.append(None)
    sums: Integers = ledger.sums[order]
    columns: dict[str, object] = {
        "key": pl.Series(names, dtype=pl.String),
        "count": sums[:, COUNT],
        "failed": sums[:, FAILURES],
    }
    spans = {
        "elapsed": TOTAL,
        "longest": LONGEST,
        "planning": PLANNED,
        "cpu": WORKED,
        "waiting": WAITED,
    }
    for name, column in spans.items():
        columns[name] = sums[:, column] / 1000
    found = quantiles(ledger.histograms[order], _QUANTILES)
    for share, values in zip(_QUANTILES, found, strict=True):
        # The middle of a bucket may lie beyond the longest that was in it.
        columns[f"p{100 * share:.0f}"] = np.minimum(values, sums[:, LONGEST]) / 1000
    return pl.DataFrame(columns)


def _text(ledger: Ledger, begin: int, length: int, escaped: int) -> str:
    raw = ledger.arena[begin : begin + length].tobytes().decode("utf-8", "replace")
    if not escaped:
        return raw
    for cut in range(12):
        # A text that was cut may end within what stands for one character.
        try:
            text = json.loads(f'"{raw[: len(raw) - cut]}"', strict=False)
        except ValueError:
            if length < TEXT_LIMIT:
                break
            continue
        return str(text).encode("utf-8", "replace").decode()
    return raw


def _busy(ledger: Ledger) -> tuple[Floats, Floats]:
    if ledger.covered is None:
        return np.zeros(0), np.zeros(0)
    base, width = (int(value) for value in ledger.frame)
    low, high = ledger.covered
    first, last = (low - base) // width, (high - 1 - base) // width
    full = np.cumsum(ledger.steps) * width + ledger.cover
    bins = (base + np.arange(first, last + 1) * width) / 1000
    return bins, full[first : last + 1] / width


def _transactions(ledger: Ledger) -> pl.DataFrame:
    import polars as pl

    count = int(ledger.hold_meta[M_KEPT])
    kept, texts = ledger.kept[:count], ledger.kept_texts[:count]

    def read(begin: int, column: int) -> list[str | None]:
        found = [
            texts[i, begin : begin + int(kept[i, column])].tobytes().decode("utf-8", "replace")
            for i in range(count)
        ]
        return [text or None for text in found]

    frame = pl.DataFrame(
        {
            "transaction": pl.Series(read(0, H_ID), dtype=pl.String),
            "database": pl.Series(read(ID_WIDTH, H_DATABASE), dtype=pl.String),
            "client": pl.Series(read(ID_WIDTH + NAME_WIDTH, H_CLIENT), dtype=pl.String),
            "start": kept[:, H_START] / 1000,
            "end": kept[:, H_END] / 1000,
            "queries": kept[:, H_QUERIES],
            "working": kept[:, H_WORKING] / 1000,
        }
    )
    return frame.sort(
        pl.col("end") - pl.col("start"),
        pl.col("start"),
        descending=[True, False],
        maintain_order=True,
    )
