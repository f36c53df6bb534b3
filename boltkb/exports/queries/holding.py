"""Holds of a thread, as queries and transactions prove them; runs as what `adding` has does."""

from __future__ import annotations

import numpy as np

from boltkb.exports.queries.adding import Counts, Integers, Slots
from boltkb.exports.queries.entries import (
    ASIDE,
    BEGIN,
    BOLT,
    ELAPSED,
    END,
    FINISH,
    HOLD,
    HOLD_AT,
    HOLD_LENGTH,
    KIND,
    LENGTHS,
    PEER,
    PEER_AT,
    PEER_LENGTH,
    PLACES,
    START,
    TIME,
    Bytes,
    Rows,
)

__all__ = ["add_holds", "let_go"]

# Columns of a hold.
H_PEER, H_START, H_END, H_QUERIES, H_WORKING, H_CLOSED, H_ID, H_DATABASE, H_CLIENT = range(9)
# Where the texts of a hold lie, and what is counted about holds.
ID_WIDTH, NAME_WIDTH, HOLD_TEXT = 40, 64, 168
M_USED, M_FINISHED, M_TOTAL, M_KEPT, M_LEAST = range(5)


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
    order: Integers,
    meta: Integers,
    histogram: Counts,
    kept: Integers,
    kept_texts: Bytes,
) -> int:
    """Add queries and transactions to the holds of a thread that they prove.

    With a transaction's id: from its first query's start to its last one's end.  Without: a
    query's own time, and of queries of one connection that overlap the time of all together.

    Parameters
    ----------
    order : (holds,) array
        Holds in use, then those that are free.
    """
    mask = slots.shape[0] - 1
    for i in range(at, count):
        kind = rows[i, KIND]
        key = rows[i, HOLD]
        if key == 0 or kind == START or (kind == END and rows[i, BOLT] == 0):
            continue
        place = key & mask
        hold = np.int64(slots[place]) - 1
        while hold >= 0 and keys[hold] != key:
            place = (place + 1) & mask
            hold = np.int64(slots[place]) - 1
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
                hold = order[meta[M_USED]]
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
            begin, other_begin = rows[i, HOLD_AT], rows[i, PLACES + 4]
            if rows[i, ASIDE] == 1:
                for j in range(holds[hold, H_ID]):
                    texts[hold, j] = aside[begin + j]
                for j in range(holds[hold, H_DATABASE]):
                    texts[hold, ID_WIDTH + j] = aside[other_begin + j]
            else:
                for j in range(holds[hold, H_ID]):
                    texts[hold, j] = buffer[begin + j]
                for j in range(holds[hold, H_DATABASE]):
                    texts[hold, ID_WIDTH + j] = buffer[other_begin + j]
        if holds[hold, H_CLIENT] == 0 and rows[i, PEER_LENGTH] > 0:
            holds[hold, H_PEER] = rows[i, PEER]
            begin = rows[i, PEER_AT]
            holds[hold, H_CLIENT] = min(rows[i, PEER_LENGTH], NAME_WIDTH)
            if rows[i, ASIDE] == 1:
                for j in range(holds[hold, H_CLIENT]):
                    texts[hold, ID_WIDTH + NAME_WIDTH + j] = aside[begin + j]
            else:
                for j in range(holds[hold, H_CLIENT]):
                    texts[hold, ID_WIDTH + NAME_WIDTH + j] = buffer[begin + j]
        holds[hold, H_START] = min(holds[hold, H_START], start)
        holds[hold, H_END] = max(holds[hold, H_END], end)
        if kind == END:
            holds[hold, H_QUERIES] += 1
            holds[hold, H_WORKING] += elapsed
    return count


def let_go(
    order: Integers,
    used: int,
    latest: int,
    holds: Integers,
    meta: Integers,
    histogram: Counts,
    free: Integers,
    gone: Integers,
    spans: Integers,
) -> int:
    """Count the holds that ended by `latest` as finished; return how many had not been before.

    Parameters
    ----------
    order : (holds,) array
        Holds in use, then those that are free; as in `add_holds`.
    used : int
        How many are in use.
    free, gone, spans : (used,) arrays
        Filled in: those that are free from now on; of these the ones that had not been counted,
        and their milliseconds.
    """
    stay = left = many = 0
    for i in range(used):
        hold = order[i]
        if holds[hold, H_END] > latest:
            order[stay] = hold
            stay += 1
            continue
        free[left] = hold
        left += 1
        if holds[hold, H_CLOSED] != 0:
            continue
        span = holds[hold, H_END] - holds[hold, H_START]
        shift = 0
        while (span >> shift) >= 32:
            shift += 1
        histogram[16 * shift + (span >> shift)] += 1
        meta[M_FINISHED] += 1
        meta[M_TOTAL] += span
        gone[many] = hold
        spans[many] = span
        many += 1
    for i in range(left):
        order[stay + i] = free[i]
    meta[M_USED] = stay
    return many
