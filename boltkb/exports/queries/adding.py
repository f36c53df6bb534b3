"""Rows added up: groups, queries under way, starts without an end, thread holds.

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
    BEGIN,
    BOLT,
    ELAPSED,
    END,
    ESCAPED,
    FAILED,
    FINISH,
    HASHES,
    HOLD,
    HOLD_AT,
    HOLD_LENGTH,
    KIND,
    LENGTHS,
    PAIR,
    PEER,
    PEER_AT,
    PEER_LENGTH,
    PLACES,
    START,
    TIME,
    Bytes,
    Rows,
)

__all__ = [
    "BUCKETS",
    "TEXT_LIMIT",
    "add_busy",
    "add_groups",
    "add_holds",
    "fold_groups",
    "pair_up",
    "place_keys",
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
# Columns of a hold.
H_PEER, H_START, H_END, H_QUERIES, H_WORKING, H_CLOSED, H_ID, H_DATABASE, H_CLIENT = range(9)
# Where the texts of a hold lie, and what is counted about holds.
ID_WIDTH, NAME_WIDTH, HOLD_TEXT = 40, 64, 168
M_USED, M_FINISHED, M_TOTAL, M_KEPT, M_LEAST = range(5)


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
    """Add ended queries to the groups of the five dimensions.

    Parameters
    ----------
    shape : (6, 4) array
        For each dimension its first slot, the mask of its slots, its first group (that of
        everything else), its groups so far; in the last row the bytes of the arena in use.
    texts : (groups, 4) array
        Where a group's text lies in the arena, its length, whether it is escaped; for the group
        of everything else, how many others there is room for.
    order : (groups,) array
        For each dimension, behind its first group: its groups in use, then those that are free.
    """
    for i in range(at, count):
        if rows[i, KIND] != END:
            continue
        needed = 0
        for d in range(5):
            if shape[d, 3] >= texts[shape[d, 2], 3]:
                return i
            needed += min(rows[i, LENGTHS + d], TEXT_LIMIT)
        if shape[5, 0] + needed > arena.shape[0]:
            return i
        elapsed = rows[i, ELAPSED]
        shift = 0
        while (elapsed >> shift) >= 32:
            shift += 1
        bucket = 16 * shift + (elapsed >> shift)
        for d in range(5):
            key = rows[i, HASHES + d]
            place = key & shape[d, 1]
            group = slots[shape[d, 0] + place]
            while group != 0 and keys[group] != key:
                place = (place + 1) & shape[d, 1]
                group = slots[shape[d, 0] + place]
            if group == 0:
                group = order[shape[d, 2] + 1 + shape[d, 3]]
                shape[d, 3] += 1
                slots[shape[d, 0] + place] = group
                keys[group] = key
                length = min(rows[i, LENGTHS + d], TEXT_LIMIT)
                begin = rows[i, PLACES + d]
                used = shape[5, 0]
                for j in range(length):
                    arena[used + j] = aside[begin + j] if rows[i, ASIDE] == 1 else buffer[begin + j]
                texts[group, 0] = used
                texts[group, 1] = length
                texts[group, 2] = rows[i, ESCAPED] if d == 0 else 0
                shape[5, 0] = used + length
            sums[group, 0] += 1
            sums[group, 1] += rows[i, FAILED]
            sums[group, 2] += elapsed
            sums[group, 3] = max(sums[group, 3], elapsed)
            for column in range(1, 4):
                sums[group, 3 + column] += rows[i, ELAPSED + column]
            histograms[group, bucket] += 1
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


def add_holds(
    rows: Rows,
    at: int,
    count: int,
    buffer: Bytes,
    aside: Bytes,
    slots: Slots,
    keys: Integers,
    holds: Integers,
    texts: Bytes,
    meta: Integers,
    histogram: Counts,
    kept: Integers,
    kept_texts: Bytes,
) -> int:
    """Add queries and transactions to the holds of a thread that they prove.

    With a transaction's id: from its first query's start to its last one's end.  Without: a
    query's own time, and of queries of one connection that overlap the time of all together.
    """
    mask = slots.shape[0] - 1
    for i in range(at, count):
        kind = rows[i, KIND]
        key = rows[i, HOLD]
        if key == 0 or kind == START or (kind == END and rows[i, BOLT] == 0):
            continue
        place = key & mask
        hold = slots[place] - 1
        while hold >= 0 and keys[hold] != key:
            place = (place + 1) & mask
            hold = slots[place] - 1
        known = hold >= 0 and holds[hold, H_CLOSED] == 0
        end = rows[i, TIME]
        elapsed = rows[i, ELAPSED]
        start = end - elapsed
        done = False
        if kind == FINISH:
            if not known:
                continue
            holds[hold, H_END] = max(holds[hold, H_END], end)
            holds[hold, H_START] = min(holds[hold, H_START], end)
            done = True
        elif hold < 0 and meta[M_USED] >= keys.shape[0]:
            return i
        elif known:
            # Ids begin anew when a server does; then the connection is another one.
            other = holds[hold, H_PEER] != rows[i, PEER]
            if other and (holds[hold, H_CLIENT] == 0 or rows[i, PEER_LENGTH] == 0):
                other = False
            apart = start >= holds[hold, H_END] or end <= holds[hold, H_START]
            done = kind == BEGIN or other or (rows[i, HOLD_LENGTH] == 0 and apart)
        if done:
            span = holds[hold, H_END] - holds[hold, H_START]
            shift = 0
            while (span >> shift) >= 32:
                shift += 1
            histogram[16 * shift + (span >> shift)] += 1
            meta[M_FINISHED] += 1
            meta[M_TOTAL] += span
            # The longest are kept; the shortest of them makes room.
            into = -1
            if meta[M_KEPT] < kept.shape[0]:
                into = meta[M_KEPT]
                meta[M_KEPT] += 1
            elif span > kept[meta[M_LEAST], H_END] - kept[meta[M_LEAST], H_START]:
                into = meta[M_LEAST]
            if into >= 0:
                for j in range(9):
                    kept[into, j] = holds[hold, j]
                for j in range(HOLD_TEXT):
                    kept_texts[into, j] = texts[hold, j]
                least = 0
                for j in range(1, meta[M_KEPT]):
                    if (
                        kept[j, H_END] - kept[j, H_START]
                        < kept[least, H_END] - kept[least, H_START]
                    ):
                        least = j
                meta[M_LEAST] = least
        if kind == FINISH:
            holds[hold, H_CLOSED] = 1
            continue
        if done or not known:
            if hold < 0:
                hold = meta[M_USED]
                meta[M_USED] += 1
                slots[place] = hold + 1
                keys[hold] = key
            holds[hold, H_PEER] = rows[i, PEER]
            holds[hold, H_START] = start
            holds[hold, H_END] = end
            holds[hold, H_QUERIES] = 0
            holds[hold, H_WORKING] = 0
            holds[hold, H_CLOSED] = 0
            holds[hold, H_ID] = min(rows[i, HOLD_LENGTH], ID_WIDTH)
            holds[hold, H_DATABASE] = min(rows[i, LENGTHS + 4], NAME_WIDTH)
            holds[hold, H_CLIENT] = 0
            begin = rows[i, HOLD_AT]
            for j in range(holds[hold, H_ID]):
                texts[hold, j] = aside[begin + j] if rows[i, ASIDE] == 1 else buffer[begin + j]
            begin = rows[i, PLACES + 4]
            for j in range(holds[hold, H_DATABASE]):
                texts[hold, ID_WIDTH + j] = (
                    aside[begin + j] if rows[i, ASIDE] == 1 else buffer[begin + j]
                )
        if holds[hold, H_CLIENT] == 0 and rows[i, PEER_LENGTH] > 0:
            holds[hold, H_PEER] = rows[i, PEER]
            begin = rows[i, PEER_AT]
            holds[hold, H_CLIENT] = min(rows[i, PEER_LENGTH], NAME_WIDTH)
            for j in range(holds[hold, H_CLIENT]):
                texts[hold, ID_WIDTH + NAME_WIDTH + j] = (
                    aside[begin + j] if rows[i, ASIDE] == 1 else buffer[begin + j]
                )
        holds[hold, H_START] = min(holds[hold, H_START], start)
        holds[hold, H_END] = max(holds[hold, H_END], end)
        if kind == END:
            holds[hold, H_QUERIES] += 1
            holds[hold, H_WORKING] += elapsed
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
            # Most of them: their only query is in the bucket of their longest.
            shift = 0
            while (sums[group, LONGEST] >> shift) >= 32:
                shift += 1
            bucket = 16 * shift + (sums[group, LONGEST] >> shift)
            histograms[into, bucket] += 1
            histograms[group, bucket] = 0
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
