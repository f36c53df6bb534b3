"""The verb `advise`: everything a reader must know first, in one result.

Chooses the number of the headline by the cause, and whether a thread count is recommended at
all: only where the pool really is too small.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from boltkb.advice import screen
from boltkb.advice.actions import Change, Step, changes, changes_table, do_not, right_now
from boltkb.advice.findings import Finding, find, findings_table
from boltkb.bolt import Diagnosis, Pool
from boltkb.queueing import Estimate, Fit, Sizing
from boltkb.tables import Shown, number, share, span

__all__ = ["Advice", "advise"]

#: Units of estimates that are shares of something.
_SHARES = frozenset({"share", "probability", ""})


@dataclass(frozen=True, slots=True)
class Advice(Shown):
    """The verdict, the numbers it rests on, what to do, and what not.

    Parameters
    ----------
    pool, diagnosis
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
    findings : tuple of Finding
    """

    pool: Pool
    diagnosis: Diagnosis
    headline: str
    misreading: str
    number: Estimate
    number_label: str
    estimates: Mapping[str, Estimate]
    do_first: str
    do_not: str
    steps: tuple[Step, ...]
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]

    def __str__(self) -> str:
        lines = [
            f"{self.diagnosis.state.replace('_', ' ').upper()}  {self.headline}",
            f"Cause: {screen.cause_words(self.diagnosis)}",
            f"Do first: {self.do_first}",
            f"Do not: {self.do_not}",
            f"Confidence: {self.diagnosis.confidence}. {' '.join(self.diagnosis.why)}",
            *(f"Cannot tell: {words}" for words in self.diagnosis.cannot_tell),
        ]
        return "\n".join(lines)

    def to_html(self) -> str:
        """Return the first screen as one line of HTML."""
        return screen.first_screen(
            self.diagnosis,
            self.pool,
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
    def action_plan(self) -> screen.Plan:
        """What to do right now, apart from what to change."""
        return screen.Plan(self.steps, changes_table(self.changes), self.changes)

    @property
    def finding_list(self) -> screen.Html:
        """Every finding, those that could not be decided included."""
        return screen.Html(findings_table(self.findings, self.diagnosis))


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
    estimates = _estimates(fit, sizing, diagnosis, pool)
    recommended = estimates["recommended_threads"].value
    steps = right_now(diagnosis, pool)
    several = changes(diagnosis, pool, recommended)
    label, telling = _number(diagnosis, estimates)
    return Advice(
        pool=pool,
        diagnosis=diagnosis,
        headline=_headline(diagnosis, pool, estimates),
        misreading=_misreading(diagnosis, pool),
        number=telling,
        number_label=label,
        estimates=estimates,
        do_first=_do_first(diagnosis, pool, estimates, several),
        do_not=do_not(diagnosis),
        steps=steps,
        changes=several,
        findings=find(pool, fit, sizing, diagnosis),
    )


def _estimates(fit: Fit, sizing: Sizing, diagnosis: Diagnosis, pool: Pool) -> dict[str, Estimate]:
    rejected = diagnosis.rejected
    load, share = fit.offered_load, fit.rejection_probability
    if diagnosis.cause == "leaked_transactions" and load.value is not None:
        why = "transactions that nobody ends add up for ever, so there is no steady load to tell"
        load = Estimate(None, None, None, load.unit, why)
        share = Estimate(None, None, None, share.unit, why)
    return {
        "offered_load": load,
        "busy_threads_mean": fit.busy_mean,
        "busy_threads_peak": fit.busy_peak,
        "rejection_probability": share,
        "rejections_observed": Estimate(
            rejected.value, rejected.low, rejected.high, "rejections", rejected.reason
        ),
        "recommended_threads": _recommended(sizing, diagnosis, pool),
        "arrival_rate": fit.arrival_rate,
        "mean_hold": fit.mean_hold,
    }


def _recommended(sizing: Sizing, diagnosis: Diagnosis, pool: Pool) -> Estimate:
    if diagnosis.cause != "pool_too_small":
        reason = {
            "leaked_transactions": "none: threads are held by transactions that nobody ends, "
            "and would be at any number",
            "client_think_time": "none: threads are held while clients think; shorten the "
            "transactions first",
        }.get(
            diagnosis.cause or "",
            "none: nothing shows that the pool is too small"
            if diagnosis.state in {"ok", "at_risk"}
            else "none: it cannot be told whether the pool is too small",
        )
        return Estimate(None, None, None, "threads", reason)
    needed = sizing.servers
    if needed.value is None or pool.threads is None:
        return Estimate(None, None, None, "threads", needed.reason)
    if needed.value <= pool.threads:
        return Estimate(
            None, None, None, "threads",
            "none: by the model the present number meets the target, so the rejections have "
            "another reason than the load of this window",
        )  # fmt: skip
    return Estimate(needed.value, needed.low, needed.high, "threads", needed.reason)


def _number(diagnosis: Diagnosis, estimates: Mapping[str, Estimate]) -> tuple[str, Estimate]:
    holders = diagnosis.holders
    if diagnosis.cause == "leaked_transactions":
        kept = kept_threads(diagnosis)
        return "threads held by transactions that nobody ends", Estimate(
            kept, None, None, "threads", f"told by {' and '.join(_kinds(diagnosis))}"
        )
    if diagnosis.cause == "client_think_time" and holders.waiting_share is not None:
        low, high = _wilson(holders.waiting_share, holders.held * holders.looks)
        return "held threads waited for their client", Estimate(
            holders.waiting_share,
            low,
            high,
            "share",
            f"in {holders.seen_in}; Wilson's interval (1927), taking each held "
            "thread in each dump as one look",
        )
    if diagnosis.state == "saturated" and estimates["rejection_probability"].value is not None:
        words = "attempts to get a thread were rejected in this window"
        return words, estimates["rejection_probability"]
    if diagnosis.state == "saturated":
        return "rejections", estimates["rejections_observed"]
    return "most threads held at the same time", estimates["busy_threads_peak"]


def _kinds(diagnosis: Diagnosis) -> tuple[str, ...]:
    return diagnosis.cause_of("leaked_transactions").kinds


def _wilson(part: float, looks: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share (1927)."""
    z = 1.959964
    middle = (part + z**2 / (2 * looks)) / (1 + z**2 / looks)
    half = z / (1 + z**2 / looks) * math.sqrt(part * (1 - part) / looks + (z / looks / 2) ** 2)
    return max(0.0, middle - half), min(1.0, middle + half)


