"""The first screen of a report, as one line of HTML, and the plan of action below it.

Sixty seconds, no scrolling, no jargon: verdict, numbers, cause, do first, do not, how sure,
and what cannot be told.  Every text from an export passes `escape` here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from boltkb.advice.actions import Change, Step
from boltkb.bolt import Diagnosis, Pool
from boltkb.queueing import Estimate
from boltkb.tables import Shown, Table, escape, number, share, span

__all__ = ["Html", "Plan", "cause_words", "first_screen", "rejected_words"]

_KIND = {"ok": "ok", "at_risk": "warn", "saturated": "bad", "cannot_tell": "unknown"}
_CAUSES = {
    "leaked_transactions": "Transactions were begun and never ended; each keeps its thread.",
    "client_think_time": "Clients think, or do other work, inside open transactions; the thread "
    "waits with them.",
    "pool_too_small": "The threads were at work; there was simply more work than threads.",
}


@dataclass(frozen=True, slots=True)
class Html(Shown):
    """A table that shows itself."""

    content: Table

    def __str__(self) -> str:
        return str(self.content)

    def to_html(self) -> str:
        """Return the table as one line of HTML."""
        return self.content.to_html()


@dataclass(frozen=True, slots=True)
class Plan(Shown):
    """What to do right now, apart from what to change."""

    steps: tuple[Step, ...]
    table: Table
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        lines = [f"{i}. {step.what} {step.command}" for i, step in enumerate(self.steps, 1)]
        return "\n".join([*lines, str(self.table) if self.changes else "Nothing to change."])

    def to_html(self) -> str:
        """Return the plan as one line of HTML."""
        if not self.steps and not self.changes:
            return '<p class="boltkb-note">Nothing to do now, and nothing to change.</p>'
        items = "".join(
            f"<li>{escape(step.what)}"
            + (
                f'<pre class="boltkb-copy"><code>{escape(step.command)}</code></pre>'
                if step.command
                else ""
            )
            + "</li>"
            for step in self.steps
        )
        now = f'<ol class="boltkb-steps">{items}</ol>' if items else ""
        return f"{now}{_diff(self.changes)}{self.table.to_html() if self.changes else ''}"


def cause_words(diagnosis: Diagnosis) -> str:
    """Return the cause in a sentence, with its evidence."""
    if diagnosis.cause is None:
        if diagnosis.state == "ok":
            return "None; nothing is wrong."
        if diagnosis.state == "cannot_tell":
            return "Cannot be told from this export."
        return "Not known: no cause is supported by what this export holds."
    evidence = diagnosis.cause_of(diagnosis.cause).evidence_for
    return " ".join((_CAUSES[diagnosis.cause], *evidence))


def rejected_words(diagnosis: Diagnosis) -> str:
    """Return how many requests were rejected, as a clause."""
    rejected = diagnosis.rejected
    if rejected.value:
        about = "about " if rejected.how == "estimated" else ""
        plural = "request was" if rejected.value == 1 else "requests were"
        return f"{about}{number(round(rejected.value))} {plural} rejected"
    if rejected.episodes:
        return "requests were rejected, how many is not logged"
    if rejected.how == "none":
        return "no request was rejected"
    return "whether requests were rejected is not known"


def first_screen(
    diagnosis: Diagnosis,
    pool: Pool,
    *,
    telling: str,
    misreading: str,
    estimates: Mapping[str, Estimate],
    do_first: str,
    do_not: str,
) -> str:
    """Return the first screen as one line of HTML."""
    kind = _KIND[diagnosis.state]
    simulated = (
        '<p class="boltkb-simulated">Simulated data: no server wrote these files.</p>'
        if diagnosis.simulated
        else ""
    )
    verdict = (
        f'<div class="boltkb-verdict {kind}"><span class="tag">'
        f"{escape(diagnosis.state.replace('_', ' '))}</span>"
        f'<p class="headline">{escape(telling)}</p><p>{escape(_when(diagnosis))}</p>'
        f"<p>{escape(misreading)}</p></div>"
    )
    rows = [
        ("Cause", cause_words(diagnosis)),
        ("Do first", do_first),
        ("Do not", _upper(do_not.removeprefix("Do not "))),
        ("Confidence", f"{diagnosis.confidence.capitalize()}. {' '.join(diagnosis.why)}"),
    ]
    lead = "".join(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>" for a, b in rows)
    unknown = "".join(f"<dd>{escape(words)}</dd>" for words in diagnosis.cannot_tell)
    lead += f"<dt>Cannot tell</dt>{unknown}" if unknown else ""
    cards = _cards(diagnosis, pool, estimates)
    return f'{simulated}{verdict}{cards}<div class="boltkb-lead"><dl>{lead}</dl></div>'


def _cards(diagnosis: Diagnosis, pool: Pool, estimates: Mapping[str, Estimate]) -> str:
    limit = pool.threads
    peak = diagnosis.peak
    filled = None if peak is None or not limit else peak / limit
    cards = [
        _card(
            "Most threads held",
            number(peak),
            "" if limit is None else f"of {limit}",
            "not in the export"
            if peak is None
            else f"{share(diagnosis.full_share)} of samples show all of them"
            if diagnosis.full_share
            else "never all of them",
            "bad" if filled and filled >= 1 else "warn" if filled and filled > 0.8 else "ok",
            0.0,
            filled,
        ),
        _rejected_card(diagnosis),
        _chance_card(estimates["rejection_probability"], diagnosis.target),
        _last_card(diagnosis, estimates, limit),
    ]
    return f'<div class="boltkb-cards">{"".join(cards)}</div>'


def _rejected_card(diagnosis: Diagnosis) -> str:
    rejected = diagnosis.rejected
    value = "unknown" if rejected.value is None else number(round(rejected.value))
    if rejected.value is None and rejected.low:
        value = f"≥ {number(rejected.low)}"
    note = {
        "counted": "a log line each",
        "none": "none logged",
        "estimated": f"estimated, {number(rejected.low)} to {number(rejected.high)}",
        "episodes": "this version logs no count",
        "unknown": "no log, no counters",
    }[rejected.how]
    return _card("Rejections", value, "", note, "bad" if rejected.seen else "ok", None, None)


def _chance_card(chance: Estimate, target: float) -> str:
    if chance.value is None:
        return _card("Share of attempts rejected", "unknown", "", chance.reason, "", None, None)
    ends = (
        f"model, 95\u202f%: {share(chance.low)} to {share(chance.high)}"
        if chance.low is not None and chance.high is not None
        else chance.reason
    )
    kind = "ok" if chance.high is not None and chance.high <= target else "warn"
    kind = "bad" if chance.low is not None and chance.low > target else kind
    return _card("Share of attempts rejected", share(chance.value), "", ends, kind, None, None)


def _last_card(diagnosis: Diagnosis, estimates: Mapping[str, Estimate], limit: int | None) -> str:
    need = estimates["recommended_threads"]
    if need.value is not None:
        note = f"95\u202f%: {number(need.low)} to {number(need.high)}; now {limit}"
        return _card("Threads for the target", number(need.value), "", note, "ok", None, None)
    if diagnosis.cause == "leaked_transactions":
        cause = diagnosis.cause_of("leaked_transactions")
        note = "by transactions that nobody ends"
        return _card("Threads kept", share(cause.share), "", note, "bad", 0.0, cause.share)
    if diagnosis.cause == "client_think_time" and diagnosis.holders.waiting_share is not None:
        waiting = diagnosis.holders.waiting_share
        return _card(
            "Waiting for their client", share(waiting), "", "of held threads", "bad", 0.0, waiting
        )
    idle = diagnosis.idle_connections
    value = "unknown" if idle is None else number(round(idle))
    return _card("Idle connections", value, "", "hold no thread", "", None, None)


def _card(
    label: str,
    value: str,
    unit: str,
    note: str,
    kind: str,
    left: float | None,
    right: float | None,
) -> str:
    meter = ""
    if left is not None and right is not None:
        width = 100 * max(0.0, min(1.0, right) - left)
        meter = (
            f'<span class="meter"><i style="left:{100 * left:.0f}%;width:{width:.0f}%"></i></span>'
        )
    small = f" <small>{escape(unit)}</small>" if unit else ""
    return (
        f'<div class="boltkb-card {kind}"><span class="label">{escape(label)}</span>'
        f"<strong>{escape(value)}{small}</strong>{meter}"
        f'<span class="note">{escape(note)}</span></div>'
    )


def _when(diagnosis: Diagnosis) -> str:
    incident = diagnosis.incident
    if incident is None:
        return "No shortage of threads was seen in the window analysed."
    began = f"It began at {_clock(incident.start)}"
    if incident.already:
        began = f"It was going on already at {_clock(incident.start)}, when the window begins,"
    if incident.ongoing:
        return f"{began} and was still going on when the export ends."
    others = (
        f" There are {incident.others} lesser stretches besides." if incident.others > 1 else
        " There is one lesser stretch besides." if incident.others else ""
    )  # fmt: skip
    return f"{began} and ended at {_clock(incident.end)}, after {span(incident.seconds)}.{others}"


def _clock(moment: float) -> str:
    try:
        return datetime.fromtimestamp(moment, UTC).strftime("%H:%M:%S UTC on %d %b %Y")
    except (ValueError, OverflowError, OSError):
        return "a time that no calendar has"


def _diff(changes: tuple[Change, ...]) -> str:
    lines = []
    for change in changes:
        if change.where != "neo4j.conf" or not change.after:
            continue
        if change.before:
            lines.append(f'<span class="gd">- {escape(change.name)}={escape(change.before)}</span>')
        lines.append(f'<span class="gi">+ {escape(change.name)}={escape(change.after)}</span>')
    if not lines:
        return ""
    return f'<pre class="boltkb-diff"><code>{"&#10;".join(lines)}</code></pre>'


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]
