"""How sure a diagnosis is: high until something takes from it, each thing in words.

Part of the bridge.  Confidence is earned: kinds of evidence that agree carry it; short data, failed
checks, missing evidence, rivals and simulated data lower it, one level each.  Knows no cause by
name but the one that rests on the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from boltkb.bolt.causes import Cause
from boltkb.bolt.observe import PoolObservations
from boltkb.bolt.thread_time import DUMPS, LIST, METRICS, QUERIES, TRACE
from boltkb.catalogue import load_causes
from boltkb.exports import Export
from boltkb.queueing import Check, Fit
from boltkb.tables import sentence, share, span

__all__ = ["Confidence", "judge_confidence"]

Confidence = Literal["high", "medium", "low"]

_LEVELS: tuple[Confidence, ...] = ("high", "medium", "low")
#: Kinds that look at single threads, transactions, queries or holds; the others see sums only.
_CLOSE = frozenset({DUMPS, LIST, TRACE, QUERIES})
#: Fewer samples than this carry no certainty that nothing is wrong: 50 minutes of the usual 30 s.
_MANY = 100
#: A shorter stretch, s, is one moment: what lasts a minute cannot be told from what stays.
_SHORT = 120.0
#: With fewer independent looks at the load its interval is wider than the load itself.
_INDEPENDENT = 10.0
#: A second cause that explains this part of what the first does may be the real one.
_NEAR = 0.8


def judge_confidence(
    state: str,
    cause: Cause | None,
    causes: Sequence[Cause],
    seen: PoolObservations,
    fit: Fit,
    export: Export,
) -> tuple[Confidence, tuple[str, ...]]:
    """Return how sure a diagnosis is, and the reasons in sentences.

    Parameters
    ----------
    state : str
        Of the pool.
    cause : Cause or None
        The leading one.
    causes : sequence of Cause
        Every cause weighed.
    seen : PoolObservations
    fit : Fit
    export : Export

    Returns
    -------
    tuple of (str, tuple of str)
        `high`, `medium` or `low`; what it rests on comes first, what lowers it follows.
    """
    if cause is not None:
        rests, lowered = _of_a_cause(cause, causes, seen, fit)
    elif state == "cannot_tell":
        return "low", ("The export does not carry what the question needs.",)
    elif state == "ok":
        rests, lowered = _of_no_trouble(seen, fit)
    else:
        words = {
            "saturated": "That the pool ran out is certain; why, this export does not tell.",
            "at_risk": "That the pool came close to its limit was seen; why, this export does not"
            " tell.",
        }
        return "low", (words[state],)
    lowered = [*lowered, *_of_the_data(seen, export)]
    return _LEVELS[min(2, len(lowered))], (*rests, *lowered)


def _of_a_cause(
    cause: Cause, causes: Sequence[Cause], seen: PoolObservations, fit: Fit
) -> tuple[tuple[str, ...], list[str]]:
    kinds = cause.kinds
    lowered: list[str] = []
    if len(kinds) < 2:
        rests = (f"It rests on {kinds[0] if kinds else 'one look'} alone.",)
        lowered.append("Nothing else in the export was looked at that could agree or disagree.")
        if set(kinds) <= {METRICS} or not kinds:
            lowered.append("Sums over all threads do not show what a single one did.")
    else:
        rests = (f"It rests on {', '.join(kinds[:-1])} and {kinds[-1]}, which agree.",)
        # A cause whose course speaks for itself needs no single thread to be looked at.
        if not _CLOSE & set(kinds) and cause.explains == "thread-time" and cause.missing:
            lowered.append(sentence(f"It would be surer with {cause.missing[0]}"))
        if _one_moment(kinds, seen):
            lowered.append("Single threads were looked at for one moment only.")
    if cause.evidence_against:
        lowered.append(f"Against it: {' '.join(cause.evidence_against)}")
    # What is left when nothing else explains the trouble rests on the model as well.
    if load_causes()[cause.id].group == "too_small":
        lowered += _of_the_model(fit)
    rival = _rival(cause, causes)
    if rival is not None:
        lowered.append(_beside(rival, cause))
    return rests, lowered


def _beside(rival: Cause, cause: Cause) -> str:
    title, shares = load_causes()[rival.id].title, f"{share(rival.share)}, {share(cause.share)}"
    if rival.status == "supported":
        return f"{title} is supported too, and explains nearly as much ({shares})."
    return f"{title} may explain as much ({shares}); this export does not tell."


def _one_moment(kinds: Sequence[str], seen: PoolObservations) -> bool:
    """Whether all that looked at single threads did so once, and could not look back."""
    close = _CLOSE & set(kinds)
    holders = seen.holders
    # A list tells how long each transaction has been open: old ones are more than a moment.
    return bool(close) and not holders.kept_open and holders.dumps < 2 and close <= {LIST, DUMPS}


def _rival(cause: Cause, causes: Sequence[Cause]) -> Cause | None:
    """Return another cause that explains nearly as much, or may, if there is one."""
    for other in causes:
        if (
            other.id == cause.id
            or other.id in cause.overlaps
            or cause.id in other.overlaps
            or other.share < _NEAR * cause.share
        ):
            continue
        if other.status == "supported" and other.explains == cause.explains:
            return other
        if other.status == "cannot_tell" and other.evidence_for and other.share > 0:
            return other
    return None


def _of_no_trouble(seen: PoolObservations, fit: Fit) -> tuple[tuple[str, ...], list[str]]:
    rests = (f"{seen.samples} samples, the model is {fit.verdict}; {seen.rejected.reason}",)
    lowered = _of_the_model(fit)
    if seen.samples < _MANY:
        lowered.append(f"{seen.samples} samples are few to say that nothing happened.")
    if seen.rejected.how not in {"none", "counted"}:
        lowered.append("Rejections are not counted in this export.")
    return rests, lowered[:1]


def _of_the_model(fit: Fit) -> list[str]:
    """Return what the model's own checks take from a conclusion that rests on it."""
    lowered: list[str] = []
    if fit.verdict != "SOUND":
        failed = [
            check.name.replace("_", " ") for check in fit.models[0].checks if not _held(check)
        ]
        named = f" (failed: {', '.join(failed)})" if failed else ""
        why = sentence(" ".join(fit.reasons[:1]))
        lowered.append(f"The model's verdict is {fit.verdict}{named}: {why}")
    if fit.verdict == "REFUSED":
        lowered.append("So no number follows from the model.")
    elif fit.effective_samples < _INDEPENDENT:
        lowered.append(
            f"The samples are worth {fit.effective_samples:.0f} independent ones, which is few."
        )
    return lowered


def _held(check: Check) -> bool:
    return check.passed is not False


def _of_the_data(seen: PoolObservations, export: Export) -> list[str]:
    """Return what takes from any conclusion, whatever it is."""
    lowered = []
    length = seen.end - seen.start
    if 0 < length < _SHORT:
        lowered.append(f"The window is only {span(length)} long.")
    if seen.pool.contradictions:
        lowered.append("The export contradicts itself about the pool.")
    if export.simulated:
        lowered.append("The data are simulated: a real server may differ from the simulation.")
    return lowered
