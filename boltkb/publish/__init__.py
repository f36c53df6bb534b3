"""From a notebook to a page, a single file, facts for machines and a list of reports.

The only room that runs and renders notebooks.  It knows nothing of queues and draws nothing:
the notebook does the thinking, this room checks what goes in, carries what comes out, and
publishes nothing at all when anything failed on the way.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from boltkb.errors import ParameterError

if TYPE_CHECKING:
    from boltkb.publish.run import Published

__all__ = ["report"]


def report(
    path: str | os.PathLike[str],
    *,
    notebook: str | os.PathLike[str] = "thread_pool",
    parameters: Mapping[str, object] | None = None,
    out: str | os.PathLike[str],
    redact: bool | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Published:
    """Return the files of a report on one export.

    Parameters
    ----------
    path : path
        The export: a folder, an archive or one file.
    notebook : str or path
        A notebook that ships, by its name, or one of your own.
    parameters : mapping, optional
        The notebook's other parameters.
    out : path
        The folder the files go to.
    redact : bool, optional
        Whether users, clients, servers and literals of queries get pseudonyms; left out, they do
        where the folder belongs to a site's pages.
    progress : callable, optional
        Called with the cells done, all cells, and what is being worked at.

    Returns
    -------
    Published

    Raises
    ------
    ParameterError, ExportError, RunError
        As `boltkb.publish.run.run_report`, which this calls.

    Examples
    --------
    >>> report("exports/monday", parameters={"export": "exports/friday"}, out="reports")
    Traceback (most recent call last):
    boltkb.errors.ParameterError: `export` is given twice: as the path and as a parameter
    """
    given = dict(parameters or {})
    if "export" in given:
        raise ParameterError("`export` is given twice: as the path and as a parameter")
    from boltkb.publish.run import run_report  # heavy: papermill and nbconvert

    return run_report(notebook, {"export": path, **given}, out, redact=redact, progress=progress)
