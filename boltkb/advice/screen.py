"""The first screen of a report, as one line of HTML.

Sixty seconds, no scrolling, no jargon: verdict, numbers, cause, do first, do not, how sure,
and what cannot be told.  Every text from an export passes `escape` here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from boltkb.advice.situation import Situation
from boltkb.advice.verdict import also_words, cause_words
from boltkb.bolt import Diagnosis, Pool
from boltkb.queueing import Estimate
from boltkb.tables import escape, number, share, span

__all__ = ["first_screen"]

_KIND = {"ok": "ok", "at_risk": "warn", "saturated": "bad", "cannot_tell": "unknown"}
#: What cannot be told is named; past so many it stands below, in the table of causes.
_UNANSWERED = 4


def first_screen(
    situation: Situation,
    *,
    headline: str,
    telling: str,
    misreading: str,
    estimates: Mapping[str, Estimate],
    do_first: str,
    do_not: str,
) -> str:
    """Return the first screen as one line of HTML."""
    diagnosis, pool = situation.diagnosis, situation.pool
    kind, tag = _KIND[diagnosis.state], diagnosis.state.replace("_", " ")
    if diagnosis.state == "ok" and diagnosis.cause is not None:
        # Something fails, though it is not the pool.
        kind, tag = "warn", "pool ok"
    simulated = (
        '<p class="boltkb-simulated">Simulated data: no server wrote these files.</p>'
        if diagnosis.simulated
        else ""
    )
    verdict = (
        f'<div class="boltkb-verdict {kind}"><span class="tag">'
        f"{escape(tag)}</span>"
        f'<p class="headline">{escape(headline)}.</p>'
        f"<p>{escape(telling)} {escape(_when(diagnosis))}</p>"
        f"<p>{escape(misreading)}</p></div>"
    )
    rows = [
        ("Cause", f"{cause_words(situation)} {also_words(situation)}".strip()),
        ("Do first", do_first),
        ("Do not", _upper(do_not.removeprefix("Do not "))),
        ("Confidence", f"{diagnosis.confidence.capitalize()}. {' '.join(diagnosis.why)}"),
    ]
    lead = "".join(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>" for a, b in rows)
    told = list(diagnosis.cannot_tell[:_UNANSWERED])
    if len(diagnosis.cannot_tell) > _UNANSWERED:
        more = len(diagnosis.cannot_tell) - _UNANSWERED
        told.append(f"{more} further questions: see the causes weighed, below.")
    unknown = "".join(f"<dd>{escape(words)}</dd>" for words in told)
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


_CARDS = {
    "thread-time": ("Explained by the cause", "of the time for which threads were held"),
    "rejections": ("Explained by the cause", "of the rejections"),
    "failures": ("Explained by the cause", "of what failed for clients"),
    "connections": ("Explained by the cause", "of the connections opened"),
}


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
    ends = chance.reason
    if chance.low is not None and chance.high is not None:
        low, high = share(chance.low), share(chance.high)
        ends = f"model, 95\u202f%: {low if low == high else f'{low} to {high}'}"
    kind = "ok" if chance.high is not None and chance.high <= target else "warn"
    kind = "bad" if chance.low is not None and chance.low > target else kind
    return _card("Share of attempts rejected", share(chance.value), "", ends, kind, None, None)


def _last_card(diagnosis: Diagnosis, estimates: Mapping[str, Estimate], limit: int | None) -> str:
    need = estimates["recommended_threads"]
    if need.value is not None:
        note = f"95\u202f%: {number(need.low)} to {number(need.high)}; now {limit}"
        return _card("Threads for the target", number(need.value), "", note, "ok", None, None)
    if diagnosis.cause is not None:
        cause = diagnosis.cause_of(diagnosis.cause)
        label, note = _CARDS[cause.explains]
        if cause.share > 0:
            return _card(label, share(cause.share), "", note, "bad", 0.0, cause.share)
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


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]
