"""What the diagnosis says of captures of a real server, whose truth is known.

`write` puts the committed captures on the page; a test holds the page to it.  Captures that are
not committed are named with `python -m evidence captures --more FOLDER`, and what was said of them
is kept.
"""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import boltkb
from benchmarks.pages import between
from boltkb.bolt import Diagnosis
from boltkb.catalogue import load_causes

__all__ = [
    "CAPTURES", "PAGE", "Told", "diagnose_capture", "folders", "main", "render", "stored", "tell",
    "write",
]  # fmt: skip

ROOT = Path(__file__).resolve().parents[1]
CAPTURES = ROOT / "data" / "captures"
PAGE = ROOT / "docs" / "evidence" / "real-captures.md"
RESULTS = Path(__file__).with_name("captures.json")


@dataclass(frozen=True, slots=True)
class Told:
    """What was staged in a capture, and what the diagnosis says.

    Parameters
    ----------
    name : str
    staged : str or None
        The true cause; None where nothing was wrong.
    state : str
    cause : str or None
    confidence : str
    """

    name: str
    staged: str | None
    state: str
    cause: str | None
    confidence: str

    @property
    def mark(self) -> str:
        """Whether it is right, not told, or wrong; nothing wrong must be called so."""
        if self.cause == self.staged and (self.staged is not None or self.state == "ok"):
            return "right"
        return "not told" if self.cause is None and self.staged is not None else "**wrong**"


def tell(folder: Path) -> Told:
    """Return what the diagnosis says of a capture."""
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    found = diagnose_capture(folder)
    return Told(folder.name, truth["cause"], found.state, found.cause, found.confidence)


@functools.cache
def diagnose_capture(folder: Path) -> Diagnosis:
    """Return the diagnosis of a capture, made once."""
    export = boltkb.open_export(folder)
    pool = boltkb.read_pool(export)
    seen = boltkb.observe(export, pool)
    return boltkb.diagnose(export, pool, seen, boltkb.fit_queue(seen))


def folders(place: Path) -> list[Path]:
    """Return the captures of a place, by name."""
    return sorted(path.parent for path in place.glob("*/truth.json"))


def stored() -> tuple[Told, ...]:
    """Return what was said of captures that are not committed."""
    return tuple(Told(**row) for row in json.loads(RESULTS.read_text(encoding="utf-8")))


def render(committed: Sequence[Told], others: Sequence[Told]) -> str:
    """Return both tables and their sum as Markdown."""
    every = [*committed, *others]
    marks = [told.mark for told in every]
    causes = {told.staged for told in every if told.mark == "right"} - {None}
    lead = (
        f"Of {len(every)} captures **{marks.count('right')} are told right, "
        f"{marks.count('not told')} are not told** (and the report says what would tell), "
        f"**{marks.count('**wrong**')} wrong**. {len(causes)} different causes are told."
    )
    return "\n\n".join(
        [
            lead,
            "## Committed captures\n\n" + _table(committed),
            "## Other parameters\n\n" + _table(others),
        ]
    )


def write(more: Path | None = None) -> None:
    """Write the page anew; with a folder of further captures, what is said of these too."""
    if more is not None:
        rows = [asdict(tell(folder)) for folder in folders(more)]
        RESULTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    part = render([tell(folder) for folder in folders(CAPTURES)], stored())
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(between(text, "captures", part), encoding="utf-8")


def main(words: Sequence[str]) -> int:
    """Write the page; `--more` names a folder of further captures."""
    parser = argparse.ArgumentParser(prog="python -m evidence captures", description=__doc__)
    parser.add_argument("--more", type=Path, help="a folder of further captures")
    write(parser.parse_args(list(words)).more)
    return 0


def _table(rows: Sequence[Told]) -> str:
    lines = ["| Capture | What was staged | What the report says | Confidence | It is |",
             "|---|---|---|---|---|"]  # fmt: skip
    for told in rows:
        said = "*no cause named*"
        if told.cause is not None or told.mark == "right":
            said = _named(told.cause)
        lines.append(
            f"| {told.name.removeprefix('neo4j-5.26-')} | {_named(told.staged)} "
            f"| {told.state.replace('_', ' ')}; {said} | {told.confidence} | {told.mark} |"
        )
    return "\n".join(lines)


def _named(cause: str | None) -> str:
    title = "Nothing wrong" if cause is None else load_causes()[cause].title
    return title[:1].lower() + title[1:]
