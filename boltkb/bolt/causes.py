"""The causes a full pool can have, each weighed: evidence for, against, and missing.

Part of the bridge.  Three causes are told apart: threads held by transactions that nobody ends,
threads held while their clients think, and a pool too small for honest work.  A cause is never
supported for want of another: what cannot be told is said, with what would tell it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boltkb.bolt.clients import LONG_OPEN, Holders
from boltkb.bolt.observe import PoolObservations
from boltkb.exports import Where
from boltkb.tables import number, share, span

__all__ = ["CAUSES", "DUMPS", "Cause", "weigh_causes"]

#: The causes told apart, in the order of the question: held, held, too small.
CAUSES = ("leaked_transactions", "client_think_time", "pool_too_small")

#: From this share of held threads on, what they do decides.
_MOST = 0.5
_FEW = 0.3
#: A fall of work per held thread to this share says that holds no longer end.
_COLLAPSE = 0.4

#: The kinds of evidence, as a report names them.
DUMPS = "thread dumps"
LIST = "the list of open transactions"
COURSE = "the course of held threads over time"

_PERHAPS_LEAKED = (
    "That these transactions never end is not excluded: what was looked at is too short."
)
COLLECT_DUMPS = (
    "three thread dumps ten seconds apart while the pool is full: `jcmd PID Thread.print` "
    "needs no Bolt thread"
)
COLLECT_LIST = "the output of `SHOW TRANSACTIONS`, taken while the pool is full"


@dataclass(frozen=True, slots=True)
class Cause:
    """One possible cause and how the evidence stands.

    Parameters
    ----------
    id : str
        One of `CAUSES`.
    status : str
        `supported`, `contradicted`, `cannot_tell` or `not_applicable`.
    share : float
        The share of held threads that it explains, 0 to 1.
    evidence_for, evidence_against, missing : tuple of str
        Sentences.
    kinds : tuple of str
        The kinds of evidence that it rests on, each looked at by itself.
    where : tuple of Where
    """

    id: str
    status: str
    share: float
    evidence_for: tuple[str, ...]
    evidence_against: tuple[str, ...]
    missing: tuple[str, ...]
    kinds: tuple[str, ...]
    where: tuple[Where, ...] = ()


@dataclass(frozen=True, slots=True)
class Staircase:
    """Held threads that only ever grew in number, while work per thread fell.

    Parameters
    ----------
    kept : float
        Threads that were never given back towards the end.
    before, after : float or None
        Messages started a second for each held thread, in the first and last part.
    rises : bool
        Whether the floor rose step by step and never fell.
    """

    kept: float
    before: float | None
    after: float | None
    rises: bool

    @property
    def collapsed(self) -> bool:
        """Whether work per held thread collapsed while threads stayed held."""
        return (
            self.before is not None
            and self.after is not None
            and self.before > 0
            and self.after <= _COLLAPSE * self.before
        )


def weigh_causes(seen: PoolObservations, *, trouble: bool) -> tuple[Cause, ...]:
    """Return every cause weighed, the supported ones first and by the threads they explain.

    Parameters
    ----------
    seen : PoolObservations
    trouble : bool
        Whether the pool rejected work or was full.

    Returns
    -------
    tuple of Cause
    """
    stairs = _staircase(seen)
    leak = _leak(seen, stairs)
    think = _think(seen, leak, trouble=trouble)
    causes = [leak, think, _small(seen, leak, think, trouble=trouble)]
    order = {"supported": 0, "cannot_tell": 1, "contradicted": 2, "not_applicable": 3}
    return tuple(sorted(causes, key=lambda c: (order[c.status], -c.share)))


def _leak(seen: PoolObservations, stairs: Staircase | None) -> Cause:
    holders = seen.holders
    pro: list[str] = []
    contra: list[str] = []
    kinds: list[str] = []
    kept = 0.0
    if holders.kept_open:
        kinds.append(LIST)
        kept = max(kept, holders.kept_open)
        pro.append(
            f"{holders.kept_open} of {holders.transactions} open transactions have been open for "
            f"a minute or more with no query running; the oldest for {span(holders.oldest)}."
        )
    elif holders.transactions and _long_enough(seen):
        contra.append(
            f"None of {holders.transactions} open transactions was open for a minute "
            "without a query."
        )
    if holders.kept >= 2:
        kinds.append(DUMPS)
        kept = max(kept, holders.kept)
        pro.append(
            f"{holders.kept} threads waited for one and the same connection in all "
            f"{holders.dumps} thread dumps, {span(holders.dump_seconds)} apart."
        )
    elif holders.dumps > 1 and holders.dump_seconds >= 10:
        contra.append(
            f"Over {span(holders.dump_seconds)} of thread dumps "
            + ("one thread" if holders.kept else "no thread")
            + " kept waiting for the same client."
        )
    if stairs is not None and stairs.rises and stairs.kept >= 2:
        if stairs.collapsed:
            kinds.append(COURSE)
            kept = max(kept, stairs.kept)
            pro.append(
                f"Held threads rose step by step and {number(stairs.kept)} were never given back, "
                f"while work for each held thread fell from {number(stairs.before)} to "
                f"{number(stairs.after)} messages a second."
            )
        elif stairs.before is not None:
            contra.append("Held threads rose, but each went on working.")
    elif stairs is not None:
        contra.append("Held threads fell again when traffic did; they are not kept for good.")
    limit = seen.servers or 0
    held = _held(seen)
    counts = kept >= 2 or (limit > 0 and kept >= max(1, 0.25 * limit))
    where = holders.where
    if pro and counts:
        explained = min(1.0, kept / held) if held else 1.0
        missing = () if holders.dumps else (COLLECT_DUMPS,)
        return Cause(
            "leaked_transactions", "supported", explained, tuple(pro), tuple(contra), missing,
            tuple(kinds), where,
        )  # fmt: skip
    if contra and not pro:
        return Cause("leaked_transactions", "contradicted", 0.0, (), tuple(contra), (), (), where)
    wanted: tuple[str, ...] = tuple(
        words
        for words, absent in (
            (COLLECT_DUMPS, holders.dumps < 2 or holders.dump_seconds < 10),
            (COLLECT_LIST, not holders.transactions),
        )
        if absent
    )
    return Cause(
        "leaked_transactions",
        "contradicted" if contra else "cannot_tell",
        0.0, tuple(pro), tuple(contra), wanted, (), where,
    )  # fmt: skip


def _think(seen: PoolObservations, leak: Cause, *, trouble: bool) -> Cause:
    name = "client_think_time"
    if not trouble:
        return Cause(name, "not_applicable", 0.0, (), ("The pool was not full.",), (), ())
    holders = seen.holders
    waiting = holders.waiting_share
    if waiting is None:
        return Cause(name, "cannot_tell", 0.0, (), (), (COLLECT_DUMPS,), ())
    kept = leak.share if leak.status == "supported" else 0.0
    thinking = max(0.0, waiting - kept)
    words = _doing(holders, waiting)
    if thinking >= _MOST:
        against = () if leak.status == "contradicted" else (_PERHAPS_LEAKED,)
        kinds = _looked_at(seen, agrees=(holders.listed_waiting or 0.0) >= _MOST)
        return Cause(name, "supported", thinking, (words,), against, (), kinds, holders.where)
    if thinking >= _FEW:
        return Cause(
            name, "cannot_tell", thinking, (words,), (), (COLLECT_DUMPS,), (), holders.where
        )
    if kept:
        words = "The threads that wait for their client are those of transactions nobody ends."
    return Cause(name, "contradicted", thinking, (), (words,), (), (), holders.where)


def _small(seen: PoolObservations, leak: Cause, think: Cause, *, trouble: bool) -> Cause:
    name = "pool_too_small"
    if not trouble:
        return Cause(name, "not_applicable", 0.0, (), ("The pool was not full.",), (), ())
    if not (seen.rejected.seen or (seen.full_share or 0) > 0):
        return Cause(name, "contradicted", 0.0, (), ("No thread shortage was seen.",), (), ())
    for other in (leak, think):
        if other.status == "supported" and other.share >= _MOST:
            return Cause(
                name, "contradicted", 0.0, (),
                (f"{share(other.share)} of the held threads did no work.",), (), (),
            )  # fmt: skip
    holders = seen.holders
    if not holders.looks or not holders.held > 0:
        return Cause(name, "cannot_tell", 0.0, (), (), (COLLECT_DUMPS,), ())
    working = holders.working / holders.held
    words = (
        f"In {holders.seen_in} {share(working)} of {_mean(holders.held)} held threads were working."
    )
    if working < _MOST:
        return Cause(
            name, "cannot_tell", working, (words,), (), (COLLECT_DUMPS,), (), holders.where
        )
    listed = holders.listed_waiting
    kinds = _looked_at(seen, agrees=listed is not None and listed < _MOST)
    return Cause(name, "supported", working, (words,), (), (), kinds, holders.where)


def _looked_at(seen: PoolObservations, *, agrees: bool) -> tuple[str, ...]:
    """Return the kinds of evidence behind a cause of threads that are given back again.

    `agrees`: whether the list of open transactions, looked at by itself, says the same.
    """
    stairs = _staircase(seen)
    return tuple(
        words
        for words, there in (
            (DUMPS, seen.holders.dumps > 0),
            (LIST, agrees),
            (COURSE, stairs is not None and not stairs.rises),
        )
        if there
    )


def _mean(threads: float) -> str:
    return f"{threads:.1f}".removesuffix(".0")


def _doing(holders: Holders, waiting: float) -> str:
    return (
        f"In {holders.seen_in} {share(waiting)} of "
        f"the held threads waited for their client, {share(holders.working / holders.held)} "
        "were working."
    )


def _long_enough(seen: PoolObservations) -> bool:
    """Whether a transaction could have grown old enough to be called kept."""
    incident = seen.incident
    return (seen.end - seen.start if incident is None else incident.seconds) >= LONG_OPEN


def _held(seen: PoolObservations) -> float:
    if seen.holders.looks and seen.holders.held > 0:
        return seen.holders.held
    if seen.incident is not None and seen.servers is not None:
        return float(seen.servers)
    return seen.peak or 0.0


def _staircase(seen: PoolObservations) -> Staircase | None:
    """Return how the floor of held threads moved; None with too few samples to tell."""
    busy = seen.busy[~np.isnan(seen.busy)]
    times = seen.times[~np.isnan(seen.busy)]
    if busy.size < 40:
        return None
    parts = np.array_split(np.arange(busy.size), 10)
    floors = np.array([busy[part].min() for part in parts])
    falls = float(np.max(np.maximum.accumulate(floors) - floors))
    kept = float(floors[-2:].min() - floors[:2].min())
    before = after = None
    if seen.message_rate is not None and seen.message_rate[0].size > 10:
        at, rate = seen.message_rate
        first = at <= times[parts[2][-1]]
        last = at >= times[parts[8][0]]
        if first.any() and last.any():
            low = float(busy[: parts[2][-1]].mean())
            high = float(busy[parts[8][0] :].mean())
            before = float(rate[first].mean()) / max(low, 0.1)
            after = float(rate[last].mean()) / max(high, 0.1)
    return Staircase(kept, before, after, rises=falls <= 1 and kept >= 2)
