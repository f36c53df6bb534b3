"""The verdict in words: headline, cause, and what to do first.

By tables from causes to what words them; a cause that no table names is worded by the catalogue
and by `words`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from boltkb.advice.changes import Change
from boltkb.advice.situation import Situation
from boltkb.advice.telling import is_of_clients, kept_threads
from boltkb.advice.words import MEASURES, WORDS
from boltkb.bolt import Cause, Diagnosis
from boltkb.catalogue import load_causes, load_rules
from boltkb.queueing import Estimate
from boltkb.tables import number, share, span

__all__ = ["also_words", "cause_words", "do_first", "headline", "misreading", "rejected_words"]

Estimates = Mapping[str, Estimate]


def headline(situation: Situation, estimates: Estimates) -> str:
    """Return the verdict in one sentence."""
    diagnosis = situation.diagnosis
    if situation.cause is not None:
        lead = _LEADS.get(situation.cause.id, _clause)(situation, estimates)
        if diagnosis.state == "ok":
            return f"{_large_enough(situation)}; what fails is something else: {lead}"
        if diagnosis.state == "cannot_tell":
            return f"Whether the thread pool is large enough cannot be told; what was seen: {lead}"
        return f"{_upper(lead)}{_tail(situation)}"
    if diagnosis.state == "ok":
        return _large_enough(situation)
    if diagnosis.state == "saturated":
        return (
            f"{_pool(situation)} ran out: {rejected_words(diagnosis)}; why, this export cannot tell"
        )
    if diagnosis.state == "at_risk":
        chance = estimates["rejection_probability"]
        upper = f" (up to {share(chance.high)} of attempts)" if chance.high is not None else ""
        return (
            f"{_pool(situation)} came close to its limit: at most "
            f"{number(diagnosis.peak)} held, no rejection known{upper}"
        )
    return "This export cannot tell whether the thread pool is large enough"


def do_first(situation: Situation, estimates: Estimates, several: tuple[Change, ...]) -> str:
    """Return the first thing to do, with who held most threads."""
    diagnosis, cause = situation.diagnosis, situation.cause
    if cause is not None:
        words = _FIRST.get(cause.id, _by_rule)(situation, estimates, several)
        return f"{words}{_who(situation) if cause.explains == 'thread-time' else ''}"
    if diagnosis.state == "ok":
        return "Nothing to the thread pool. Keep this report to compare with."
    if diagnosis.cannot_tell and diagnosis.state in {"cannot_tell", "saturated"}:
        return f"Collect what is missing. {diagnosis.cannot_tell[0]}"
    return f"Watch the pool, and take three thread dumps when it is full.{_who(situation)}"


def misreading(situation: Situation) -> str:
    """Return the sentence that kills the common misreading."""
    diagnosis = situation.diagnosis
    idle = diagnosis.idle_connections
    many = "" if idle is None else f"{number(round(idle))} connections were idle on average: "
    if diagnosis.state == "ok" or diagnosis.cause is not None:
        return (
            f"{many}an idle connection holds no Bolt thread, and the server does not limit "
            "connections; each still costs a socket, a file descriptor and buffers."
        )
    return f"{many}threads and connections are different things; the server limits only threads."


def cause_words(situation: Situation) -> str:
    """Return the cause in a sentence, with its evidence; where nothing is wrong, the proof."""
    diagnosis = situation.diagnosis
    if diagnosis.cause is None:
        if diagnosis.state == "ok":
            return f"None; nothing is wrong with the thread pool. {_proof(situation)}"
        if diagnosis.state == "cannot_tell":
            return "Cannot be told from this export."
        return "Not known: no cause is supported by what this export holds."
    evidence = diagnosis.cause_of(diagnosis.cause).evidence_for
    return " ".join((load_causes()[diagnosis.cause].said, *evidence))


def _proof(situation: Situation) -> str:
    """Return what shows that the pool is large enough: peak, samples, chance with its bound."""
    diagnosis, chance = situation.diagnosis, situation.fit.rejection_probability
    peak = f"{number(diagnosis.peak)} of {_limit(situation)} threads"
    seen = f"In {number(diagnosis.samples)} samples at most {peak} were held"
    if chance.high is None:
        return f"{seen}; {rejected_words(diagnosis)}."
    return (
        f"{seen}; {rejected_words(diagnosis)}; by the model at most {share(chance.high)} of "
        f"attempts were (upper end of the 95\u202f% interval), the target being "
        f"{share(diagnosis.target)}."
    )


def also_words(situation: Situation) -> str:
    """Return the other supported causes in one line; empty for none."""
    others = situation.others if situation.cause is not None else ()
    named = [
        f"{load_causes()[cause.id].title} ({share(cause.share)} of {MEASURES[cause.explains]})"
        for cause in others
    ]
    return f"Also supported: {'; '.join(named)}." if named else ""


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
    told = 0 if diagnosis.case is None else diagnosis.case.told_rejections
    if told:
        return f"clients tell of {number(told)} rejected requests"
    return "whether requests were rejected is not known"


def _large_enough(situation: Situation) -> str:
    return (
        f"The thread pool is large enough: at most {number(situation.diagnosis.peak)} of "
        f"{_limit(situation)} threads were held"
    )


def _pool(situation: Situation) -> str:
    threads = situation.pool.threads
    return "The thread pool" if threads is None else f"The pool of {number(threads)} threads"


def _limit(situation: Situation) -> str:
    threads = situation.pool.threads
    return "an unknown number of" if threads is None else str(threads)


def _tail(situation: Situation) -> str:
    """Return what became of requests, where the lead has not said it."""
    if situation.diagnosis.cause in _SAYS_REJECTIONS:
        return ""
    if situation.diagnosis.state == "at_risk" and not situation.diagnosis.rejected.seen:
        return "; no request is known to have been rejected yet"
    return f"; {rejected_words(situation.diagnosis)}"


def _clause(situation: Situation, estimates: Estimates) -> str:
    del estimates
    cause = situation.cause
    if cause is None:
        return ""
    part = share(cause.share) if cause.share > 0 else "an unknown part"
    return WORDS[cause.id].clause.format(part=f"{part} of {MEASURES[cause.explains]}")


def _kept(situation: Situation, estimates: Estimates) -> str:
    del estimates
    if is_of_clients(situation.cause):
        return (
            "clients take connections of their pools and do not give them back "
            f"({_part(situation.cause)})"
        )
    kept = number(kept_threads(situation.diagnosis))
    return f"{kept} of {_limit(situation)} threads are held by transactions that nobody ends"


def _unread(situation: Situation, estimates: Estimates) -> str:
    if is_of_clients(situation.cause):
        return f"clients did not read their results ({_part(situation.cause)})"
    return _clause(situation, estimates)


def _part(cause: Cause | None) -> str:
    return "" if cause is None else f"{share(cause.share)} of {MEASURES[cause.explains]}"


def _too_few(situation: Situation, estimates: Estimates) -> str:
    need = estimates["recommended_threads"]
    more = f"; {number(need.value)} would have done" if need.value is not None else ""
    rejected = rejected_words(situation.diagnosis)
    return f"{_limit(situation)} threads are too few for this load: {rejected}{more}"


#: Causes whose lead says what became of requests.
_SAYS_REJECTIONS = frozenset({"pool_too_small"})
#: Headlines of their own.
_LEADS: Mapping[str, Callable[[Situation, Estimates], str]] = {
    "leaked_transactions": _kept,
    "pool_too_small": _too_few,
    "slow_consumer": _unread,
}


def _end_them(situation: Situation, estimates: Estimates, several: tuple[Change, ...]) -> str:
    del estimates, several
    oldest = situation.diagnosis.holders.oldest
    age = f" (the oldest is {span(oldest)} old)" if oldest else ""
    first = "Save the list of transactions" if situation.managed else "Save three thread dumps"
    return f"{first}, then end the idle transactions{age}."


def _not_inside(situation: Situation, estimates: Estimates, several: tuple[Change, ...]) -> str:
    del situation, estimates, several
    return "Have the clients do nothing else while a transaction is open."


def _raise(situation: Situation, estimates: Estimates, several: tuple[Change, ...]) -> str:
    need = estimates["recommended_threads"]
    change = next((c for c in several if c.where == "neo4j.conf"), None)
    if need.value is None or change is None:
        why = need.reason.removeprefix("none: ")
        why = "its settings are Neo4j's here" if situation.managed else why
        return f"Find what made the load peak; {why}."
    interval = (
        f"95\u202f% interval {number(need.low)} to {number(need.high)}"
        if need.low is not None
        else "no interval: the fit is doubtful"
    )
    beyond = " It passes another ceiling, see below." if _passes(change) else ""
    return (
        f"Raise {change.name} from {situation.pool.threads} to {number(need.value)} "
        f"({interval}; {change.takes_effect}), if cores and heap bear it.{beyond}"
    )


def _passes(change: Change) -> bool:
    return any(note.startswith("Beyond another ceiling") for note in change.notes)


def _by_rule(situation: Situation, estimates: Estimates, several: tuple[Change, ...]) -> str:
    """Return the rule's change, and its first number where the changes have one."""
    del estimates
    cause = situation.cause
    rule = next(
        rule for rule in load_rules().values() if cause is not None and rule.cause == cause.id
    )
    for change in several:
        # Values that are only examples do not lead.
        if change.where == "clients" and change.after and (change.before or change.bounded):
            since = f" from {change.before}" if change.before else ""
            return f"{situation.worded(rule.change)} First: {change.name}{since} to {change.after}."
    return situation.worded(rule.change)


#: What to do first, where the rule's own words are not enough.
_FIRST: Mapping[str, Callable[[Situation, Estimates, tuple[Change, ...]], str]] = {
    "leaked_transactions": _end_them,
    "client_think_time": _not_inside,
    "pool_too_small": _raise,
}


def _who(situation: Situation) -> str:
    holders = situation.diagnosis.holders
    if not holders.holders:
        return ""
    most = holders.holders[0]
    name = most.agent or most.user
    by = f"by {name} at {most.client}" if name else f"by clients at {most.client}"
    if situation.clients is not None and situation.clients.proxied:
        told = " as ".join(text for text in (most.agent, most.user) if text)
        by = f"by {told or 'a client'} behind {most.client}"
    count = f"{most.threads:.1f}".removesuffix(".0")
    of = f" of {holders.held:.1f}".removesuffix(".0") if holders.looks else ""
    return f" Most threads were held {by}: {count}{of} on average."


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]
