"""The verb `advise`: everything a reader must know first, in one result.

Puts together what the other rooms say; a thread count is recommended only where the pool really
is too small.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from boltkb.advice.bounds import Bounds, find_bounds
from boltkb.advice.changes import Change, lasting_changes, without_the_server
from boltkb.advice.do_not import do_not, do_nots
from boltkb.advice.findings import Finding, FindingList, find
from boltkb.advice.plan import Plan
from boltkb.advice.recommended import recommend_threads
from boltkb.advice.right_now import Step, right_now
from boltkb.advice.screen import first_screen
from boltkb.advice.situation import Situation, look_at
from boltkb.advice.telling import telling_number
from boltkb.advice.verdict import (
    also_words,
    cause_words,
    do_first,
    headline,
    misreading,
)
from boltkb.bolt import Diagnosis, Pool
from boltkb.queueing import Estimate, Fit, Sizing
from boltkb.tables import Shown, number, share

__all__ = ["Advice", "advise"]

#: Units of estimates that are shares of something.
_SHARES = frozenset({"share", "probability", ""})


@dataclass(frozen=True, slots=True)
class Advice(Shown):
    """The verdict, the numbers it rests on, what to do, and what not.

    Parameters
    ----------
    situation : Situation
        What it speaks of.
    headline : str
        The verdict in one sentence.
    misreading : str
        The sentence that kills the common misreading.
    number : Estimate
        The number that the cause makes the most telling one.
    number_label : str
    estimates : mapping of str to Estimate
        Every estimate of `facts.json`; absent ones carry their reason.
    do_first, do_not : str
    steps : tuple of Step
        What to do right now.
    changes : tuple of Change
        What to change for good.
    instead : tuple of Change
        What clients can do alone, for a reader who cannot change the server.
    do_nots : tuple of str
        Everything not to do, `do_not` first.
    bounds : Bounds
        Both bounds on the clients' pools.
    findings : tuple of Finding
    """

    situation: Situation
    headline: str
    misreading: str
    number: Estimate
    number_label: str
    estimates: Mapping[str, Estimate]
    do_first: str
    do_not: str
    steps: tuple[Step, ...]
    changes: tuple[Change, ...]
    instead: tuple[Change, ...]
    do_nots: tuple[str, ...]
    bounds: Bounds
    findings: tuple[Finding, ...]

    @property
    def pool(self) -> Pool:
        """The pool that it speaks of."""
        return self.situation.pool

    @property
    def diagnosis(self) -> Diagnosis:
        """The diagnosis that it follows from."""
        return self.situation.diagnosis

    def __str__(self) -> str:
        also = also_words(self.situation)
        lines = [
            f"{self.diagnosis.state.replace('_', ' ').upper()}  {self.headline}",
            f"Cause: {cause_words(self.situation)}",
            *((also,) if also else ()),
            f"Number: {self.telling}",
            f"Do first: {self.do_first}",
            f"Do not: {self.do_not}",
            f"Confidence: {self.diagnosis.confidence}. {' '.join(self.diagnosis.why)}",
            *(f"Cannot tell: {words}" for words in self.diagnosis.cannot_tell),
        ]
        return "\n".join(lines)

    def to_html(self) -> str:
        """Return the first screen as one line of HTML."""
        return first_screen(
            self.situation,
            headline=self.headline,
            telling=self.telling,
            misreading=self.misreading,
            estimates=self.estimates,
            do_first=self.do_first,
            do_not=self.do_not,
        )

    def facts(self) -> Mapping[str, object]:
        """Return the `verdict`, `estimates` and `findings` parts of `facts.json`."""
        diagnosis = self.diagnosis
        incident = diagnosis.incident
        return {
            "verdict": {
                "state": diagnosis.state,
                "headline": self.headline,
                "cause": diagnosis.cause,
                "also": [cause.id for cause in self.situation.others],
                "confidence": diagnosis.confidence,
                "why": list(diagnosis.why),
                "number": {"label": self.number_label, **self.number.facts()},
                "incident": None if incident is None else incident.facts(),
                "do_first": self.do_first,
                "do_not": self.do_not,
                "cannot_tell": list(diagnosis.cannot_tell),
            },
            "estimates": {name: value.facts() for name, value in self.estimates.items()},
            "findings": [finding.facts() for finding in self.findings],
            "actions": {
                "right_now": [{"what": s.what, "command": s.command} for s in self.steps],
                "changes": [change.facts() for change in self.changes],
                "without_the_server": [change.facts() for change in self.instead],
                "do_not": list(self.do_nots),
                "managed": self.situation.managed,
                "client_pools": self.bounds.facts(),
            },
        }

    @property
    def telling(self) -> str:
        """The one number of the verdict, with its interval, as a sentence."""
        value, low, high = self.number.value, self.number.low, self.number.high
        if value is None:
            bound = f"at least {number(low)}" if low is not None else "unknown"
            return f"{_upper(self.number_label)}: {bound}. {_upper(self.number.reason)}"
        if self.number.unit in _SHARES:
            ends = f" (95\u202f% interval {share(low)} to {share(high)})" if low is not None else ""
            return f"{share(value)} of {self.number_label}{ends}."
        ends = f" ({number(low)} to {number(high)})" if low is not None and high is not None else ""
        return f"{_upper(self.number_label)}: {number(value)}{ends}."

    @property
    def action_plan(self) -> Plan:
        """What to do right now, apart from what to change for good."""
        shown = any(change.bounded for change in (*self.changes, *self.instead))
        return Plan(
            self.steps,
            self.changes,
            self.instead,
            self.do_nots,
            self.situation.managed,
            self.bounds if shown else None,
        )

    @property
    def finding_list(self) -> FindingList:
        """Every finding, those that could not be decided included."""
        return FindingList(self.findings, (self.do_not,))


def advise(pool: Pool, fit: Fit, sizing: Sizing, diagnosis: Diagnosis) -> Advice:
    """Return what to tell the operator.

    Parameters
    ----------
    pool : Pool
    fit : Fit
    sizing : Sizing
    diagnosis : Diagnosis

    Returns
    -------
    Advice
    """
    situation = look_at(pool, fit, sizing, diagnosis)
    estimates = _estimates(situation)
    changes = lasting_changes(situation)
    label, telling = telling_number(situation, estimates)
    return Advice(
        situation=situation,
        headline=headline(situation, estimates),
        misreading=misreading(situation),
        number=telling,
        number_label=label,
        estimates=estimates,
        do_first=do_first(situation, estimates, changes),
        do_not=do_not(situation),
        steps=right_now(situation),
        changes=changes,
        instead=without_the_server(situation),
        do_nots=do_nots(situation),
        bounds=find_bounds(situation),
        findings=find(situation),
    )


def _estimates(situation: Situation) -> dict[str, Estimate]:
    rejected, fit = situation.diagnosis.rejected, situation.fit
    load, chance = fit.offered_load, fit.rejection_probability
    if not situation.steady and load.value is not None:
        why = "transactions that nobody ends add up for ever, so there is no steady load to tell"
        load = Estimate(None, None, None, load.unit, why)
        chance = Estimate(None, None, None, chance.unit, why)
    return {
        "offered_load": load,
        "busy_threads_mean": fit.busy_mean,
        "busy_threads_peak": fit.busy_peak,
        "rejection_probability": chance,
        "rejections_observed": Estimate(
            rejected.value, rejected.low, rejected.high, "rejections", rejected.reason
        ),
        "recommended_threads": recommend_threads(situation),
        "arrival_rate": fit.arrival_rate,
        "mean_hold": fit.mean_hold,
    }


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]