def kept_threads(diagnosis: Diagnosis) -> float:
    """Return how many threads transactions hold that nobody ends, by the strongest evidence."""
    cause = diagnosis.cause_of("leaked_transactions")
    held = diagnosis.holders.held if diagnosis.holders.looks else (diagnosis.peak or 0.0)
    return float(round(cause.share * held)) if cause.status == "supported" else 0.0


def _headline(diagnosis: Diagnosis, pool: Pool, estimates: Mapping[str, Estimate]) -> str:
    limit = "an unknown number of" if pool.threads is None else str(pool.threads)
    rejected = screen.rejected_words(diagnosis)
    if diagnosis.cause == "leaked_transactions":
        kept = number(kept_threads(diagnosis))
        tail = f"; {rejected}" if diagnosis.rejected.seen else "; no request was rejected yet"
        return f"{kept} of {limit} threads are held by transactions that nobody ends{tail}"
    if diagnosis.cause == "client_think_time":
        waiting = share(diagnosis.holders.waiting_share)
        return f"{waiting} of the held threads wait for their own clients; {rejected}"
    if diagnosis.cause == "pool_too_small":
        need = estimates["recommended_threads"]
        more = f"; {number(need.value)} would have done" if need.value is not None else ""
        return f"{limit} threads are too few for this load: {rejected}{more}"
    if diagnosis.state == "ok":
        return (
            f"The thread pool is large enough: at most {number(diagnosis.peak)} of {limit} "
            "threads were held"
        )
    if diagnosis.state == "saturated":
        return f"The pool of {limit} threads ran out: {rejected}; why, this export cannot tell"
    if diagnosis.state == "at_risk":
        chance = estimates["rejection_probability"]
        upper = f" (up to {share(chance.high)} of attempts)" if chance.high is not None else ""
        return (
            f"The pool of {limit} threads came close to its limit: at most "
            f"{number(diagnosis.peak)} held, no rejection known{upper}"
        )
    return "This export cannot tell whether the thread pool is large enough"


def _misreading(diagnosis: Diagnosis, pool: Pool) -> str:
    idle = diagnosis.idle_connections
    many = "" if idle is None else f"{number(round(idle))} connections were idle on average: "
    if diagnosis.state == "ok" or diagnosis.cause is not None:
        return (
            f"{many}an idle connection holds no Bolt thread, and the server does not limit "
            "connections; each still costs a socket, a file descriptor and buffers."
        )
    del pool
    return f"{many}threads and connections are different things; the server limits only threads."


def _do_first(
    diagnosis: Diagnosis,
    pool: Pool,
    estimates: Mapping[str, Estimate],
    several: tuple[Change, ...],
) -> str:
    holders = diagnosis.holders
    who = ""
    if holders.holders:
        most = holders.holders[0]
        name = most.agent or most.user
        by = f"by {name} at {most.client}" if name else f"by clients at {most.client}"
        count = f"{most.threads:.1f}".removesuffix(".0")
        of = f" of {holders.held:.1f}".removesuffix(".0") if holders.looks else ""
        who = f" Most threads were held {by}: {count}{of} on average."
    if diagnosis.cause == "leaked_transactions":
        oldest = f" (the oldest is {span(holders.oldest)} old)" if holders.oldest else ""
        return f"Save three thread dumps, then end the idle transactions{oldest}.{who}"
    if diagnosis.cause == "client_think_time":
        return f"Have the clients do nothing else while a transaction is open.{who}"
    if diagnosis.cause == "pool_too_small":
        need = estimates["recommended_threads"]
        if need.value is None:
            return f"Find what made the load peak; {need.reason}.{who}"
        change = several[0]
        return (
            f"Raise {change.name} from {pool.threads} to {number(need.value)} "
            f"(95\u202f% interval {number(need.low)} to {number(need.high)}; {change.takes_effect})"
            f", if cores and heap bear it.{who}"
        )
    if diagnosis.state == "ok":
        return "Nothing. Keep this report to compare with."
    if diagnosis.cannot_tell and diagnosis.state in {"cannot_tell", "saturated"}:
        return f"Collect what is missing. {diagnosis.cannot_tell[0]}"
    return f"Watch the pool, and take three thread dumps when it is full.{who}"


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]
