"""The diagnosis: in what state the pool is, from what cause, and how sure that is.

Part of the bridge.  *Saturated* means that rejections or starvation were seen; *at risk* that
none were, but the target is passed at the upper bound of what was observed, or threads are
kept for good; *ok* needs evidence enough; everything else is *cannot tell*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from boltkb.bolt.causes import Cause, weigh_causes, would_tell
from boltkb.bolt.causes.case import Case, open_case
from boltkb.bolt.causes.counting import each_rejection
from boltkb.bolt.clients import Clients
from boltkb.bolt.confidence import judge_confidence
from boltkb.bolt.course import Course
from boltkb.bolt.holders import Holders
from boltkb.bolt.observe import PoolObservations
from boltkb.bolt.pool import Pool
from boltkb.bolt.rejections import Rejections
from boltkb.bolt.thread_time import ThreadTime
from boltkb.bolt.window import Incident, iso
from boltkb.catalogue import load_causes
from boltkb.exports import Export
from boltkb.queueing import Fit
from boltkb.tables import Column, Shown, Table, plain, sentence, share

__all__ = ["Diagnosis", "diagnose"]

#: What a cause's share is of, in words.
_EXPLAINED = {
    "thread-time": "held thread-time",
    "rejections": "the rejections",
    "failures": "the clients' failures",
    "connections": "the connections opened",
}
#: Fewer samples than this never make an *ok*.
_ENOUGH = 20
#: So many things to collect are named on the first screen; the causes have all of them.
_FEW = 3


@dataclass(frozen=True, slots=True)
class Diagnosis(Shown):
    """What was wrong with the pool, if anything.

    Parameters
    ----------
    state : str
        `ok`, `at_risk`, `saturated` or `cannot_tell`.
    cause : str or None
        The first supported cause; None where nothing is wrong or none can be told.  Where the pool
        is large enough, one that makes trouble beside it.
    confidence : str
        `high`, `medium` or `low`.
    why : tuple of str
        What the confidence rests on, in sentences.
    causes : tuple of Cause
        Every cause weighed.
    incident : Incident or None
    rejected : Rejections
    holders : Holders
    cannot_tell : tuple of str
        What the export cannot answer, each with what would answer it.
    target : float
        The share of attempts that may be rejected.
    peak, samples, full_share
        The most threads held, the samples they come from, the share of full ones.
    case : Case or None
        Everything that the causes were weighed by.
    """

    state: str
    cause: str | None
    confidence: str
    why: tuple[str, ...]
    causes: tuple[Cause, ...]
    incident: Incident | None
    rejected: Rejections
    holders: Holders
    cannot_tell: tuple[str, ...]
    target: float
    peak: float | None
    samples: int
    full_share: float | None
    idle_connections: float | None
    case: Case
    simulated: bool = False

    def cause_of(self, identity: str) -> Cause:
        """Return one cause by its id."""
        return next(cause for cause in self.causes if cause.id == identity)

    @property
    def thread_time(self) -> ThreadTime:
        """Where held thread-time went."""
        return self.case.thread_time

    @property
    def course(self) -> Course:
        """How load and work moved."""
        return self.case.course

    @property
    def clients(self) -> Clients:
        """Who the clients are, and what they can ask for."""
        return self.case.clients

    def table(self) -> Table:
        """Return the causes as a table, what cannot be told included."""
        names = load_causes()
        weighed = [cause for cause in self.causes if cause.status != "not_applicable"]
        rows = tuple(
            (
                names[cause.id].title,
                cause.status.replace("_", " "),
                f"{share(cause.share)} of {_EXPLAINED[cause.explains]}"
                if cause.status == "supported"
                else "",
                " ".join(cause.evidence_for) or "none",
                " ".join(cause.evidence_against) or "none",
                "; ".join(cause.missing) or "nothing",
            )
            for cause in weighed
        )
        beside = [
            f"{names[cause.id].title.lower()} ({plain(cause.evidence_against[0]).rstrip('.')})"
            for cause in self.causes
            if cause.status == "not_applicable" and cause.evidence_against
        ]
        columns = (
            Column("Cause"),
            Column("Status"),
            Column("It explains"),
            Column("For"),
            Column("Against"),
            Column("Would tell"),
        )
        return Table(
            columns,
            rows,
            notes=(f"Not possible here: {'; '.join(beside)}.",) if beside else (),
            kind="boltkb-causes",
            row_kinds=tuple(cause.status for cause in weighed),
        )

    def __str__(self) -> str:
        return f"{self.state}, {self.cause}, confidence {self.confidence}\n{self.table()}"

    def to_html(self) -> str:
        """Return the weighed causes as one line of HTML."""
        return self.table().to_html()

    def facts(self) -> Mapping[str, object]:
        """Return the weighed causes for `facts.json`."""
        return {
            "causes": [
                {
                    "id": cause.id,
                    "status": cause.status,
                    "group": load_causes()[cause.id].group,
                    "share": cause.share,
                    "explains": cause.explains,
                    "began": iso(cause.began),
                    "overlaps": list(cause.overlaps),
                    "kinds": list(cause.kinds),
                    "for": list(cause.evidence_for),
                    "against": list(cause.evidence_against),
                    "missing": list(cause.missing),
                }
                for cause in self.causes
            ]
        }


def diagnose(
    export: Export,
    pool: Pool,
    seen: PoolObservations,
    fit: Fit,
    *,
    rejection: float = 0.001,
) -> Diagnosis:
    """Return the pool's state and its cause, with the evidence weighed.

    Parameters
    ----------
    export : Export
    pool : Pool
    seen : PoolObservations
    fit : Fit
    rejection : float, 0 < rejection < 1
        The share of attempts that may be rejected.

    Returns
    -------
    Diagnosis
    """
    case = open_case(export, pool, seen, fit)
    causes = weigh_causes(case)
    supported = [cause for cause in causes if cause.status == "supported"]
    state = "saturated" if case.told_rejections else _state(seen, fit, supported, rejection)
    cause = _leading(supported, state)
    confidence, why = judge_confidence(state, cause, causes, seen, fit, export)
    idle = seen.idle_connections
    return Diagnosis(
        state=state,
        cause=None if cause is None else cause.id,
        confidence=confidence,
        why=why,
        causes=causes,
        incident=seen.incident,
        rejected=seen.rejected,
        holders=seen.holders,
        cannot_tell=_unanswered(pool, seen, state, causes, cause),
        target=rejection,
        peak=seen.peak,
        samples=seen.samples,
        full_share=seen.full_share,
        idle_connections=None if idle is None or not idle[1].size else float(idle[1].mean()),
        simulated=bool(export.simulated),
        case=case,
    )


def _leading(supported: list[Cause], state: str) -> Cause | None:
    """Return the cause that leads; where the pool is large enough, one that fails beside it."""
    if state == "ok":
        return next((cause for cause in supported if load_causes()[cause.id].alone), None)
    return supported[0] if supported else None


def _state(seen: PoolObservations, fit: Fit, supported: list[Cause], target: float) -> str:
    if seen.rejected.seen:
        return "saturated"
    # That a client keeps connections does not tell how many threads they hold.
    if any(c.id == "leaked_transactions" and c.explains == "thread-time" for c in supported):
        return "at_risk"
    if seen.full_share:
        return "at_risk"
    if seen.servers is None or seen.samples < _ENOUGH:
        return "cannot_tell"
    upper = fit.rejection_probability.high
    if upper is None:
        return "cannot_tell"
    return "at_risk" if upper > target else "ok"


def _unanswered(
    pool: Pool,
    seen: PoolObservations,
    state: str,
    causes: tuple[Cause, ...],
    named: Cause | None,
) -> tuple[str, ...]:
    """Return what the export cannot answer, with the setting or file that would."""
    words: list[str] = list(pool.contradictions)
    names = load_causes()
    if seen.servers is None:
        words.append(
            "How many threads the pool has: add neo4j.conf to the export (or the start of "
            "debug.log, which lists the settings that were set)."
        )
    if seen.samples < _ENOUGH:
        words.append(
            "How many threads were held over time: export the metric bolt.connections_running "
            "(server.metrics.csv.enabled=true, Enterprise), or a series of thread dumps."
        )
    if named is not None:
        words += [f"Whether that is all of it: add {item}." for item in named.missing[:_FEW]]
    elif state == "ok":
        # The pool is large enough; a sign of something beside it is not passed over.
        words += [
            f"Beside the pool, whether {_lowered(names[cause.id].title)}: "
            f"{' '.join(cause.evidence_for)} Add {cause.missing[0]}."
            for cause in causes
            if cause.status == "cannot_tell" and cause.evidence_for and cause.missing
            and names[cause.id].alone
        ]  # fmt: skip
    else:
        # A first screen has room for few.
        words += [f"Why: add {item}." for item, _ in would_tell(causes)[:_FEW]]
    if seen.rejected.how in {"episodes", "estimated"}:
        restart = "" if pool.counts_rejections else " (it needs a restart)"
        words.append(f"How many requests were rejected exactly: {each_rejection(pool)}{restart}.")
    elif seen.rejected.how == "unknown":
        asked = "How many requests" if state == "saturated" else "Whether requests"
        words.append(
            f"{asked} were rejected: add debug.log and neo4j.log of the same time, whole. "
            f"{sentence(seen.rejected.reason)}"
        )
    words.append(
        "How many threads other days need: one window says nothing of them; "
        "a forecast needs weeks of samples."
    )
    return tuple(words)


def _lowered(title: str) -> str:
    return title[:1].lower() + title[1:]
