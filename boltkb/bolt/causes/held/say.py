"""What one kind of evidence says of a cause, and what all of them say together.

A cause is supported by the strongest kind of evidence that can tell, if it carries a good part of
held thread-time; it is contradicted where the strongest kind would show it and does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, not_applicable, supported, untold
from boltkb.bolt.thread_time import DUMPS, LIST, METRICS, QUERIES, TRACE, Look
from boltkb.exports import Where
from boltkb.tables import number, share

__all__ = ["CARRIES", "DENIES", "Say", "calm", "judge", "say_of"]

#: A cause of a smaller part of held thread-time is not why the pool is full: without 30 % of it
#: the pool carries 1.4 times as much, without less hardly more than a busy hour brings.
CARRIES = 0.3
#: The least that must be certain of it: a few threads in one dump are no more than chance.
CERTAIN = 0.1
#: A look whose interval reaches further than this denies nothing.
DENIES = 0.5

#: What a look says, by its kind: `{part}` of `{held}` threads, and what they did.
_SAYS: Mapping[str, str] = {
    DUMPS: "In {looks} {part} of {held} held threads {did}.",
    LIST: "In the list of open transactions {part} of {held} held threads {did}.",
    TRACE: "By the debug-level trace threads {did} for {part} of the time that they were held.",
    QUERIES: "By the query log threads {did} for at least {part} of the time that they were held.",
    METRICS: "By metrics threads {did} for {part} of the time that they were held.",
}


@dataclass(frozen=True, slots=True)
class Say:
    """What one kind of evidence says of a cause.

    Parameters
    ----------
    kind : str
    share : float
        Of held thread-time.
    low, high : float
        Its 95 % interval; the upper end is 1 where the share is a lower bound.
    words : str
        A sentence.
    where : tuple of Where
    may_deny : bool
        Whether a small share speaks against the cause.
    hint : bool
        Whether its words speak for the cause though it proves no share of it.
    """

    kind: str
    share: float
    low: float
    high: float
    words: str
    where: tuple[Where, ...] = ()
    may_deny: bool = True
    hint: bool = False

    @property
    def supports(self) -> bool:
        """Whether it speaks for the cause."""
        return self.share >= CARRIES and self.low >= CERTAIN

    @property
    def denies(self) -> bool:
        """Whether it would show the cause, and does not."""
        return self.may_deny and self.share < CARRIES and self.high < DENIES


def say_of(look: Look, state: str, did: str, *, less: float = 0.0) -> Say | None:
    """Return what a look says of a state; None where it cannot tell.

    Parameters
    ----------
    look : Look
    state : str
    did : str
        What threads in the state did, as the end of a sentence.
    less : float
        Part of held thread-time in this state that another cause explains.
    """
    if state not in look.shares:
        return None
    low, high = look.interval(state)
    part = max(0.0, look.shares[state] - less)
    return Say(
        look.kind, part, max(0.0, low - less), max(0.0, high - less),
        sentence_of(look, part, did), look.where, look.of_incident,
    )  # fmt: skip


def sentence_of(look: Look, part: float, did: str) -> str:
    """Return what a look says, as a sentence."""
    dumps = len(look.where)
    return _SAYS[look.kind].format(
        looks=f"{dumps} thread dump{'' if dumps == 1 else 's'}",
        part=share(part) if part else "none",
        held=number(round(look.held, 1)),
        did=did,
    )


def calm(case: Case, identity: str) -> Cause | None:
    """Return a cause that is not to be asked for, where no thread was wanting.

    None where threads were short, and where that is not known.
    """
    if case.shortage:
        return None
    if case.seen.full_share is None and case.seen.rejected.how not in {"none", "counted"}:
        return None
    return not_applicable(identity, "The pool was not full.")


def judge(
    identity: str,
    says: Iterable[Say | None],
    missing: Sequence[str],
    *,
    pro: Sequence[str] = (),
    contra: Sequence[str] = (),
    overlaps: Sequence[str] = (),
) -> Cause:
    """Return how the evidence stands, by what each kind of it says.

    Parameters
    ----------
    identity : str
    says : iterable of Say or None
        The strongest first; None for a kind that cannot tell.
    missing : sequence of str
        What would tell, where nothing does.
    pro, contra : sequence of str
        Further sentences, which do not decide.
    overlaps : sequence of str
        Ids of causes that explain partly the same.
    """
    told = [say for say in says if say is not None]
    for_it = [say for say in told if say.supports]
    against = [say for say in told if say.denies]
    where = tuple(dict.fromkeys(place for say in told for place in say.where))
    first = next((say for say in told if say.supports or say.denies), None)
    if first is None:
        most = max(told, key=lambda say: say.share, default=None)
        seen = [say.words for say in told if say.share > 0 or say.hint]
        return untold(
            identity, missing, pro=(*seen, *pro), contra=contra,
            share=0.0 if most is None else most.share, where=where,
        )  # fmt: skip
    if first.supports:
        # A lower bound says less of the size than a look that tells it.
        sized = next((say for say in for_it if say.high < 1.0 or say.share >= 1.0), first)
        return supported(
            identity,
            sized.share,
            (*(say.words for say in for_it), *pro),
            kinds=tuple(dict.fromkeys(say.kind for say in for_it)),
            contra=(*(say.words for say in against), *contra),
            where=where,
            overlaps=overlaps,
        )
    return contradicted(
        identity,
        (*(say.words for say in against), *contra),
        pro=(*(say.words for say in for_it), *pro),
        where=where,
    )
