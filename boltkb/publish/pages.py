"""Pages from notebooks that read no export: an explanation, a what-if.

The same execution and the same renderings as a report, without what only a report has: a verdict,
an entry in the list of reports, pseudonyms.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat

from boltkb.errors import ParameterError
from boltkb.publish.execution import Progress, execute_notebook
from boltkb.publish.exporters import PageExporter, SingleFileExporter
from boltkb.publish.facts import dump_facts, gather_facts
from boltkb.publish.naming import slugify
from boltkb.publish.parameters import MODELS, check_parameters
from boltkb.publish.privacy import forget_parameters
from boltkb.publish.run import find_notebook, write_files
from boltkb.tables import escape

__all__ = ["Answered", "page_of", "what_if"]


@dataclass(frozen=True, slots=True)
class Answered:
    """The files of a what-if.

    Parameters
    ----------
    page, html, notebook, facts : Path
    headline : str
        The answer in a sentence.
    """

    page: Path
    html: Path
    notebook: Path
    facts: Path
    headline: str


def page_of(
    notebook: str | os.PathLike[str],
    parameters: Mapping[str, object],
    *,
    title: str,
    description: str,
) -> str:
    """Return a page of the knowledge base, made from a notebook that is executed for it.

    Parameters
    ----------
    notebook : str or path
        One that ships and reads no export, by its name.
    parameters : mapping
    title, description : str
        Of the page, for its head.

    Returns
    -------
    str
        Markdown; it holds no time and no name of a machine, so that the same notebook with the
        same parameters gives the same page.

    Raises
    ------
    ParameterError, RunError
    """
    path = find_notebook(notebook)
    executed = execute_notebook(path, check_parameters(path.stem, parameters))
    text = _rendered(PageExporter, executed)
    note = f"<!-- from notebooks/{path.name}, by `make pages` -->"
    return f"{_head(title, description)}\n{note}\n\n{text}"


def what_if(
    facts: str | os.PathLike[str],
    parameters: Mapping[str, object],
    out: str | os.PathLike[str],
    *,
    progress: Progress | None = None,
) -> Answered:
    """Return the files that answer what would be if a report's pool were another one.

    Parameters
    ----------
    facts : path
        The `.facts.json` beside a report.
    parameters : mapping
        The notebook's other parameters: what is changed.
    out : path
        The folder for the files, made when absent.
    progress : callable, optional
        Called with the cells done, all cells, and what is being worked at.

    Returns
    -------
    Answered
        The files are called by the report and by what is changed, so that one answer does not
        replace another.

    Raises
    ------
    ParameterError
        Before a kernel starts: an unknown or ill-typed parameter.  From within: no facts.
    RunError
        The notebook failed.  Nothing has been written.
    """
    given = dict(parameters)
    if "facts" in given:
        raise ParameterError("`facts` is given twice: as the path and as a parameter")
    checked = check_parameters("what_if", {"facts": os.fspath(facts), **given})
    if not Path(facts).is_file():
        raise ParameterError(
            f"there are no facts at `{facts}`; `boltkb report EXPORT` writes them beside each "
            "report, with the ending .facts.json"
        )
    executed = execute_notebook(find_notebook("what_if"), checked, progress=progress)
    forget_parameters(executed, {"facts": Path(facts).name})
    told = gather_facts(executed)
    answer = told.get("what_if")
    headline = str(answer.get("headline", "")) if isinstance(answer, Mapping) else ""
    fields = MODELS["what_if"].model_fields
    changed = [
        f"{name} {value}"
        for name, value in checked.items()
        if name != "facts" and value != fields[name].default
    ]
    plain = Path(facts).name.removesuffix(".json").removesuffix(".facts")
    slug = slugify(" ".join([plain, "what if", *changed]))
    title = f"What if: {', '.join([plain, *changed])}"
    texts = {
        f"{slug}.md": f"{_head(title, headline)}\n{_rendered(PageExporter, executed)}",
        f"{slug}.html": _rendered(SingleFileExporter, executed),
        f"{slug}.ipynb": str(nbformat.writes(executed)) + "\n",  # type: ignore[no-untyped-call]
        f"{slug}.answer.json": dump_facts(told),
    }
    folder = Path(out)
    write_files(folder, texts)
    return Answered(
        page=folder / f"{slug}.md",
        html=folder / f"{slug}.html",
        notebook=folder / f"{slug}.ipynb",
        facts=folder / f"{slug}.answer.json",
        headline=headline,
    )


def _head(title: str, description: str) -> str:
    """Return the head of a page, its texts as JSON, in which nothing is markup of YAML."""
    lines = "".join(
        f"{key}: {json.dumps(escape(value), ensure_ascii=False)}\n"
        for key, value in (("title", title), ("description", description))
    )
    return f"---\n{lines}hide:\n  - navigation\n---\n"


def _rendered(exporter: Callable[[], PageExporter], executed: nbformat.NotebookNode) -> str:
    return exporter().from_notebook_node(executed)[0]
