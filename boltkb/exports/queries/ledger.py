"""The sums of a query log while it is read, in memory that does not grow with it.

Room is limited: of more groups than fit, those held longest stay and the rest is summed up as
everything else, so that totals remain exact; bins get wider as a log gets longer.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boltkb.exports.queries import adding, holding
from boltkb.exports.queries.adding import (
    BUCKETS,
    COUNT,
    LONGEST,
    N_HIGH,
    N_LOW,
    NEVER,
    TEXT_LIMIT,
    Counts,
    Integers,
    Slots,
)
from boltkb.exports.queries.entries import Bytes, Rows
from boltkb.exports.queries.holding import (
    H_END,
    H_START,
    HOLD_TEXT,
    M_KEPT,
    M_LEAST,
    M_USED,
)

__all__ = ["Ledger", "Room"]

_ROWS = "i8[:,::1],i8,i8"
_TEXTS = "u1[::1],u1[::1]"
#: The functions of `adding`, with their types as numba writes them.
_SHAPES = {
    "survey": "i8(i8[:,::1],i8,i8[::1])",
    "add_groups": f"i8({_ROWS},{_TEXTS},i4[::1],i8[:,::1],i8[::1],i8[:,::1],u4[:,::1],u1[::1],"
    "i8[:,::1],i8[::1])",
    "add_busy": f"i8({_ROWS},i8[::1],i8[::1],i8[::1])",
    "pair_up": f"i8({_ROWS},i8[::1],i8[::1],i8[::1])",
    "place_keys": "i8(i8[::1],i8[::1],i4[::1],i8)",
    "fold_groups": "i8(i8[::1],i8,i8[:,::1],u4[:,::1],i8[:,::1])",
}
_HOLD_SHAPES = {
    "add_holds": f"i8({_ROWS},{_TEXTS},i4[::1],i8[::1],i8[:,::1],u1[:,::1],i8[::1],i8[::1],"
    "u4[::1],i8[:,::1],u1[:,::1])",
    "let_go": "i8(i8[::1],i8,i8,i8[:,::1],i8[::1],u4[::1],i8[::1],i8[::1],i8[::1])",
}
_HOLD_COLUMNS = 9


@dataclass(frozen=True, slots=True)
class Room:
    """How much is kept at most.

    Parameters
    ----------
    groups : tuple of int
        Of each dimension: queries, clients, agents, users, databases; at least 2.
    texts : int, bytes
        Of all groups together.
    bins : int
        Bins of queries under way.
    open : int
        Queries that wait for their end; a power of two.
    holds : int
        Holds that may go on; a power of two.
    longest : int
        Longest holds that are told one by one.
    """

    groups: tuple[int, int, int, int, int] = (8192, 8192, 1024, 2048, 1024)
    texts: int = 32 << 20
    bins: int = 1 << 18
    open: int = 1 << 20
    holds: int = 1 << 16
    longest: int = 200


class Ledger:
    """What rows add up to; rows must come in the log's order.

    Parameters
    ----------
    room : Room, optional
    """

    def __init__(self, room: Room | None = None) -> None:
        self.room = room = room or Room()
        many = sum(room.groups) + 5
        slots = [1 << (2 * size - 1).bit_length() for size in room.groups]
        self.slots: Slots = np.zeros(sum(slots), dtype=np.int32)
        self.shape: Integers = np.zeros((6, 6), dtype=np.int64)
        self.keys: Integers = np.zeros(many, dtype=np.int64)
        self.sums: Integers = np.zeros((many, 7), dtype=np.int64)
        self.histograms: Counts = np.zeros((many, BUCKETS), dtype=np.uint32)
        # The texts of queries are by far the longest.
        parts = [max(room.texts * share // 16, 2 * TEXT_LIMIT) for share in (12, 1, 1, 1, 1)]
        self.arena: Bytes = np.zeros(sum(parts), dtype=np.uint8)
        self.texts: Integers = np.zeros((many, 4), dtype=np.int64)
        self.order: Integers = np.arange(many, dtype=np.int64)
        first_slot = first_group = begin = 0
        for d, size in enumerate(room.groups):
            end = begin + parts[d]
            self.shape[d] = first_slot, slots[d] - 1, first_group, 0, begin, end
            self.texts[first_group, 3] = size
            first_slot += slots[d]
            begin = end
            first_group += size + 1
        self.cover: Integers = np.zeros(2 * room.bins, dtype=np.int64)
        self.steps: Integers = np.zeros(2 * room.bins, dtype=np.int64)
        # Far from any time, so that the first query moves it.
        self.frame: Integers = np.array([1 << 60, 1000], dtype=np.int64)
        self.notes: Integers = np.zeros(7, dtype=np.int64)
        self.notes[[N_LOW, N_HIGH]] = NEVER, -NEVER
        small = min(1 << 10, room.open)
        self.open_keys: Integers = np.zeros(small, dtype=np.int64)
        self.open_counts: Integers = np.zeros(small, dtype=np.int64)
        self.open_state: Integers = np.zeros(2, dtype=np.int64)
        self.forgotten = 0
        self.hold_slots: Slots = np.zeros(2 * room.holds, dtype=np.int32)
        self.hold_keys: Integers = np.zeros(room.holds, dtype=np.int64)
        self.holds: Integers = np.zeros((room.holds, _HOLD_COLUMNS), dtype=np.int64)
        self.hold_texts: Bytes = np.zeros((room.holds, HOLD_TEXT), dtype=np.uint8)
        self.hold_order: Integers = np.arange(room.holds, dtype=np.int64)
        self.hold_meta: Integers = np.zeros(5, dtype=np.int64)
        self.hold_histogram: Counts = np.zeros(BUCKETS, dtype=np.uint32)
        self.kept: Integers = np.zeros((room.longest, _HOLD_COLUMNS), dtype=np.int64)
        self.kept_texts: Bytes = np.zeros((room.longest, HOLD_TEXT), dtype=np.uint8)
        self._do: dict[str, Callable[..., Any]] = {name: getattr(adding, name) for name in _SHAPES}
        self._do |= {name: getattr(holding, name) for name in _HOLD_SHAPES}

    def compile(self) -> None:
        """Go on with machine code; the sums so far stay."""
        from boltkb.exports.queries.compiling import machine_code

        self._do = machine_code("adding", _SHAPES) | machine_code("holding", _HOLD_SHAPES)

    @property
    def unfinished(self) -> int:
        """Queries that started without an end so far."""
        return int(self.open_state[0]) + self.forgotten

    @property
    def covered(self) -> tuple[int, int] | None:
        """What ended queries of Bolt clients cover so far, milliseconds since the epoch."""
        low, high = int(self.notes[N_LOW]), int(self.notes[N_HIGH])
        return (low, high) if low < high else None

    def add(
        self,
        rows: Rows,
        buffer: Bytes,
        aside: Bytes,
        notes: Integers,
        beside: Executor | None = None,
    ) -> Future[None] | None:
        """Add rows, whose texts lie in a buffer or, where a row says so, aside.

        Parameters
        ----------
        rows : (n, COLUMNS) array
        buffer, aside : arrays of bytes
        notes : (7,) array
            What the rows of one file cover, taken further here; see `adding.survey`.
        beside : Executor, optional
            Adds up the holds, which nothing else depends on, in the order that it is given them.

        Returns
        -------
        Future or None
            Of the holds: until it is done, rows and bytes must stay as they are.
        """
        count = len(rows)
        do = self._do
        notes[[N_LOW, N_HIGH]] = self.notes[[N_LOW, N_HIGH]]
        do["survey"](rows, count, notes)
        self.notes[:] = notes
        holds = beside.submit(self._add_holds, rows, buffer, aside) if beside else None
        at = 0
        while (
            at := do["add_groups"](
                *(rows, at, count, buffer, aside, self.slots, self.shape, self.keys),
                *(self.sums, self.histograms, self.arena, self.texts, self.order),
            )
        ) < count:
            self._prune()
        at = 0
        while (at := do["add_busy"](rows, at, count, self.cover, self.steps, self.frame)) < count:
            self._frame_anew()
        at = 0
        while (
            at := do["pair_up"](rows, at, count, self.open_keys, self.open_counts, self.open_state)
        ) < count:
            self._make_room_for_starts()
        if holds is None:
            self._add_holds(rows, buffer, aside)
        return holds

    def close(self) -> None:
        """Complete what is put off while rows come; nothing can be added afterwards."""
        for first, used in self.shape[:5, 2:4]:
            groups = self.order[first + 1 : first + 1 + used]
            single = groups[self.sums[groups, COUNT] == 1]
            self.histograms[single, _buckets(self.sums[single, LONGEST])] = 1
        self._forget_holds(0)
        self._frame_anew()

    def _add_holds(self, rows: Rows, buffer: Bytes, aside: Bytes) -> None:
        at, count = 0, len(rows)
        while (
            at := self._do["add_holds"](
                *(rows, at, count, buffer, aside, self.hold_slots, self.hold_keys, self.holds),
                *(self.hold_texts, self.hold_order, self.hold_meta, self.hold_histogram),
                *(self.kept, self.kept_texts),
            )
        ) < count:
            self._forget_holds(self.room.holds // 2)

    def _prune(self) -> None:
        # The half held longest stays; what goes is part of everything else from now on.
        d = int(self.shape[5, 0])
        first, used = int(self.shape[d, 2]), int(self.shape[d, 3])
        crowded = used >= self.texts[first, 3]
        if not crowded:
            size = self._pack_texts(d)
            if 2 * size < self.shape[d, 5] - self._arena_begin(d):
                return
        if used >= 2:
            groups = self.order[first + 1 : first + 1 + used]
            groups[:] = groups[np.argpartition(-self.sums[groups, adding.TOTAL], used // 2)]
            stay, go = groups[: used // 2], groups[used // 2 :]
            self._do["fold_groups"](go, first, self.sums, self.histograms, self.texts)
            self.shape[d, 3] = stay.size
            begin = int(self.shape[d, 0])
            slots = self.slots[begin : begin + int(self.shape[d, 1]) + 1]
            slots[:] = 0
            self._do["place_keys"](self.keys, stay, slots, 0)
        if not crowded:
            self._pack_texts(d)

    def _arena_begin(self, d: int) -> int:
        return int(self.shape[d - 1, 5]) if d else 0

    def _pack_texts(self, d: int) -> int:
        # Returns how many bytes the texts of a dimension have.
        begin = at = self._arena_begin(d)
        first, used = int(self.shape[d, 2]), int(self.shape[d, 3])
        groups = self.order[first + 1 : first + 1 + used]
        for group in groups[np.argsort(self.texts[groups, 0], kind="stable")]:
            start, length = int(self.texts[group, 0]), int(self.texts[group, 1])
            self.arena[at : at + length] = self.arena[start : start + length].copy()
            self.texts[group, 0] = at
            at += length
        self.shape[d, 4] = at
        return at - begin

    def _frame_anew(self) -> None:
        # The width depends on what is covered in all, never on the blocks that it came in.
        if self.covered is None:
            return
        low, high = self.covered
        width = 1000
        while (high - 1) // width - low // width >= self.room.bins:
            width *= 2
        used = (high - 1) // width - low // width + 1
        base = (low // width - (2 * self.room.bins - used) // 2) * width
        old_base, old_width = (int(value) for value in self.frame)
        if self.cover.any() or self.steps.any():
            full = np.cumsum(self.steps) * old_width + self.cover
            filled = np.flatnonzero(full)
            self.cover[:] = 0
            self.steps[:] = 0
            np.add.at(self.cover, (old_base + filled * old_width - base) // width, full[filled])
        self.frame[:] = base, width

    def _make_room_for_starts(self) -> None:
        waiting = np.flatnonzero(self.open_counts > 0)
        size = self.open_keys.size
        if 4 * waiting.size > size:
            if size < self.room.open:
                size *= 2
            else:
                self.forgotten += int(self.open_state[0])
                waiting = waiting[:0]
        keys, counts = self.open_keys[waiting], self.open_counts[waiting]
        slots: Slots = np.zeros(size, dtype=np.int32)
        self._do["place_keys"](keys, np.arange(keys.size), slots, 1)
        places = np.flatnonzero(slots)
        self.open_keys = np.zeros(size, dtype=np.int64)
        self.open_counts = np.zeros(size, dtype=np.int64)
        self.open_keys[places] = keys[slots[places] - 1]
        self.open_counts[places] = counts[slots[places] - 1]
        self.open_state[:] = counts.sum(), keys.size

    def _forget_holds(self, keep: int) -> None:
        used = int(self.hold_meta[M_USED])
        latest = NEVER
        if keep and used > keep:
            ends = self.holds[self.hold_order[:used], H_END]
            latest = int(np.partition(ends, used - keep)[used - keep])
        free, gone, spans = (np.empty(used, dtype=np.int64) for _ in range(3))
        many = self._do["let_go"](
            *(self.hold_order, used, latest, self.holds, self.hold_meta, self.hold_histogram),
            *(free, gone, spans),
        )
        self._keep_longest(gone[:many], spans[:many])
        stay = self.hold_order[: int(self.hold_meta[M_USED])].copy()
        self.hold_slots[:] = 0
        self._do["place_keys"](self.hold_keys, stay, self.hold_slots, 1)

    def _keep_longest(self, gone: Integers, spans: Integers) -> None:
        kept = int(self.hold_meta[M_KEPT])
        lengths = self.kept[:kept, H_END] - self.kept[:kept, H_START]
        if kept == self.room.longest:
            # Of equals, those that were kept first stay.
            longer = spans > lengths.min()
            gone, spans = gone[longer], spans[longer]
        best = np.argsort(-spans, kind="stable")[: self.room.longest]
        both = np.concatenate([self.kept[:kept], self.holds[gone[best]]])
        texts = np.concatenate([self.kept_texts[:kept], self.hold_texts[gone[best]]])
        order = np.argsort(-np.concatenate([lengths, spans[best]]), kind="stable")
        order = order[: self.room.longest]
        self.kept[: order.size], self.kept_texts[: order.size] = both[order], texts[order]
        self.hold_meta[M_KEPT] = order.size
        self.hold_meta[M_LEAST] = max(order.size - 1, 0)


def _buckets(spans: Integers) -> NDArray[np.int64]:
    # Exact: the bits of a span are far fewer than a float has.
    bits = np.frexp(spans.astype(np.float64))[1].astype(np.int64)
    shift = np.maximum(bits - 5, 0)
    return np.asarray(16 * shift + (spans >> shift), dtype=np.int64)
