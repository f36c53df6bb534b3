"""Every exception and warning that leaves the package, sorted by who can mend it.

Ground floor: this room knows nothing of Neo4j, of queues or of notebooks.  A message says
what was sought, what was found and what to do; its parts stay available as attributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

__all__ = [
    "BoltkbError",
    "CatalogueError",
    "DoubtfulFit",
    "ExportError",
    "GapInSeries",
    "MissingMetric",
    "ModelError",
    "ParameterError",
    "RunError",
    "UnknownVersion",
]


class BoltkbError(Exception):
    """The base of every error of boltkb."""

    exit_code = 1


class ExportError(BoltkbError):
    """Something in the files that were given cannot be read; whoever exported them can mend it.

    Parameters
    ----------
    message : str
        What was sought, what was found, what to do.
    path : path-like, optional
        The file or folder.
    line : int, optional
        The line in that file, counted from 1.
    """

    exit_code = 2

    def __init__(
        self, message: str, path: str | PurePath | None = None, line: int | None = None
    ) -> None:
        self.message = message
        self.path = None if path is None else str(path)
        self.line = line
        where = "" if self.path is None else f"`{self.path}`"
        if where and line is not None:
            where += f", line {line}"
        super().__init__(f"{where}: {message}" if where else message)


class MissingMetric(ExportError):
    """A metric that a question needs is not in the export.

    Parameters
    ----------
    metric : str
        The metric's name in the version at hand.
    version : str or None
        The Neo4j version, where known.
    enable_with : str
        The setting that makes the next export carry it.
    """

    def __init__(self, metric: str, version: str | None, enable_with: str) -> None:
        self.metric = metric
        self.version = version
        self.enable_with = enable_with
        release = f" (Neo4j {version})" if version else ""
        super().__init__(
            f"no metric `{metric}` in this export{release}. To have it next time: {enable_with}"
        )


class UnknownVersion(ExportError):
    """The Neo4j version of an export is needed and cannot be told."""


class ModelError(BoltkbError, ValueError):
    """A model was asked outside its domain; the analyst can mend it.

    Parameters
    ----------
    parameter : str
        The parameter's name.
    domain : str
        What it may be.
    got : object
        What came.
    """

    def __init__(self, parameter: str, domain: str, got: object) -> None:
        self.parameter = parameter
        self.domain = domain
        self.got = got
        super().__init__(f"`{parameter}` must be {domain}; got {got!r}")


class ParameterError(BoltkbError, ValueError):
    """Parameters of a run are wrong; whoever ran the report can mend them.

    Parameters
    ----------
    problems : str or sequence of str
        Everything that is wrong, collected and raised once.
    """

    exit_code = 2

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("; ".join(self.problems))


class RunError(BoltkbError):
    """A report run failed inside; nothing was published.

    Parameters
    ----------
    message : str
        What failed.
    cell : str, optional
        The source of the cell that failed, shortened.
    """

    def __init__(self, message: str, cell: str | None = None) -> None:
        self.message = message
        self.cell = cell
        super().__init__(message if cell is None else f"{message}\nin the cell:\n{cell}")


class CatalogueError(BoltkbError):
    """The knowledge that ships with boltkb contradicts itself; its makers can mend it."""


class DoubtfulFit(UserWarning):
    """A fit failed some of its checks and may still be read, with care."""


class GapInSeries(UserWarning):
    """A series has a gap, a restart or a reset; what lies across it is left out."""
