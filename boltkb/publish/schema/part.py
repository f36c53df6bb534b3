"""What every part of the facts is made of: a model that lets more in, and a key with its words."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["EstimateFacts", "IncidentFacts", "Part", "told"]


class Part(BaseModel):
    """A part of the facts; keys that are not known here are let through."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)


def told(words: str, *, unit: str = "", default: Any = ..., least: int | None = None) -> Any:
    """Return a key of a part.

    Parameters
    ----------
    words : str
        What it says, and when it is null.
    unit : str
    default : object
        What a reader here takes for it where it is missing; left out, it may not be missing.
    least : int, optional
        The smallest number.
    """

    def only_what_is_told(schema: dict[str, Any]) -> None:
        # A key that may be missing has no value then, not even null.
        schema.pop("default", None)
        if unit:
            schema["unit"] = unit

    return Field(default, description=words, json_schema_extra=only_what_is_told, ge=least)


class EstimateFacts(Part):
    """A number with its interval, or the reason why there is none."""

    value: float | int | None = told("Null where it cannot be told; `reason` then says why.")
    low: float | int | None = told("Lower end of the 95 % interval; null where there is none.")
    high: float | int | None = told("Upper end of the 95 % interval; null where there is none.")
    unit: str = told("Such as `erlangs`, `threads`, `s`, `per second`, `share`; may be empty.")
    reason: str | None = told("Why there is no value, or how it was found; may be null or empty.")

    @model_validator(mode="after")
    def _absent_with_a_reason(self) -> EstimateFacts:
        if self.value is None and not self.reason:
            raise ValueError("there is no value and no reason either")
        return self


class IncidentFacts(Part):
    """The worst stretch of time in which the pool was full or rejected work."""

    start: str | None = told("Its begin.", unit="ISO 8601, UTC")
    end: str | None = told("Its end, or that of the export.", unit="ISO 8601, UTC")
    ongoing: bool = told("Whether it was still going on when the export ends.")
    began_before_the_window: bool = told(
        "Whether it was going on when the window begins: its true begin is then not known."
    )
    full_seconds: float | None = told("Time with every thread held, by samples.", unit="s")
    rejections_logged: int = told("Rejections that left a line of their own.")
    others: int = told("Other incidents in the export, smaller ones.")
