"""The facts of one report as a whole, and their JSON Schema."""

from __future__ import annotations

from pydantic import Field, model_validator

from boltkb.publish.schema.advice import ActionFacts, CauseFacts, FindingFacts, VerdictFacts
from boltkb.publish.schema.export import ExportFacts
from boltkb.publish.schema.part import EstimateFacts, Part, told
from boltkb.publish.schema.pool import (
    ClientsPoolsFacts,
    CourseFacts,
    HolderFacts,
    LookFacts,
    PoolFacts,
    WindowFacts,
)
from boltkb.publish.schema.theory import FitFacts, ModelFacts, SizingFacts

__all__ = ["ESTIMATES", "SCHEMA", "Facts", "json_schema"]

#: The version of the schema: it grows by one when a key goes, or changes its type or meaning.  A
#: key that is new leaves it as it is.
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


class RunFacts(Part):
    """The run that made the report."""

    notebook: str = told("Its name.")
    parameters: dict[str, object] = told("As given, without what is private.")
    export_id: str = told("The same for two reports on the same export; says nothing of its place.")
    boltkb: str = told("The version.")
    published: str | None = told("When the notebook had run.", unit="ISO 8601")


class Facts(Part):
    """The facts of one report."""

    export: ExportFacts = told("What the export is and what it holds.")
    pool: PoolFacts = told("The thread pool as configured.")
    verdict: VerdictFacts = told("The answer.")
    estimates: dict[str, EstimateFacts] = Field(
        description=f"By name; always there: {', '.join(f'`{name}`' for name in ESTIMATES)}.",
        json_schema_extra={"required": list(ESTIMATES)},
    )
    models: list[ModelFacts] = told("Fitted models.")
    findings: list[FindingFacts] = told("One for each rule, whatever came of it.")
    causes: list[CauseFacts] = told("Every cause weighed, in order.", default=None)
    actions: ActionFacts = told("What to do.", default=None)
    window: WindowFacts = told("What was analysed.", default=None)
    clients: list[HolderFacts] = told("Who held threads; empty without a look.", default=None)
    thread_time: list[LookFacts] = told("What held threads did.", default=None)
    pools: ClientsPoolsFacts = told("The clients' own pools.", default=None)
    course: CourseFacts = told("How load and work moved.", default=None)
    fit: FitFacts = told("What stands beside the models.", default=None)
    sizing: SizingFacts = told("Threads for the target.", default=None)
    run: RunFacts = told("The run that made the report.", default=None)

    @model_validator(mode="after")
    def _every_estimate(self) -> Facts:
        missing = [name for name in ESTIMATES if name not in self.estimates]
        if missing:
            raise ValueError(f"estimates are missing: {', '.join(missing)}")
        return self


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of `facts.json`, draft 2020-12.

    Examples
    --------
    >>> json_schema()["properties"]["schema"]["const"]
    1
    """
    made = Facts.model_json_schema()
    version = {"const": SCHEMA, "description": "The version of this schema."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "facts.json of boltkb",
        "properties": {"schema": version, **made["properties"]},
        "required": ["schema", *made["required"]],
    }
