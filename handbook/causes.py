"""The reference page of the causes: what each is, what speaks for it, and what would tell.

Knows no cause: words are the catalogue's, sentences those that reports gave on committed captures
and published cases, and what would tell is asked of the rules themselves.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import boltkb
from boltkb.bolt import Cause
from boltkb.catalogue import (
    GROUPS,
    CauseName,
    Rule,
    load_causes,
    load_rules,
    load_settings,
)
from evidence import captures, cases, diagnosis, examples
from evidence.examples import Example
from evidence.levels import LEVELS
from evidence.scores import first_right
from handbook.markdown import claim, code, front, plain, table

__all__ = ["causes"]

#: What a group answers, as a heading.
TITLES: Mapping[str, str] = dict(
    zip(
        GROUPS,
        (
            "The pool is too small",
            "Its threads are held",
            "Clients or requests are too many",
            "Something else fails",
        ),
        strict=True,
    )
)
#: The least that an export may hold: threads ran out, and nothing tells of why.
_VERSION = "5.26.0"
_LOG = """\
2026-11-01 10:00:00.000+0000 INFO  ======== Neo4j 5.26.0 ========
2026-11-01 10:05:00.000+0000 ERROR Increase in thread starvation events detected \
(3 events over a period of 600000 ms)
"""
#: So many exports, and so many different sentences, are quoted for or against a cause.
_QUOTED = 2


def causes() -> str:
    """Return the page of every cause that a diagnosis weighs."""
    lines = front(
        "Causes",
        "Every cause that boltkb weighs: what it is, what speaks for and against it, what would "
        "tell, and how often it was told right.",
        "**A cause is named only where evidence speaks for it, never for want of another.** What "
        "is quoted here are sentences of reports on [captures of a real "
        "server](../evidence/real-captures.md) and on [published cases](../cases/index.md); how "
        "often a cause is told right was counted on [simulated runs](../evidence/diagnosis.md), "
        "at three levels of evidence.",
        "whoever wants to know what a named cause rests on",
        origin="the catalogue, the rules and the tables of evidence",
    )
    known = load_causes()
    quoted: dict[str, list[Example]] = defaultdict(list)
    for example in examples.stored():
        quoted[example.cause].append(example)
    right = _told_right()
    rows = [
        (f"[{plain(cause.title)}](#{cause.id})", TITLES[cause.group], _rate(right, cause, -1))
        for group in GROUPS
        for cause in known.values()
        if cause.group == group
    ]
    lines += table(("Cause", "Its answer", "Told right in simulated runs, from everything"), rows)
    wanted = {cause.id: cause for cause in _with_hardly_anything()}
    for group in GROUPS:
        lines += [f"## {TITLES[group]} {{ #{group} }}", ""]
        for cause in known.values():
            if cause.group == group:
                lines += _entry(cause, quoted[cause.id], wanted[cause.id], right)
    return "\n".join(lines)


def _entry(
    cause: CauseName,
    quoted: Sequence[Example],
    wanted: Cause,
    right: Mapping[str, Sequence[tuple[int, int]]],
) -> list[str]:
    rules = [rule for rule in load_rules().values() if rule.cause == cause.id]
    lines = [
        f"### {plain(cause.title)} {{ #{cause.id} }}",
        "",
        f"{plain(cause.said)} {claim(cause.source, 'source')}",
        "",
        *table(("What", "Answer"), _facts(cause, rules, quoted, right)),
    ]
    lines += _for(quoted)
    lines += _against(quoted)
    lines += _would_tell(wanted)
    return lines


def _facts(
    cause: CauseName,
    rules: Sequence[Rule],
    quoted: Sequence[Example],
    right: Mapping[str, Sequence[tuple[int, int]]],
) -> list[tuple[str, str]]:
    kinds = Counter(kind for one in quoted if one.status == "supported" for kind in one.kinds)
    changes = "<br>".join(
        f"[{plain(_named(rule.change))}](../tuning.md#{rule.id})" for rule in rules
    )
    shown = ", ".join(_export(one.export) for one in quoted if one.leads)
    elsewhere = [
        f"{told.name}: {told.mark}" for told in captures.stored() if told.staged == cause.id
    ]
    rows = [
        ("in `facts.json`", code(cause.id)),
        ("change", changes),
        ("do not", "<br>".join(plain(_named(rule.do_not)) for rule in rules if rule.do_not)),
        ("told by", plain(", ".join(kinds)) if kinds else ""),
        ("named in", shown or "no committed capture, and no published case"),
        ("in captures that are not kept", ", ".join(elsewhere)),
    ]
    if cause.alone:
        rows.append(("beside a pool that is *ok*", "may be named: the pool is not what fails"))
    if cause.id not in right:
        rows.append(("told right, simulated", _rate(right, cause, -1)))
    else:
        rows += [
            (f"told right, simulated, from {level}", _rate(right, cause, place))
            for place, level in enumerate(LEVELS)
        ]
    return [row for row in rows if row[1]]


def _for(quoted: Sequence[Example]) -> list[str]:
    found = [one for one in quoted if one.status == "supported"]
    lines = []
    for one in sorted(found, key=lambda one: not one.leads)[:_QUOTED]:
        lines += [f"**Spoke for it** in {_export(one.export)}:", ""]
        lines += [*(f"- {plain(words)}" for words in one.sentences), ""]
    return lines


def _against(quoted: Sequence[Example]) -> list[str]:
    """Return the sentences that were said against a cause most often, once each."""
    forms: dict[str, list[str]] = defaultdict(list)
    for one in quoted:
        if one.status == "contradicted":
            for words in one.sentences:
                forms[re.sub(r"[\d.,:]+", "0", words)].append(words)
    most = sorted(forms.values(), key=len, reverse=True)[:_QUOTED]
    if not most:
        return []
    lines = ["**Spoke against it**, most often:", ""]
    return [*lines, *(f"- {plain(words[0])}" for words in most), ""]


def _would_tell(wanted: Cause) -> list[str]:
    if wanted.missing:
        lines = [f"**Would tell**, where a log of {_VERSION[:-2]} Enterprise is all there is:", ""]
        return [*lines, *(f"- {plain(words)}" for words in wanted.missing), ""]
    # A cause that cannot be so here says what rules it out.
    return [f"**Ruled out by**: {' '.join(plain(words) for words in wanted.evidence_against)}", ""]


def _with_hardly_anything() -> tuple[Cause, ...]:
    """Return every cause as it stands where threads ran out and nothing tells of why."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "neo4j.log").write_text(_LOG, encoding="utf-8")
        export = replace(boltkb.open_export(folder), edition="enterprise")
    pool = boltkb.read_pool(export)
    seen = boltkb.observe(export, pool)
    return boltkb.diagnose(export, pool, seen, boltkb.fit_queue(seen)).causes


