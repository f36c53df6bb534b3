"""The sums of a query log while it is read, in memory that does not grow with it.

Room is limited: of more groups than fit, those held longest stay and the rest is summed up as
everything else, so that totals remain exact; bins get wider as a log gets longer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boltkb.exports.queries import adding
from boltkb.exports.queries.adding import (
    BUCKETS,
    H_CLOSED,
    H_END,
    H_START,
    HOLD_TEXT,
    M_FINISHED,
    M_KEPT,
    M_LEAST,
    M_TOTAL,
    M_USED,
    Counts,
    Integers,
    Slots,
)
from boltkb.exports.queries.entries import BOLT, ELAPSED, END, KIND, TIME, Bytes, Rows

__all__ = ["Ledger", "Room"]

_ROWS = "i8[:,::1],i8,i8"
_TEXTS = "u1[::1],u1[::1]"
#: The functions of `adding`, with their types as numba writes them.
_SHAPES = {
    "add_groups": f"i8({_ROWS},{_TEXTS},i4[::1],i8[:,::1],i8[::1],i8[:,::1],u4[:,::1],u1[::1],"
    "i8[:,::1],i8[::1])",
    "add_busy": f"i8({_ROWS},i8[::1],i8[::1],i8[::1])",
    "pair_up": f"i8({_ROWS},i8[::1],i8[::1],i8[::1])",
    "add_holds": f"i8({_ROWS},{_TEXTS},i4[::1],i8[::1],i8[:,::1],u1[:,::1],i8[::1],u4[::1],"
    "i8[:,::1],u1[:,::1])",
    "place_keys": "i8(i8[::1],i8[::1],i4[::1],i8)",
    "fold_groups": "i8(i8[::1],i8,i8[:,::1],u4[:,::1],i8[:,::1])",
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
        self.shape: Integers = np.zeros((6, 4), dtype=np.int64)
        self.keys: Integers = np.zeros(many, dtype=np.int64)
        self.sums: Integers = np.zeros((many, 7), dtype=np.int64)
        self.histograms: Counts = np.zeros((many, BUCKETS), dtype=np.uint32)
        self.arena: Bytes = np.zeros(max(room.texts, 6 * adding.TEXT_LIMIT), dtype=np.uint8)
        self.texts: Integers = np.zeros((many, 4), dtype=np.int64)
        self.order: Integers = np.arange(many, dtype=np.int64)
        first_slot = first_group = 0
        for d, (size, many_slots) in enumerate(zip(room.groups, slots, strict=True)):
            self.shape[d] = first_slot, many_slots - 1, first_group, 0
            self.texts[first_group, 3] = size
            first_slot += many_slots
            first_group += size + 1
        self.cover: Integers = np.zeros(2 * room.bins, dtype=np.int64)
        self.steps: Integers = np.zeros(2 * room.bins, dtype=np.int64)
        # Far from any time, so that the first query moves it.
        self.frame: Integers = np.array([1 << 60, 1000], dtype=np.int64)
        self.covered: tuple[int, int] | None = None
        small = min(1 << 10, room.open)
        self.open_keys: Integers = np.zeros(small, dtype=np.int64)
        self.open_counts: Integers = np.zeros(small, dtype=np.int64)
        self.open_state: Integers = np.zeros(2, dtype=np.int64)
        self.forgotten = 0
        self.hold_slots: Slots = np.zeros(2 * room.holds, dtype=np.int32)
        self.hold_keys: Integers = np.zeros(room.holds, dtype=np.int64)
        self.holds: Integers = np.zeros((room.holds, _HOLD_COLUMNS), dtype=np.int64)
        self.hold_texts: Bytes = np.zeros((room.holds, HOLD_TEXT), dtype=np.uint8)
        self.hold_meta: Integers = np.zeros(5, dtype=np.int64)
        self.hold_histogram: Counts = np.zeros(BUCKETS, dtype=np.uint32)
        self.kept: Integers = np.zeros((room.longest, _HOLD_COLUMNS), dtype=np.int64)
        self.kept_texts: Bytes = np.zeros((room.longest, HOLD_TEXT), dtype=np.uint8)
        self._do: dict[str, Callable[..., Any]] = {name: getattr(adding, name) for name in _SHAPES}

    def compile(self) -> None:
        """Go on with machine code; the sums so far stay."""
        from boltkb.exports.queries.compiling import machine_code

        self._do = machine_code("adding", _SHAPES)

    @property
    def unfinished(self) -> int:
        """Queries that started without an end so far."""
        return int(self.open_state[0]) + self.forgotten

    def add(self, rows: Rows, buffer: Bytes, aside: Bytes) -> None:
        """Add rows, whose texts lie in a buffer or, where a row says so, aside."""
        count = len(rows)
        do = self._do
        self._cover(rows)
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
        at = 0
        while (
            at := do["add_holds"](
                *(rows, at, count, buffer, aside, self.hold_slots, self.hold_keys, self.holds),
                *(self.hold_texts, self.hold_meta, self.hold_histogram, self.kept),
                self.kept_texts,
            )
        ) < count:
            self._forget_holds(self.room.holds // 2)

    def close(self) -> None:
        """Count the holds that are still looked for; nothing can be added afterwards."""
        self._forget_holds(0)
        self._frame_anew()

    def _prune(self) -> None:
        # The half held longest stays; what goes is part of everything else from now on.
        crowded = [d for d in range(5) if self.shape[d, 3] >= self.texts[self.shape[d, 2], 3]]
        if not crowded:
            self._pack_texts()
            if 2 * int(self.shape[5, 0]) < self.arena.size:
                return
        for d in crowded or range(5):
            first, used = int(self.shape[d, 2]), int(self.shape[d, 3])
            if used < 2:
                continue
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
            self._pack_texts()

    def _pack_texts(self) -> None:
        used = 0
        for group in np.argsort(self.texts[:, 0], kind="stable"):
            begin, length = int(self.texts[group, 0]), int(self.texts[group, 1])
            if length:
                self.arena[used : used + length] = self.arena[begin : begin + length].copy()
                self.texts[group, 0] = used
                used += length
        self.shape[5, 0] = used

    def _cover(self, rows: Rows) -> None:
        mine = rows[(rows[:, KIND] == END) & (rows[:, BOLT] == 1) & (rows[:, ELAPSED] > 0)]
        if not len(mine):
            return
        low = int((mine[:, TIME] - mine[:, ELAPSED]).min())
        high = int(mine[:, TIME].max())
        if self.covered is not None:
            low, high = min(low, self.covered[0]), max(high, self.covered[1])
        self.covered = low, high

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
        ends = self.holds[:used, H_END]
        if keep and used > keep:
            stays = ends > np.partition(ends, used - keep)[used - keep]
        else:
            stays = np.zeros(used, dtype=bool)
        gone = np.flatnonzero(~stays & (self.holds[:used, H_CLOSED] == 0))
        spans = self.holds[gone, H_END] - self.holds[gone, H_START]
        self.hold_meta[M_FINISHED] += gone.size
        self.hold_meta[M_TOTAL] += spans.sum()
        self.hold_histogram += np.bincount(_buckets(spans), minlength=BUCKETS).astype(np.uint32)
        kept = int(self.hold_meta[M_KEPT])
        longest = gone[np.argsort(-spans, kind="stable")[: self.room.longest]]
        both = np.concatenate([self.kept[:kept], self.holds[longest]])
        texts = np.concatenate([self.kept_texts[:kept], self.hold_texts[longest]])
        lengths = both[:, H_END] - both[:, H_START]
        order = np.argsort(-lengths, kind="stable")[: self.room.longest]
        self.kept[: order.size], self.kept_texts[: order.size] = both[order], texts[order]
        self.hold_meta[M_KEPT] = order.size
        self.hold_meta[M_LEAST] = max(order.size - 1, 0)
        stay = np.flatnonzero(stays)
        for array in (self.hold_keys, self.holds, self.hold_texts):
            array[: stay.size] = array[stay]
        self.hold_meta[M_USED] = stay.size
        self.hold_slots[:] = 0
        self._do["place_keys"](self.hold_keys, np.arange(stay.size), self.hold_slots, 1)


def _buckets(spans: Integers) -> NDArray[np.int64]:
    shift = np.zeros(len(spans), dtype=np.int64)
    while (large := (spans >> shift) >= 32).any():
        shift += large
    return np.asarray(16 * shift + (spans >> shift), dtype=np.int64)
