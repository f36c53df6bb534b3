"""The facts of a report, gathered from an executed notebook and checked.

Results put their facts into the notebook beside their text and HTML.  Here they are merged,
held against the schema of `facts.json`, and written.  A part that is missing is an error of
the run, never a gap that somebody downstream has to guess at.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Protocol

from pydantic import ValidationError

from boltkb.errors import RunError
from boltkb.publish.schema import SCHEMA, Facts
from boltkb.tables import FACTS_MIME

__all__ = ["check_facts", "dump_facts", "gather_facts"]


class _Cells(Protocol):
    """The little of a notebook that is needed here."""

    cells: Sequence[Mapping[str, object]]


def gather_facts(notebook: _Cells) -> dict[str, object]:
    """Return the facts that the outputs of an executed notebook carry, merged.

    Where two outputs speak of the same key, the later wins; mappings are merged one level
    deep.  Numbers that JSON cannot carry (NaN, infinities) become null.

    Parameters
    ----------
    notebook : notebook node
        With its outputs.

    Returns
    -------
    dict
        Without the schema's version; empty when no output carried facts.
    """
    merged: dict[str, object] = {}
    for cell in notebook.cells:
        outputs = cell.get("outputs") or []
        if not isinstance(outputs, Sequence):
            continue
        for output in outputs:
            part = output.get("data", {}).get(FACTS_MIME) if isinstance(output, Mapping) else None
            if not isinstance(part, Mapping):
                continue
            for key, value in part.items():
                old = merged.get(key)
                both = isinstance(old, Mapping) and isinstance(value, Mapping)
                merged[key] = _finite({**old, **value} if both else value)  # type: ignore[dict-item]
    return merged


def check_facts(facts: Mapping[str, object]) -> Facts:
    """Return the facts, checked against the schema.

    Raises
    ------
    RunError
        When parts are missing or of the wrong kind; all of them are named.
    """
    try:
        return Facts.model_validate(dict(facts))
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in item['loc']) or 'facts'}: "
            f"{item['msg'].removeprefix('Value error, ')}"
            for item in error.errors(include_url=False)
        ]
        raise RunError(
            "the notebook ran, but the facts it left are incomplete: " + "; ".join(problems)
        ) from None


def dump_facts(facts: Mapping[str, object]) -> str:
    """Return the facts as the text of `facts.json`, the schema's version first."""
    whole = {"schema": SCHEMA, **facts}
    return json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
