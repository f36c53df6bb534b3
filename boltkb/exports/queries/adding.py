"""Rows added up: groups, queries under way, starts without an end; holds are in `holding`.

Each function runs as it stands for small logs and is made machine code for large ones, so both
ways give the same sums; none of them calls another.  Each takes rows in the log's order, from
`at` on, and returns the first that it has no room for: then whoever called makes room and calls
again.  So the sums do not depend on how a log was cut into blocks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boltkb.exports.queries.entries import (
    ASIDE,
    BOLT,
    BUCKET,
    CPU,
    ELAPSED,
    END,
    ESCAPED,
    FAILED,
    HASHES,
    KIND,
    LENGTHS,
    PAIR,
    PLACES,
    PLANNING,
    START,
    TIME,
    WAITING,
    Bytes,
    Rows,
)

__all__ = [
    "BUCKETS",
    "TEXT_LIMIT",
    "add_busy",
    "add_groups",
    "fold_groups",
    "pair_up",
    "place_keys",
    "survey",
]

Integers = NDArray[np.int64]
Counts = NDArray[np.uint32]
Slots = NDArray[np.int32]

#: Buckets of a histogram of milliseconds: exact up to 31, then 16 to the octave.
BUCKETS = 640
#: Bytes of a text that are kept.
TEXT_LIMIT = 65536

# Columns of a group's sums: as the rows have them from ELAPSED on.
COUNT, FAILURES, TOTAL, LONGEST, PLANNED, WORKED, WAITED = range(7)
# What rows cover, as `survey` notes it.
N_START, N_END, N_LAST, N_STEPS, N_BACK_AT, N_LOW, N_HIGH = range(7)
NEVER = 1 << 62
NOTHING: Integers = np.array([NEVER, -NEVER, NEVER, 0, -1, NEVER, -NEVER], dtype=np.int64)
#: Milliseconds that a clock may go back without a word.
JUMP = 2000
#: Rows that all dimensions get before the next ones: as many as a core's own cache has room for.
TOGETHER = 512


def survey(rows: Rows, count: int, notes: Integers) -> int:
    """Fill in the buckets of rows, and note what they cover.

    Parameters
    ----------
    notes : (7,) array
        Earliest start, latest end, time of the last row (`NEVER` before the first), steps back of
        the clock so far, row of the first one among these rows (-1 for none); of ended queries of
        Bolt clients that took time: earliest start, latest end.
    """
    notes[N_BACK_AT] = -1
    for i in range(count):
        time = rows[i, TIME]
        elapsed = rows[i, ELAPSED]
        start = time - elapsed
        notes[N_START] = min(notes[N_START], start)
        notes[N_END] = max(notes[N_END], time)
        if notes[N_LAST] != NEVER and time - notes[N_LAST] < -JUMP:
            notes[N_STEPS] += 1
            if notes[N_BACK_AT] < 0:
                notes[N_BACK_AT] = i
        notes[N_LAST] = time
        if rows[i, KIND] != END:
            continue
        if rows[i, BOLT] == 1 and elapsed > 0:
            notes[N_LOW] = min(notes[N_LOW], start)
            notes[N_HIGH] = max(notes[N_HIGH], time)
        shift = 0
        while (elapsed >> shift) >= 32:
            shift += 1
        rows[i, BUCKET] = 16 * shift + (elapsed >> shift)
    return count


def add_groups(
    rows: Rows,
    at: int,
    count: int,
    buffer: Bytes,
    aside: Bytes,
    slots: Slots,
    shape: Integers,
    keys: Integers,
    sums: Integers,
    histograms: Counts,
    arena: Bytes,
    texts: Integers,
    order: Integers,
) -> int:
    """Add ended queries to the groups of the five dimensions, some rows at a time.

    Of these rows one dimension comes after the other, while they are near the processor.

    The histogram of a group with a single query stays empty: that query is in the bucket of its
    longest.  Most clients of a long log are such groups, and their histograms are far away.

    Parameters
    ----------
    shape : (6, 6) array
        For each dimension its first slot, the mask of its slots, its first group (that of
        everything else), its groups so far, the end of its texts in the arena, the end of its
        part of the arena; in the last row the dimension that `at` belongs to.
    texts : (groups, 4) array
        Where a group's text lies in the arena, its length, whether it is escaped; for the group
        of everything else, how many others there is room for.
    order : (groups,) array
        For each dimension, behind its first group: its groups in use, then those that are free.
    """
    begin_row = at - at % TOGETHER
    while begin_row < count:
        end_row = min(begin_row + TOGETHER, count)
        for d in range(shape[5, 0], 5):
            first_slot, mask, rest = shape[d, 0], shape[d, 1], shape[d, 2]
            for i in range(at, end_row):
                if rows[i, KIND] != END:
                    continue
                key = rows[i, HASHES + d]
                place = key & mask
                group = np.int64(slots[first_slot + place])
                while group != 0 and keys[group] != key:
                    place = (place + 1) & mask
                    group = np.int64(slots[first_slot + place])
                if group == 0:
                    length = min(rows[i, LENGTHS + d], TEXT_LIMIT)
                    used = shape[d, 4]
                    if shape[d, 3] >= texts[rest, 3] or used + length > shape[d, 5]:
                        shape[5, 0] = d
                        return i
                    group = order[rest + 1 + shape[d, 3]]
                    shape[d, 3] += 1
                    shape[d, 4] = used + length
                    slots[first_slot + place] = group
                    keys[group] = key
                    begin = rows[i, PLACES + d]
                    if rows[i, ASIDE] == 1:
                        for j in range(length):
                            arena[used + j] = aside[begin + j]
                    else:
                        for j in range(length):
                            arena[used + j] = buffer[begin + j]
                    texts[group, 0] = used
                    texts[group, 1] = length
                    texts[group, 2] = rows[i, ESCAPED] if d == 0 else 0
                elapsed = rows[i, ELAPSED]
                if sums[group, COUNT] > 0:
                    if sums[group, COUNT] == 1:
                        shift = 0
                        while (sums[group, LONGEST] >> shift) >= 32:
                            shift += 1
                        histograms[group, 16 * shift + (sums[group, LONGEST] >> shift)] += 1
                    histograms[group, rows[i, BUCKET]] += 1
                sums[group, COUNT] += 1
                sums[group, FAILURES] += rows[i, FAILED]
                sums[group, TOTAL] += elapsed
                sums[group, LONGEST] = max(sums[group, LONGEST], elapsed)
                sums[group, PLANNED] += rows[i, PLANNING]
                sums[group, WORKED] += rows[i, CPU]
                sums[group, WAITED] += rows[i, WAITING]
            at = begin_row
        shape[5, 0] = 0
        begin_row = at = end_row
    return count


def add_busy(
    rows: Rows, at: int, count: int, cover: Integers, steps: Integers, frame: Integers
) -> int:
    """Add what ended queries of Bolt clients covered of each bin, in milliseconds.

    A query that covers several bins adds to its first and last, and to `steps`, whose running
    sum counts the queries that cover a bin in full.  `frame` has the bins' begin and width.
    """
    for i in range(at, count):
        if rows[i, KIND] != END or rows[i, BOLT] == 0 or rows[i, ELAPSED] == 0:
            continue
        end = rows[i, TIME]
        start = end - rows[i, ELAPSED]
        first = (start - frame[0]) // frame[1]
        last = (end - 1 - frame[0]) // frame[1]
        if first < 0 or last >= cover.shape[0]:
            return i
        if first == last:
            cover[first] += end - start
        else:
            cover[first] += frame[0] + (first + 1) * frame[1] - start
            cover[last] += end - frame[0] - last * frame[1]
            steps[first + 1] += 1
            steps[last] -= 1
    return count


def pair_up(
    rows: Rows, at: int, count: int, keys: Integers, counts: Integers, state: Integers
) -> int:
    """Match ends with starts; `state` counts what is open, and the slots in use."""
    mask = keys.shape[0] - 1
    for i in range(at, count):
        kind = rows[i, KIND]
        if kind != START and (kind != END or state[0] == 0):
            continue
        key = rows[i, PAIR]
        if kind == START and 2 * state[1] >= keys.shape[0]:
            return i
        place = key & mask
        while keys[place] != 0 and keys[place] != key:
            place = (place + 1) & mask
        if kind == START:
            if keys[place] == 0:
                keys[place] = key
                state[1] += 1
            counts[place] += 1
            state[0] += 1
        elif counts[place] > 0:
            counts[place] -= 1
            state[0] -= 1
    return count


def place_keys(keys: Integers, which: Integers, slots: Slots, offset: int) -> int:
    """Fill empty slots: that of the key `which[j]` gets `which[j] + offset`."""
    mask = slots.shape[0] - 1
    for j in range(which.shape[0]):
        place = keys[which[j]] & mask
        while slots[place] != 0:
            place = (place + 1) & mask
        slots[place] = which[j] + offset
    return len(which)


def fold_groups(
    which: Integers, into: int, sums: Integers, histograms: Counts, texts: Integers
) -> int:
    """Add groups to that of everything else, and empty them."""
    for j in range(which.shape[0]):
        group = which[j]
        if sums[group, COUNT] == 1:
            # Their histograms are empty.
            shift = 0
            while (sums[group, LONGEST] >> shift) >= 32:
                shift += 1
            bucket = 16 * shift + (sums[group, LONGEST] >> shift)
            histograms[into, bucket] += 1
        else:
            for bucket in range(BUCKETS):
                histograms[into, bucket] += histograms[group, bucket]
                histograms[group, bucket] = 0
        longest = max(sums[into, LONGEST], sums[group, LONGEST])
        for column in range(7):
            sums[into, column] += sums[group, column]
            sums[group, column] = 0
        sums[into, LONGEST] = longest
        texts[group, 1] = 0
    return len(which)
