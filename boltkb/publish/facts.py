"""The facts of a report, gathered from an executed notebook and checked.

Results put their facts into the notebook beside their text and HTML.  Here they are merged,
held against the schema of `facts.json`, and written.  A part that is missing is an error of
the run, never a gap that somebody downstream has to guess at.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from boltkb.catalogue import load_causes
from boltkb.errors import RunError
from boltkb.tables import FACTS_MIME

__all__ = ["ESTIMATES", "SCHEMA", "Facts", "check_facts", "dump_facts", "gather_facts"]

#: The version of the schema of `facts.json`.
SCHEMA = 1

#: The estimates every report answers, with a value or with the reason why there is none.
ESTIMATES = (
    "offered_load",
    "busy_threads_mean",
    "busy_threads_peak",
    "rejection_probability",
    "rejections_observed",
    "recommended_threads",
    "arrival_rate",
    "mean_hold",
)

State = Literal["ok", "at_risk", "saturated", "cannot_tell"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)


class SourceFacts(_Part):
    """One file that was read."""

    path: str
    kind: str


class QueryFacts(_Part):
    """What the query logs count."""

    completed: int = Field(ge=0)
    failed: int = Field(ge=0)
    unfinished: int = Field(ge=0)


class HoldFacts(_Part):
    """What the trace of threads counts."""

    asked: int = Field(ge=0)
    begun: int = Field(ge=0)
    rejected: int = Field(ge=0)
    unfinished: int = Field(ge=0)


class DriverFacts(_Part):
    """A connection pool on the client's side."""

    language: str
    address: str
    counts: dict[str, int]


class SocketFacts(_Part):
    """What lists of sockets count."""

    lists: int = Field(ge=0)
    by_state: dict[str, int]


class MachineFacts(_Part):
    """What the server says of its machine."""

    value: float | None
    text: str
    where: str


class AnswerFacts(_Part):
    """Whether the export answers a question, and by what."""

    id: str
    state: Literal["answered", "partly", "cannot_tell"]
    recipes: list[str]


class StepFacts(_Part):
    """A way to more evidence."""

    recipe: str
    title: str
    takes_effect: str
    snippets: list[dict[str, str | None]]


class MissingFacts(_Part):
    """What the export can tell, and how to have the rest."""

    answers: list[AnswerFacts]
    steps: list[StepFacts]


class ExportFacts(_Part):
    """What the export is and what it holds."""

    name: str = Field(min_length=1)
    version: str | None
    edition: str | None
    start: str | None
    end: str | None
    sources: list[SourceFacts]
    # Facts that were written before these were known lack them.
    evidence: dict[str, int] = Field(default_factory=dict)
    queries: QueryFacts | None = None
    holds: HoldFacts | None = None
    drivers: list[DriverFacts] = Field(default_factory=list)
    sockets: SocketFacts | None = None
    machine: dict[str, MachineFacts] = Field(default_factory=dict)
    servers: list[str] = Field(default_factory=list)
    # Only where the report asks what is missing.
    missing: MissingFacts | None = None


class PoolFacts(_Part):
    """The thread pool as configured, with where each value comes from."""

    max_threads: int | None
    min_threads: int | None
    queue_size: int | None
    discipline: str | None
    provenance: object


class VerdictFacts(_Part):
    """The answer."""

    state: State
    headline: str = Field(min_length=1)
    cause: str | None
    confidence: Literal["high", "medium", "low"]

    @model_validator(mode="after")
    def _nothing_wrong_has_no_cause(self) -> VerdictFacts:
        # The pool may be large enough while something else fails.
        beside = {None, *(cause.id for cause in load_causes().values() if cause.alone)}
        if self.state == "ok" and self.cause not in beside:
            raise ValueError(f"the state is `ok`, yet a cause is named: {self.cause!r}")
        return self


class EstimateFacts(_Part):
    """A number with its interval, or the reason why there is none."""

    value: float | int | None
    low: float | int | None
    high: float | int | None
    unit: str
    reason: str | None

    @model_validator(mode="after")
    def _absent_with_a_reason(self) -> EstimateFacts:
        if self.value is None and not self.reason:
            raise ValueError("there is no value and no reason either")
        return self


class ModelFacts(_Part):
    """A fitted model, with the checks it was put to."""

    name: str
    verdict: str
    parameters: dict[str, object]
    checks: list[dict[str, object]]


class FindingFacts(_Part):
    """A finding, with its evidence and what to do."""

    rule: str
    status: str
    severity: str | None
    cause: str | None
    evidence: object
    advice: object


class Facts(_Part):
    """The facts of one report."""

    export: ExportFacts
    pool: PoolFacts
    verdict: VerdictFacts
    estimates: dict[str, EstimateFacts]
    models: list[ModelFacts]
    findings: list[FindingFacts]

    @model_validator(mode="after")
    def _every_estimate(self) -> Facts:
        missing = [name for name in ESTIMATES if name not in self.estimates]
        if missing:
            raise ValueError(f"estimates are missing: {', '.join(missing)}")
        return self


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
