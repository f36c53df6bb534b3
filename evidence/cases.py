"""Published cases as exercises: what the evidence of each carries, and a page for each.

`data/cases/NN-name/` holds a case as it was told in public (`case.toml`) and small files in the
shape of what its thread shows (`evidence/`), written for this purpose.  The pages say what boltkb
makes of these files; a test makes them again.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

import boltkb
from boltkb.advice.advise import Advice
from boltkb.bolt import Cause, Diagnosis
from boltkb.bolt.causes import would_tell
from boltkb.bolt.window import iso
from boltkb.catalogue import load_causes
from handbook.reading import LOOKED_UP, for_whom

__all__ = [
    "CASES",
    "PAGES",
    "PublishedCase",
    "examine",
    "load_cases",
    "render",
    "render_index",
    "write",
]

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "data" / "cases"
PAGES = ROOT / "docs" / "cases"
#: So many things of a kind are told on a page; the report of an export has all of them.
_MOST = 4
#: So many causes are named beside what would tell of them.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class PublishedCase:
    """A case as it was told in public.

    Parameters
    ----------
    folder : Path
    number : int
    title, reference, url, versions : str
    told, published_cause, fix : str
        What was seen, what it turned out to be, and what was done about it.
    evidence, lesson : str
    expected : str
        The id of the cause that boltkb names; empty where the evidence does not carry one.
    """

    folder: Path
    number: int
    title: str
    reference: str
    url: str
    versions: str
    told: str
    published_cause: str
    fix: str
    evidence: str
    lesson: str
    expected: str


def load_cases() -> tuple[PublishedCase, ...]:
    """Return every case, by its number."""
    found = []
    for path in sorted(CASES.glob("*/case.toml")):
        with path.open("rb") as file:
            found.append(PublishedCase(folder=path.parent, **tomllib.load(file)))
    return tuple(sorted(found, key=lambda case: case.number))


@functools.cache
def examine(case: PublishedCase) -> tuple[Diagnosis, Advice]:
    """Return what boltkb makes of a case's files, looked at once."""
    export = boltkb.open_export(case.folder / "evidence")
    pool = boltkb.read_pool(export)
    seen = boltkb.observe(export, pool)
    fit = boltkb.fit_queue(seen)
    diagnosis = boltkb.diagnose(export, pool, seen, fit)
    return diagnosis, boltkb.advise(pool, fit, boltkb.size_threads(fit), diagnosis)


def render(case: PublishedCase) -> str:
    """Return the page of a case as Markdown."""
    diagnosis, advice = examine(case)
    body = "\n".join(_body(case, diagnosis, advice))
    return "\n".join(
        [
            "---",
            f'title: "{case.title}"',
            f'description: "A published case, {case.versions}, and what its evidence carries."',
            "---",
            "",
            f"# {case.title}",
            "",
            for_whom("whoever has seen something like it, and for practice", body),
            "",
            body,
        ]
    )


def _body(case: PublishedCase, diagnosis: Diagnosis, advice: Advice) -> list[str]:
    """Return what stands below the title."""
    return [
        f"**{case.versions}.** Read the evidence and decide before you read on.",
        "",
        f"{case.told} ([{case.reference}]({case.url}))",
        "",
        (
            f"**The evidence.** {case.evidence} The files were written for this exercise in "
            f"the shape of what the thread shows: `data/cases/{case.folder.name}/evidence`."
        ),
        "",
        "## What boltkb says",
        "",
        f"**{_plain(advice.headline)}.**",
        "",
        _named(diagnosis),
        "",
        *_looked_at(diagnosis),
        *_weighed(diagnosis),
        "## What it was",
        "",
        case.published_cause,
        "",
        f"**What was done.** {case.fix}",
        "",
        "## What to take from it",
        "",
        case.lesson,
        "",
    ]


def render_index(cases: tuple[PublishedCase, ...]) -> str:
    """Return the page that lists the cases."""
    rows = []
    for case in cases:
        diagnosis, _ = examine(case)
        rows.append(
            f"| {case.number} | [{case.title}]({case.folder.name}.md) | {case.versions} "
            f"| {_title(diagnosis.cause)} |"
        )
    return "\n".join(
        [
            "---",
            "title: Published cases",
            "description: 25 cases that were told in public, as exercises.",
            "---",
            "",
            "# Published cases",
            "",
            f"*For whoever has seen something like it. {LOOKED_UP}*",
            "",
            (
                "Cases that were told in public, each with small files in the shape of its "
                "evidence, which were written for these exercises: no file is the original. "
                "Where the evidence does not carry the cause, *cannot tell* is the right answer, "
                "and the page says what would have told."
            ),
            "",
            "| No. | Case | Where | From its evidence |",
            "|--:|---|---|---|",
            *rows,
            "",
        ]
    )


def write() -> None:
    """Write every page anew."""
    PAGES.mkdir(exist_ok=True)
    cases = load_cases()
    for case in cases:
        (PAGES / f"{case.folder.name}.md").write_text(render(case))
    (PAGES / "index.md").write_text(render_index(cases))


def _named(diagnosis: Diagnosis) -> str:
    sure = f"Confidence: {diagnosis.confidence}."
    if diagnosis.cause is None:
        return f"The cause: **cannot be told** from this evidence. {sure}"
    cause = diagnosis.cause_of(diagnosis.cause)
    name = load_causes()[cause.id]
    words = " ".join(_plain(sentence) for sentence in cause.evidence_for)
    return f"The cause: **{_within(name.title)}**. {name.said} {words} {sure}"


def _looked_at(diagnosis: Diagnosis) -> list[str]:
    """Return which part of a long export this is about; empty where it is the whole."""
    window = diagnosis.case.seen.window
    if not window.how.startswith("the worst incident"):
        return []
    return [
        (
            "Of the whole export boltkb looks at the worst incident by itself, from "
            f"{iso(window.start)} to {iso(window.end)}."
        ),
        "",
    ]


def _weighed(diagnosis: Diagnosis) -> list[str]:
    """Return what else is possible, and what would tell."""
    lines = []
    beside = [c for c in diagnosis.causes if c.status == "supported" and c.id != diagnosis.cause]
    if beside:
        lines += ["Beside it:", "", *(_row(cause, cause.evidence_for) for cause in beside), ""]
    if diagnosis.cause is not None:
        return lines
    hinted = [c for c in diagnosis.causes if c.status == "cannot_tell" and c.evidence_for]
    if hinted:
        lines += ["Something speaks for, and does not settle:", ""]
        lines += [*(_row(cause, cause.evidence_for) for cause in hinted[:_MOST]), ""]
    wanted = would_tell(diagnosis.causes)
    if wanted:
        lines += ["What would tell, the most telling first:", ""]
        lines += [f"- {_plain(item)} ({_several(ids)})" for item, ids in wanted[:_MOST]]
        lines.append("")
    return lines


def _several(ids: tuple[str, ...]) -> str:
    """Return what an item would tell of, a few of them by name."""
    names = [_within(_title(identity)) for identity in ids[:_NAMED]]
    more = len(ids) - len(names)
    return "tells of: " + "; ".join(names) + (f"; and {more} more" if more else "")


def _within(title: str) -> str:
    """Return a title as part of a sentence."""
    return title[:1].lower() + title[1:]


def _row(cause: Cause, sentences: tuple[str, ...]) -> str:
    return f"- *{_title(cause.id)}*: {' '.join(_plain(words) for words in sentences)}"


def _title(identity: str | None) -> str:
    return "Cannot be told" if identity is None else load_causes()[identity].title


def _plain(words: str) -> str:
    """Return text that Markdown takes as text."""
    return words.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
