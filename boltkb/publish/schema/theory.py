"""What the facts say of the models: fits with their checks, spread, and sizes for a target."""

from __future__ import annotations

from boltkb.publish.schema.part import EstimateFacts, Part, told

__all__ = ["FitFacts", "ModelFacts", "SizingFacts"]

_VERDICT = "`SOUND`, `DOUBTFUL` or `REFUSED`."


class CheckFacts(Part):
    """An assumption of a model, held against the data."""

    name: str = told("Which.")
    statistic: float | None = told("Null where it could not be made.")
    operator: str = told("`<=` or `>=`: how the statistic should stand to the threshold.")
    threshold: float | None = told("Null where it is infinite.")
    passed: bool | None = told("Null where it could not be made.")
    comment: str = told("What was compared, and what a failure means.")


class ModelFacts(Part):
    """A fitted model, with the checks it was put to."""

    name: str = told("Kendall's notation, such as `M/M/c/c`.")
    verdict: str = told(_VERDICT)
    parameters: dict[str, EstimateFacts] = told("By their names.")
    checks: list[CheckFacts] = told("In the order in which they were made.")
    reasons: list[str] = told("Why the verdict is not `SOUND`.", default=None)


class CandidateFacts(Part):
    """A model, and how well it told samples that it had not been fitted to."""

    name: str = told("Kendall's notation, with what is said of the load.")
    score: float | None = told("Mean logarithm of the probability of a sample left out.")
    behind: float | None = told("Score of the best less this one's.")
    error: float | None = told("Standard error of that.")
    tied: bool = told("Whether the samples do not tell it from the best.")
    comment: str = told("What it assumes.")


class ScaleFacts(Part):
    """How samples spread when looked at in windows of one length."""

    length: float | None = told("Of the windows.", unit="s")
    windows: int = told("How many.")
    peakedness: EstimateFacts = told("Variance of held threads over their mean.")
    ratio: EstimateFacts = told("That, over what the model expects.")
    index: EstimateFacts = told("Index of dispersion of arrivals; without a value if not counted.")


class ChangeFacts(Part):
    """A step of the load."""

    time: float | None = told("When.", unit="s since the epoch")
    before: EstimateFacts = told("The load before.")
    after: EstimateFacts = told("The load after.")
    forced: bool = told("Whether the moment was given (a restart, a gap) and not found.")


class FitFacts(Part):
    """What stands beside the models."""

    candidates: list[CandidateFacts] = told("Models side by side.")
    scales: list[ScaleFacts] = told("Spread at several lengths of time.")
    changes: list[ChangeFacts] = told("Steps of the load.")
    offered_load_by_bootstrap: EstimateFacts = told("The load, by another way.")
    blocking_on_other_days: EstimateFacts = told(
        "A forecast; missing where none was tried, without a value where it is declined.",
        default=None,
    )


class SizingFacts(Part):
    """The threads that a target needs."""

    target: float = told("Share of attempts that may be rejected.", unit="share")
    verdict: str = told(_VERDICT)
    reasons: list[str] = told("Why it is not `SOUND`.")
    extrapolates: bool = told("Whether more threads are asked for than were seen at work.")
    servers: EstimateFacts = told("Threads for the target in this window.")
    margin: EstimateFacts = told("Constant load at which the present threads pass the target.")
    headroom: EstimateFacts = told("Factor by which the load could grow before that.")
    busiest: EstimateFacts = told("Load of the busiest five minutes.")
    forecast: EstimateFacts = told("Threads for other days; declined unless the data carry it.")
    servers_for_the_wait: EstimateFacts = told(
        "Threads for the wait alone; only where a wait was asked for as well.", default=None
    )
