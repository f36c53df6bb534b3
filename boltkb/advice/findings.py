"""The findings of a report: one for each rule, those that could not be decided included."""

from __future__ import annotations

from dataclasses import dataclass

from boltkb.advice.situation import Situation
from boltkb.bolt import Cause, Diagnosis, Pool
from boltkb.bolt.clients import misread_idle
from boltkb.catalogue import Rule, load_rules
from boltkb.queueing import Fit, Sizing
from boltkb.tables import (
    Column,
    Markup,
    Shown,
    Table,
    escape,
    number,
    sentence,
    share,
    with_interval,
)

__all__ = ["Finding", "FindingList", "find"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule, what it found, and what follows.

    Parameters
    ----------
    rule : str
        Its id.
    title : str
    status : str
        `supported`, `contradicted`, `cannot_tell` or `not_applicable`.
    severity : str
        `high`, `medium`, `low` or `none`.
    cause : str or None
        The cause that it speaks of.
    evidence : tuple of str
    advice : str
    where : tuple of str
        Files and lines.
    """

    rule: str
    title: str
    status: str
    severity: str
    cause: str | None
    evidence: tuple[str, ...]
    advice: str
    where: tuple[str, ...] = ()

    def facts(self) -> dict[str, object]:
        """Return the finding for `facts.json`."""
        return {
            "rule": self.rule,
            "title": self.title,
            "status": self.status,
            "severity": self.severity,
            "cause": self.cause,
            "evidence": list(self.evidence),
            "advice": self.advice,
            "where": list(self.where),
        }


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return every finding, the gravest first, undecided rules before those that found nothing."""
    diagnosis = situation.diagnosis
    found = [
        *_causes(situation),
        _rejections(diagnosis),
        _ceiling(situation.pool, diagnosis),
        _idle(situation),
        _model(situation.pool, situation.fit),
        _margin(situation.sizing),
    ]
    severity = {"high": 0, "medium": 1, "low": 2, "none": 3}
    status = {"supported": 0, "cannot_tell": 1, "contradicted": 2, "not_applicable": 3}
    return tuple(sorted(found, key=lambda f: (status[f.status], severity[f.severity])))


def _causes(situation: Situation) -> list[Finding]:
    """Return a finding for each rule of each cause weighed."""
    rules: dict[str, list[Rule]] = {}
    for rule in load_rules().values():
        rules.setdefault(rule.cause, []).append(rule)
    causes = situation.diagnosis.causes
    return [
        _of(cause, rule, situation.worded(rule.change))
        for cause in causes
        for rule in rules.get(cause.id, ())
    ]


def _of(cause: Cause, rule: Rule, change: str) -> Finding:
    supported = cause.status == "supported"
    evidence = (cause.evidence_for if supported else cause.evidence_against) or cause.evidence_for
    missing = tuple(f"Would tell: {item}." for item in cause.missing)
    return Finding(
        rule=rule.id,
        title=rule.title,
        status=cause.status,
        severity=rule.severity if supported and rule.severity != "info" else "none",
        cause=cause.id,
        evidence=evidence + (missing if cause.status == "cannot_tell" else ()),
        advice=change if supported else "",
        where=tuple(str(place) for place in cause.where),
    )


def _rejections(diagnosis: Diagnosis) -> Finding:
    rejected = diagnosis.rejected
    where = tuple(str(place) for place in rejected.where)
    title = "Requests were rejected for want of a thread"
    if rejected.seen:
        amount = (
            f"at least {number(rejected.low)}"
            if rejected.value is None
            else with_interval(
                rejected.value,
                rejected.low if rejected.how == "estimated" else None,
                rejected.high if rejected.how == "estimated" else None,
            )
        )
        return Finding(
            "rejections", title, "supported", "high", None,
            (f"{amount} rejections: {rejected.reason}",),
            "A client that retries with backoff hides a rejection; one that does not shows an "
            "error to its user.",
            where,
        )  # fmt: skip
    if rejected.how == "unknown":
        return Finding(
            "rejections", title, "cannot_tell", "none", None, (rejected.reason,),
            "Add debug.log and neo4j.log of the same time.",
        )  # fmt: skip
    return Finding("rejections", title, "contradicted", "none", None, (rejected.reason,), "", where)


def _ceiling(pool: Pool, diagnosis: Diagnosis) -> Finding:
    title = "Every thread was held at the same time"
    if diagnosis.full_share is None or diagnosis.peak is None:
        return Finding(
            "full-pool", title, "cannot_tell", "none", None,
            ("The number of threads, or of held threads, is not in the export.",), "",
        )  # fmt: skip
    if diagnosis.full_share == 0:
        words = f"At most {number(diagnosis.peak)} of {pool.threads} threads, in "
        return Finding(
            "full-pool", title, "contradicted", "none", None,
            (f"{words}{diagnosis.samples} samples.",), "",
        )  # fmt: skip
    return Finding(
        "full-pool", title, "supported", "medium", None,
        (f"{share(diagnosis.full_share)} of {diagnosis.samples} samples show all {pool.threads}.",),
        "",
    )  # fmt: skip


def _idle(situation: Situation) -> Finding:
    title, idle = "Idle connections", situation.diagnosis.idle_connections
    if idle is None:
        return Finding(
            "idle-connections", title, "cannot_tell", "none", None,
            ("The metric connections_idle is not in the export.",), "",
        )  # fmt: skip
    misread = None if situation.case is None else misread_idle(situation.case.seen)
    words = (
        f"{number(round(idle))} connections were idle on average. An idle "
        "connection holds no Bolt thread. Each costs a socket, a file descriptor and buffers on "
        "the server, and any of them can ask for a thread at the same moment."
        if misread is None
        else misread.words
    )
    return Finding(
        "idle-connections", title, "supported", "none", None,
        (words,),
        "Nothing to do for the threads. To save sockets, make the drivers' pools smaller.",
    )  # fmt: skip


def _model(pool: Pool, fit: Fit) -> Finding:
    status = {"SOUND": "supported", "DOUBTFUL": "supported", "REFUSED": "cannot_tell"}
    return Finding(
        "model", f"The queueing model is {fit.verdict}", status[fit.verdict],
        "low" if fit.verdict == "DOUBTFUL" else "none", None,
        (pool.why, *map(sentence, fit.reasons)),
        "" if fit.verdict == "SOUND" else "Do not rely on the model's numbers alone.",
    )  # fmt: skip


def _margin(sizing: Sizing) -> Finding:
    title = "Room for more load"
    if sizing.margin.value is None:
        return Finding("margin", title, "cannot_tell", "none", None, (sizing.margin.reason,), "")
    busiest = (
        f"; the busiest few minutes reached {number(sizing.busiest.value)}"
        if sizing.busiest.value is not None
        else ""
    )
    words = (
        f"{share(sizing.target)} of attempts are rejected from a steady load of "
        f"{number(sizing.margin.value)} erlangs on{busiest}."
    )
    return Finding(
        "margin", title, "supported", "none", None, (words, sentence(sizing.forecast.reason)), ""
    )


@dataclass(frozen=True, slots=True)
class FindingList(Shown):
    """Every finding: what was found, what cannot be told, and what was looked for in vain.

    Parameters
    ----------
    findings : tuple of Finding
    notes : tuple of str
        What not to do.
    """

    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n\n".join(str(table) for _, table in self._tables())

    def to_html(self) -> str:
        """Return the findings as one line of HTML; causes that were not found are folded."""
        (_, first), *others = self._tables()
        folded = "".join(
            f'<details class="boltkb-more"><summary>{escape(title)} ({len(table.rows)})</summary>'
            f"{table.to_html()}</details>"
            for title, table in others
        )
        return first.to_html() + folded

    def _tables(self) -> list[tuple[str, Table]]:
        groups: dict[str, list[Finding]] = {"": [], _UNTOLD: [], _VAIN: []}
        for finding in self.findings:
            open_question = finding.cause is not None and finding.status != "supported"
            title = "" if not open_question else _GROUPS.get(finding.status, _VAIN)
            groups[title].append(finding)
        return [
            (title, _table(several, self.notes if not title else (), title))
            for title, several in groups.items()
            if several or not title
        ]


_UNTOLD = "Causes that this export cannot tell"
_VAIN = "Causes looked for and not found"
_GROUPS = {"cannot_tell": _UNTOLD}


def _table(findings: list[Finding], notes: tuple[str, ...], title: str) -> Table:
    kinds = {"high": "bad", "medium": "warn", "low": "warn", "none": "ok"}
    words = {
        "cannot_tell": "cannot tell",
        "contradicted": "not found",
        "not_applicable": "not applicable",
    }
    rows = []
    for finding in findings:
        note = "note" if finding.severity == "none" else finding.severity
        word = words.get(finding.status, note)
        kind = kinds[finding.severity] if finding.status == "supported" else "unknown"
        places = ", ".join(finding.where[:3])
        rows.append(
            (
                Markup(f'<span class="boltkb-chip {kind}">{escape(word)}</span>'),
                _linked(finding),
                " ".join(finding.evidence) + (f" [{places}]" if places else ""),
                finding.advice,
            )
        )
    columns = (Column("Weight"), Column("Finding"), Column("Evidence"), Column("Do this"))
    return Table(columns, tuple(rows), title=title, notes=notes, kind="boltkb-findings")


def _linked(finding: Finding) -> str:
    """Return the title, linked to the tuning guidance where that has a section on the rule."""
    if finding.rule not in load_rules():
        return finding.title
    return Markup(f'<a href="../tuning.html#{escape(finding.rule)}">{escape(finding.title)}</a>')
