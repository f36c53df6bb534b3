"""What a fit says: models with their checks, estimates with their intervals, a verdict in words.

Values and their presentation; nothing is computed here but text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from boltkb.queueing.candidates import (
    BusyHistogram,
    Candidate,
    ChangePoint,
    LoadWindows,
    Scale,
    candidate_table,
    change_table,
    scale_table,
)
from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.forecast import Forecast
from boltkb.queueing.observations import Estimate, Observations
from boltkb.tables import Column, Shown, Table, escape

__all__ = ["BusyHistogram", "Check", "Fit", "LoadWindows", "ModelFit", "Verdict"]

Verdict = Literal["SOUND", "DOUBTFUL", "REFUSED"]

NOT_MADE = Estimate(None, None, None, "erlangs", "the fit is refused")

TONE: Mapping[str, str] = {"SOUND": "ok", "DOUBTFUL": "warn", "REFUSED": "bad"}


@dataclass(frozen=True, slots=True)
class Check:
    """One assumption of a model, held against the data.

    Parameters
    ----------
    name : str
    statistic : float or None
        None when the check could not be made.
    operator : "<=" or ">="
    threshold : float
    passed : bool or None
    comment : str
        What was compared, and what a failure means.

    Examples
    --------
    >>> Check("below_ceiling", 8.0, "<=", 8.0, True, "most servers seen busy").outcome
    'passed'
    """

    name: str
    statistic: float | None
    operator: Literal["<=", ">="]
    threshold: float
    passed: bool | None
    comment: str

    def __post_init__(self) -> None:
        # NumPy's own booleans are not `True` nor `False`, and no JSON takes them.
        if self.statistic is not None:
            object.__setattr__(self, "statistic", float(self.statistic))
        if self.passed is not None:
            object.__setattr__(self, "passed", bool(self.passed))
        object.__setattr__(self, "threshold", float(self.threshold))

    @property
    def outcome(self) -> str:
        """The result in words."""
        return {True: "passed", False: "FAILED", None: "not possible"}[self.passed]

    def facts(self) -> Mapping[str, object]:
        """Return the check as plain values."""
        return {
            "name": self.name,
            "statistic": self.statistic,
            "operator": self.operator,
            "threshold": self.threshold if math.isfinite(self.threshold) else None,
            "passed": self.passed,
            "comment": self.comment,
        }


@dataclass(frozen=True, slots=True)
class ModelFit:
    """A model, its parameters from the data, its checks and the verdict on them.

    Parameters
    ----------
    name : str
        ``M/M/c/c``, ``M/M/c/c, varying load`` or ``M/M/c``.
    verdict : "SOUND", "DOUBTFUL" or "REFUSED"
    parameters : mapping of str to Estimate
    checks : tuple of Check
    reasons : tuple of str
        Sentences for the verdict.

    Examples
    --------
    >>> ModelFit("M/M/c", "REFUSED", {}, (), ("nothing was seen",)).facts()["verdict"]
    'REFUSED'
    """

    name: str
    verdict: Verdict
    parameters: Mapping[str, Estimate]
    checks: tuple[Check, ...]
    reasons: tuple[str, ...]

    def facts(self) -> Mapping[str, object]:
        """Return the model as plain values."""
        return {
            "name": self.name,
            "verdict": self.verdict,
            "parameters": {name: value.facts() for name, value in self.parameters.items()},
            "checks": [check.facts() for check in self.checks],
            "reasons": list(self.reasons),
        }

    def to_html(self) -> str:
        """Return the model as one line of HTML, folded under its name and verdict."""
        reasons = "".join(f"<li>{escape(reason)}</li>" for reason in self.reasons)
        listed = f"<ul>{reasons}</ul>" if reasons else ""
        parameters = self.parameter_table().to_html() if self.parameters else ""
        failed = sum(check.passed is False for check in self.checks)
        outcome = "every check passed" if not failed else f"{failed} of {len(self.checks)} failed"
        return (
            f'<details class="boltkb-model"><summary>{escape(self.name)}: '
            f"{escape(self.verdict)}, {outcome}</summary>"
            f"{listed}{parameters}{self.check_table().to_html()}</details>"
        )

    def parameter_table(self) -> Table:
        """Return the parameters as a table."""
        return estimate_table(f"{self.name}: parameters", self.parameters)

    def check_table(self) -> Table:
        """Return the checks as a table, each with its outcome in words."""
        tones = {True: "ok", False: "bad", None: "unknown"}
        rows = tuple(
            (
                words(check.name),
                check.outcome,
                "" if check.statistic is None else f"{check.statistic:.3g}",
                f"{_SIGNS[check.operator]} {check.threshold:.3g}",
                check.comment,
            )
            for check in self.checks
        )
        return Table(
            columns=(
                Column("Check"),
                Column("Outcome"),
                Column("Measured", numeric=True),
                Column("Needed", numeric=True),
                Column("What was compared"),
            ),
            rows=rows,
            title=f"{self.name}: checks",
            row_kinds=tuple(tones[check.passed] for check in self.checks),
        )


@dataclass(frozen=True, slots=True)
class Fit(Shown):
    """What the samples say about the load on a set of servers.

    Parameters
    ----------
    observations : Observations
    models : tuple of ModelFit
        The one that applies to these servers first; M/M/c is always among them.
    verdict : "SOUND", "DOUBTFUL" or "REFUSED"
        That of the first model.
    reasons : tuple of str
    windows : LoadWindows or None
        None when refused.
    histogram : BusyHistogram or None
    offered_load : Estimate, erlangs
        Average over the observed time.
    rejection_probability : Estimate
        What an arrival met in this window.
    arrival_rate : Estimate, per second
        Accepted and rejected together.
    mean_hold : Estimate, seconds
    busy_mean, busy_peak : Estimate, servers
    effective_samples : float
        Independent samples that the samples are worth.
    memory : float, seconds
        Integrated autocorrelation time of the busy servers within windows.
    load_draws : (d, m) array, erlangs
        Posterior draws of the windows' loads; empty when refused.
    load_weights : (m,) array
        Share of the observed time in each window.
    candidates : tuple of Candidate
        Models side by side by how well they tell samples left out, the best first; empty
        when the samples are too few.
    scales : tuple of Scale
        Peakedness and index of dispersion in windows of growing length.
    changes : tuple of ChangePoint
        Moments at which the load stepped.
    load_by_bootstrap : Estimate, erlangs
        The load with an interval that takes the window as a part of a longer time.
    forecast : Forecast or None
        The law of the load on other days, or why the window does not carry it.
    """

    observations: Observations
    models: tuple[ModelFit, ...]
    verdict: Verdict
    reasons: tuple[str, ...]
    windows: LoadWindows | None
    histogram: BusyHistogram | None
    offered_load: Estimate
    rejection_probability: Estimate
    arrival_rate: Estimate
    mean_hold: Estimate
    busy_mean: Estimate
    busy_peak: Estimate
    effective_samples: float
    memory: float
    load_draws: FloatArray
    load_weights: FloatArray
    candidates: tuple[Candidate, ...] = ()
    scales: tuple[Scale, ...] = ()
    changes: tuple[ChangePoint, ...] = ()
    load_by_bootstrap: Estimate = NOT_MADE
    forecast: Forecast | None = None

    @property
    def window_loads(self) -> tuple[tuple[float, float, float, float], ...]:
        """Start, end, load and standard error of each window; empty when refused."""
        if self.windows is None:
            return ()
        columns = (self.windows.start, self.windows.end, self.windows.load, self.windows.se)
        return tuple(zip(*(column.tolist() for column in columns), strict=True))

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """Every estimate by name."""
        return {
            "offered_load": self.offered_load,
            "rejection_probability": self.rejection_probability,
            "arrival_rate": self.arrival_rate,
            "mean_hold": self.mean_hold,
            "busy_mean": self.busy_mean,
            "busy_peak": self.busy_peak,
        }

    def facts(self) -> Mapping[str, object]:
        """Return the models and what stands beside them as plain values."""
        beside: dict[str, object] = {
            "candidates": [one.facts() for one in self.candidates],
            "scales": [one.facts() for one in self.scales],
            "changes": [one.facts() for one in self.changes],
            "offered_load_by_bootstrap": self.load_by_bootstrap.facts(),
        }
        if self.forecast is not None:
            beside["blocking_on_other_days"] = self.forecast.blocking.facts()
        return {"models": [model.facts() for model in self.models], "fit": beside}

    def table(self) -> Table:
        """Return the estimates as a table."""
        return estimate_table("Estimates", self.estimates)

    @property
    def further(self) -> tuple[Table, ...]:
        """Tables of candidates, spread by scale, steps and other days; empty when refused."""
        if self.forecast is None:
            return ()
        beyond = {
            "offered_load_by_bootstrap": self.load_by_bootstrap,
            "blocking_on_other_days": self.forecast.blocking,
        }
        tables = [estimate_table("Beyond this window", beyond)]
        if self.candidates:
            tables.append(candidate_table(self.candidates))
        tables.append(scale_table(self.scales))
        if self.changes:
            tables.append(change_table(self.changes))
        return tuple(tables)

    def __str__(self) -> str:
        head = f"{self.verdict}: {self.models[0].name}"
        parts = [head, *(f"- {reason}" for reason in self.reasons), "", str(self.table())]
        for model in self.models:
            parts += ["", f"{model.name}: {model.verdict}"]
            parts += [f"- {reason}" for reason in model.reasons]
            if model.parameters:
                parts += ["", str(model.parameter_table())]
            parts += ["", str(model.check_table())]
        for table in self.further:
            parts += ["", str(table)]
        return "\n".join(parts)

    def to_html(self) -> str:
        """Return the fit as one line of HTML: verdict, estimates, models with their checks."""
        parts = [verdict_html(self.verdict, self.models[0].name, self.reasons)]
        parts.append(self.table().to_html())
        parts += [model.to_html() for model in self.models]
        if self.further:
            inside = "".join(table.to_html() for table in self.further)
            parts.append(
                '<details class="boltkb-model"><summary>Candidates side by side, spread by '
                f"scale, other days</summary>{inside}</details>"
            )
        return "".join(parts)


def words(name: str) -> str:
    """Return an identifier as words."""
    return name.replace("_", " ")


def estimate_table(title: str, estimates: Mapping[str, Estimate]) -> Table:
    """Return estimates as a table: name, value, interval, how it was made."""
    rows = []
    for name, estimate in estimates.items():
        text = str(Estimate(estimate.value, estimate.low, estimate.high, estimate.unit))
        rows.append((words(name), text, estimate.reason))
    columns = (Column("Quantity"), Column("Estimate"), Column("How, or why not"))
    return Table(columns, tuple(rows), title=title)


def verdict_html(verdict: Verdict, title: str, reasons: tuple[str, ...]) -> str:
    """Return a verdict as HTML, its reasons as a list."""
    items = "".join(f"<li>{escape(reason)}</li>" for reason in reasons)
    listed = f"<ul>{items}</ul>" if items else ""
    return (
        f'<div class="boltkb-verdict {TONE[verdict]}">'
        f"<strong>{escape(verdict)}</strong> {escape(title)}{listed}</div>"
    )


_SIGNS: Mapping[str, str] = {"<=": "at most", ">=": "at least"}
