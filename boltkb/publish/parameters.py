"""What each notebook may be given, checked before a kernel starts and again inside it.

One pydantic model per notebook, unknown names forbidden.  Papermill understands plain types
only, so the fields are `str`, `int`, `float`, `list` and `dict`; the checks live here.
This module must stay cheap to import: the kernel imports it too.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from boltkb.errors import ParameterError

__all__ = [
    "MODELS",
    "PlaygroundParameters",
    "ReportParameters",
    "ThreadPoolParameters",
    "check_names",
    "check_namespace",
    "check_parameters",
]


def _moment(text: str) -> str:
    """Return the text when it is empty or a time with its zone."""
    if not text:
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(
            "must be an ISO 8601 time with its zone, like 2026-11-01T13:50:00Z or "
            "2026-11-01T14:50:00+01:00, or empty for no bound"
        )
    return text


Moment = Annotated[str, AfterValidator(_moment)]


class ReportParameters(BaseModel):
    """What every report takes: an export, a time window, a title.

    Parameters
    ----------
    export : str
        Path of the export: a folder, an archive or one file; or the address of a Prometheus,
        which needs `start` and `end`.
    server : str
        Of a folder with the exports of several servers, the one to report on; empty otherwise.
    start, end : str
        The time window, ISO 8601 with zone; empty for the whole export.
    title : str
        A title for the report; empty for the export's name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    export: str = Field(min_length=1)
    server: str = Field(default="", max_length=300)
    start: Moment = ""
    end: Moment = ""
    title: str = Field(default="", max_length=200)

    @model_validator(mode="after")
    def _in_order(self) -> ReportParameters:
        if self.start and self.end:
            start, end = (datetime.fromisoformat(text) for text in (self.start, self.end))
            if start >= end:
                raise ValueError(f"`start` ({self.start}) must lie before `end` ({self.end})")
        return self


class ThreadPoolParameters(ReportParameters):
    """What the report on one thread pool takes.

    Parameters
    ----------
    target_rejection : float, between 0 and 1, both left out
        The share of thread requests that may be rejected; threads are sized for it.
    redact : str
        Path of a private file with the key for pseudonyms of users, clients and servers, made
        where it is absent; empty: names are shown.

    Examples
    --------
    >>> ThreadPoolParameters(export="data/captures/quiet").target_rejection
    0.001
    """

    target_rejection: float = Field(default=0.001, gt=0, lt=1)
    redact: str = Field(default="", max_length=4096)


#: Counts of a simulated system, so that the playground shows a fit before anybody pastes.
_COUNTS = "7 7 3 3 8 3 3 4 4 6 6 3 4 3 3 5 3 5 6 5 3 3 5 5"


class PlaygroundParameters(BaseModel):
    """What the playground of the queueing models takes: an analyst's own numbers, no export.

    Parameters
    ----------
    servers : int, >= 1
    arrival_rate : float, a second, > 0
    mean_hold : float, seconds, > 0
    target : float, between 0 and 1, both left out
        Share of arrivals that may be rejected.
    sources : int, >= 0
        Clients that ask; 0 for very many.
    patience : float, seconds, >= 0
        How long a customer waits before it gives up; 0 leaves that model out.
    busy : str
        Busy servers at each look, apart by blanks, to be fitted.
    interval : float, seconds, > 0
        Between looks.

    Examples
    --------
    >>> PlaygroundParameters(servers=400).target
    0.001
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    servers: int = Field(default=8, ge=1)
    arrival_rate: float = Field(default=12.5, gt=0)
    mean_hold: float = Field(default=0.4, gt=0)
    target: float = Field(default=0.001, gt=0, lt=1)
    sources: int = Field(default=40, ge=0)
    patience: float = Field(default=2.0, ge=0)
    busy: str = Field(default=_COUNTS, min_length=1)
    interval: float = Field(default=2.0, gt=0)


#: The model of each notebook that ships, by the notebook's name.
MODELS: Mapping[str, type[BaseModel]] = {
    "queueing_playground": PlaygroundParameters,
    "thread_pool": ThreadPoolParameters,
}


def check_parameters(notebook: str, values: Mapping[str, object]) -> dict[str, object]:
    """Return a notebook's parameters, complete and of the right types.

    Parameters
    ----------
    notebook : str
        The notebook's name, one of `MODELS`.
    values : mapping
        Parameters by name; text is read as the parameter's type.

    Returns
    -------
    dict
        Every parameter of the notebook, plain values.

    Raises
    ------
    ParameterError
        Everything that is wrong, collected; an unknown name comes with the nearest known one.

    Examples
    --------
    >>> check_parameters("thread_pool", {"export": "x", "target_rejection": "0.01"})["title"]
    ''
    >>> check_parameters("thread_pool", {"export": "x", "titel": "y"})
    Traceback (most recent call last):
    boltkb.errors.ParameterError: unknown parameter `titel`; did you mean `title`?
    """
    model = MODELS.get(notebook)
    if model is None:
        raise ParameterError(_unknown("notebook", notebook, MODELS))
    try:
        return model.model_validate(dict(values)).model_dump()
    except ValidationError as error:
        problems = []
        for item in error.errors(include_url=False):
            name = ".".join(str(part) for part in item["loc"])
            if item["type"] == "extra_forbidden":
                problems.append(_unknown("parameter", name, model.model_fields))
            elif item["type"] == "missing":
                problems.append(f"parameter `{name}` is missing")
            else:
                said = item["msg"].removeprefix("Value error, ")
                got = f"; got {item['input']!r}" if name else ""
                problems.append(f"parameter `{name}`: {said}{got}" if name else said)
        raise ParameterError(problems) from None


def check_names(known: Iterable[str], given: Iterable[str]) -> None:
    """Raise `ParameterError` for every given name that is not a known one.

    For notebooks of one's own, which have no model: papermill itself would only print a line
    about an unknown parameter and carry on.
    """
    names = list(known)
    problems = [_unknown("parameter", name, names) for name in given if name not in names]
    if problems:
        raise ParameterError(problems)


def check_namespace(notebook: str, namespace: Mapping[str, object]) -> dict[str, object]:
    """Return the checked parameters found among a notebook's variables.

    The first code cell after the parameters calls this with `globals()`, so that a bare
    `papermill ... -p NAME VALUE` is checked as well: an unknown name has become a variable.

    Raises
    ------
    ParameterError
        As `check_parameters`.
    """
    shell = {"In", "Out", "exit", "quit", "open", "get_ipython"}
    plain = (str, int, float, bool, list, dict, tuple, type(None))
    values = {
        name: value
        for name, value in namespace.items()
        if not name.startswith("_") and name not in shell and type(value) in plain
    }
    return check_parameters(notebook, values)


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.0)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    return f"unknown {what} `{name}`{hint}"
