"""Every cause weighed, and the supported ones put in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from boltkb.bolt.causes import demand, held, outside
from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause

__all__ = ["RULES", "rank", "weigh_causes", "would_tell"]

#: What weighs each cause, by its id in the catalogue.
RULES: Mapping[str, Callable[[Case], Cause]] = {**held.RULES, **demand.RULES, **outside.RULES}

_ORDER = {"supported": 0, "cannot_tell": 1, "contradicted": 2, "not_applicable": 3}
#: A defect that explains as much as what it looks like is the reason of that.
_SAYS_WHY = "known_defect"
#: What keeps a pool short of threads, against what fails beside it.
_OF_THE_POOL = frozenset({"thread-time", "rejections"})

#: What explains less of a shortage than this does not lead for being of the pool.
_TELLING = 0.25


def weigh_causes(case: Case) -> tuple[Cause, ...]:
    """Return every cause weighed, the supported ones first and by what they explain.

    A pool that is too small is what is left: it is weighed last, against what the others explain.
    Where threads were short, what explains that comes before what failed beside it.

    Parameters
    ----------
    case : Case

    Returns
    -------
    tuple of Cause
    """
    others = tuple(rule(case) for rule in RULES.values())
    return rank((*others, demand.weigh_pool_too_small(case, others)), shortage=case.shortage)


def rank(causes: Sequence[Cause], *, shortage: bool) -> tuple[Cause, ...]:
    """Return causes in the order in which a report tells them.

    Parameters
    ----------
    causes : sequence of Cause
    shortage : bool
        Whether the pool was full or rejected work.

    Examples
    --------
    >>> from boltkb.bolt.causes.cause import supported
    >>> cut = supported("load_balancer_cut", 1.0, ["."], kinds=["log"], explains="connections")
    >>> think = supported("client_think_time", 0.7, ["."], kinds=["thread dumps"])
    >>> [cause.id for cause in rank([cut, think], shortage=True)]
    ['client_think_time', 'load_balancer_cut']
    """

    def place(cause: Cause) -> tuple[int, bool, float, bool]:
        leads = cause.explains in _OF_THE_POOL and cause.share >= _TELLING
        says_why = cause.status == "supported" and cause.id == _SAYS_WHY
        return _ORDER[cause.status], shortage and not leads, -cause.share, not says_why

    return tuple(sorted(causes, key=place))


def would_tell(causes: Sequence[Cause]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what to collect, and of which causes it would tell, the most telling first.

    What would settle most causes that something speaks for already comes before the rest, then
    what would tell of most causes; what is the same for both stays in the order of the rules.

    Parameters
    ----------
    causes : sequence of Cause

    Examples
    --------
    >>> from boltkb.bolt.causes.cause import untold
    >>> causes = [untold("slow_commit", ["dumps"]), untold("bookmark_wait", ["dumps"]),
    ...           untold("client_pool_too_small", ["its log"], pro=["It waited."])]
    >>> would_tell(causes)[0]
    ('its log', ('client_pool_too_small',))
    """
    wanted: dict[str, list[str]] = {}
    hinted: Counter[str] = Counter()
    for cause in causes:
        if cause.status != "cannot_tell":
            continue
        for item in cause.missing:
            wanted.setdefault(item, []).append(cause.id)
            if cause.evidence_for:
                hinted[item] += 1
    order = sorted(wanted, key=lambda item: (-hinted[item], -len(wanted[item])))
    return tuple((item, tuple(wanted[item])) for item in order)