def _told_right() -> dict[str, list[tuple[int, int]]]:
    """Return for each staged cause how many runs showed it, and in how many it was named first."""
    found: dict[str, list[tuple[int, int]]] = {}
    for run in diagnosis.stored().runs:
        if run.truth.kind != "case" or run.truth.cause is None:
            continue
        counts = found.setdefault(run.truth.cause, [(0, 0)] * len(LEVELS))
        for place, level in enumerate(LEVELS):
            part, whole = counts[place]
            counts[place] = (part + first_right(run.truth, run.answers[level]), whole + 1)
    return found


def _rate(right: Mapping[str, Sequence[tuple[int, int]]], cause: CauseName, place: int) -> str:
    if cause.id not in right:
        return "not simulated" if cause.scenario is None else "in no simulated run it did harm"
    part, whole = right[cause.id][place]
    return f"{part} of {whole}"


def _export(name: str) -> str:
    """Return an export's name as a link to the page that tells of it."""
    for case in cases.load_cases():
        if case.folder.name == name:
            return f"the case [{plain(case.title)}](../cases/{name}.md)"
    return f"the capture [{name}](../evidence/real-captures.md)"


def _named(words: str) -> str:
    """Return a rule's words with its settings by their newest names."""
    settings = load_settings()
    return re.sub(r"\{([\w-]+)\}", lambda found: settings[found[1]].names[-1].name, words)
