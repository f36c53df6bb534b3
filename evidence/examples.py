"""What the diagnosis said for and against each cause, of captures and of published cases.

The table beside this file is written by `python -m evidence examples`; tests that diagnose the
same exports anyway hold it to what is said of them.  The reference page of the causes quotes it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from boltkb.bolt import Diagnosis
from evidence import captures, cases

__all__ = ["Example", "said", "stored", "write"]

RESULTS = Path(__file__).with_name("examples.json")


@dataclass(frozen=True, slots=True)
class Example:
    """What was said of one cause in one export.

    Parameters
    ----------
    export : str
        The folder's name.
    cause : str
    status : str
        `supported` or `contradicted`; causes that could not be told are no examples.
    sentences : tuple of str
        For it where it is supported, against it otherwise.
    kinds : tuple of str
        Of the evidence, where it is supported.
    leads : bool
        Whether it is the cause that was named.
    """

    export: str
    cause: str
    status: str
    sentences: tuple[str, ...]
    kinds: tuple[str, ...]
    leads: bool


def said(export: str, diagnosis: Diagnosis) -> tuple[Example, ...]:
    """Return what a diagnosis says for and against causes.

    Parameters
    ----------
    export : str
        The folder's name.
    diagnosis : Diagnosis
    """
    return tuple(
        Example(
            export,
            cause.id,
            cause.status,
            cause.evidence_for if cause.status == "supported" else cause.evidence_against,
            cause.kinds,
            cause.id == diagnosis.cause,
        )
        for cause in diagnosis.causes
        if cause.status in ("supported", "contradicted")
    )


def stored() -> tuple[Example, ...]:
    """Return the examples of the table, captures first."""
    rows = json.loads(RESULTS.read_text(encoding="utf-8"))
    return tuple(
        Example(**{**row, "sentences": tuple(row["sentences"]), "kinds": tuple(row["kinds"])})
        for row in rows
    )


def write() -> None:
    """Write the table anew."""
    found: list[Example] = []
    for folder in captures.folders(captures.CAPTURES):
        found += said(folder.name, captures.diagnose_capture(folder))
    for case in cases.load_cases():
        found += said(case.folder.name, cases.examine(case)[0])
    RESULTS.write_text(_text(found), encoding="utf-8")


def _text(found: Sequence[Example]) -> str:
    rows = [json.dumps(asdict(one), ensure_ascii=False) for one in found]
    return "[\n" + ",\n".join(rows) + "\n]\n"
