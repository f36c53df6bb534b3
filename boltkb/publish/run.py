"""One run of a report: parameters checked, notebook executed, four files written, or nothing.

Everything is made in memory first.  Only when the notebook ran to its end, its facts are
whole and all renderings are made is anything written, and then each file appears at once.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import papermill

from boltkb.errors import ExportError, ParameterError, RunError
from boltkb.publish.execution import Progress, execute_notebook
from boltkb.publish.exporters import PageExporter, SingleFileExporter
from boltkb.publish.facts import check_facts, dump_facts, gather_facts
from boltkb.publish.index import is_reports_folder, write_index
from boltkb.publish.naming import choose_slug, export_id, slugify
from boltkb.publish.parameters import MODELS, check_names, check_parameters
from boltkb.publish.privacy import (
    check_hidden,
    forget_parameters,
    hidden_parameters,
    in_site,
    keep_private,
    private_file,
    private_identity,
)
from boltkb.publish.schema import Facts

__all__ = ["Progress", "Published", "find_notebook", "run_report", "write_files"]

#: Parameters that name places of the machine the report was made on.
_PRIVATE = ("export", "redact")


@dataclass(frozen=True, slots=True)
class Published:
    """What a run left behind.

    Parameters
    ----------
    slug : str
        What the files are called.
    page, html, facts, notebook : Path
        The page for the site, the single file, the facts, the executed notebook.
    state, headline : str
        The verdict.
    renamed : bool
        Whether the slug differs from the plain one because another export has that.
    """

    slug: str
    page: Path
    html: Path
    facts: Path
    notebook: Path
    state: str
    headline: str
    renamed: bool


def find_notebook(name: str | os.PathLike[str]) -> Path:
    """Return the path of a notebook: one that ships, by its name, or one of your own.

    Parameters
    ----------
    name : str or path
        Like `thread_pool`, or a path that ends in `.ipynb`.

    Returns
    -------
    Path

    Raises
    ------
    ParameterError
        When there is no such notebook.
    """
    path = Path(name)
    if path.suffix == ".ipynb":
        if path.is_file():
            return path
        raise ParameterError(f"there is no notebook at `{path}`")
    package = Path(__file__).resolve().parents[1]
    folders = [package / "notebooks", package.parent / "notebooks"]
    for folder in folders:
        found = folder / f"{name}.ipynb"
        if path.name == str(name) and found.is_file():
            return found
    there = sorted({item.stem for folder in folders for item in folder.glob("*.ipynb")})
    raise ParameterError(f"there is no notebook `{name}`; there are: {', '.join(there) or 'none'}")


def run_report(
    notebook: str | os.PathLike[str],
    parameters: Mapping[str, object],
    out: str | os.PathLike[str],
    *,
    redact: bool | None = None,
    progress: Progress | None = None,
) -> Published:
    """Return the files of a report, made by one execution of a notebook.

    Parameters
    ----------
    notebook : str or path
        See `find_notebook`.
    parameters : mapping
        The notebook's parameters, at least `export`.
    out : path
        The folder for the files, made when absent.  If it is the site's folder of reports,
        the list of reports is brought up to date as well.
    redact : bool, optional
        Whether users, clients, servers and literals of queries get pseudonyms.  Left out: yes
        where the folder belongs to a site's pages, no for a report on one's own disk.  What the
        pseudonyms stand for is kept beside the report in `.<slug>.redaction.json`.
    progress : callable, optional
        Called with the cells done, all cells, and what is being worked at.

    Returns
    -------
    Published

    Raises
    ------
    ParameterError
        Before a kernel starts: an unknown or ill-typed parameter, an unknown notebook.  From
        within: whatever the notebook itself refuses.
    ExportError
        The export is absent or cannot be read.
    RunError
        The notebook failed, or left no complete facts.  Nothing has been written.
    """
    path, folder = find_notebook(notebook), Path(out)
    checked = _checked(path, parameters)
    export = str(checked["export"])
    if "://" in export:
        if "@" in urlsplit(export).netloc:
            raise ParameterError(
                "the address holds a user and a password, and a report shows its parameters; leave"
                " them out and set BOLTKB_PROMETHEUS_AUTHORIZATION"
            )
    elif not Path(export).exists():
        raise ExportError("there is no such file or folder; give the path of an export", export)
    if folder.exists() and not folder.is_dir():
        raise ParameterError(f"`{folder}` is not a folder; reports need one")

    with contextlib.ExitStack() as stack:
        private = None
        if _wanted(redact, checked, folder):
            private = stack.enter_context(private_file(folder, export))
            checked["redact"] = str(private)
        return _run(path, checked, folder, private, progress)


def _wanted(redact: bool | None, checked: Mapping[str, object], folder: Path) -> bool:
    """Whether the run hides names with a private file of its own making."""
    if "redact" not in checked:
        if redact:
            raise ParameterError("this notebook takes no parameter `redact`; it cannot hide names")
        return False
    if checked["redact"]:
        if redact is False:
            raise ParameterError("the parameter `redact` is given, and not to redact as well")
        return False
    return in_site(folder) if redact is None else redact


def _run(
    path: Path,
    checked: Mapping[str, object],
    folder: Path,
    private: Path | None,
    progress: Progress | None,
) -> Published:
    export = str(checked["export"])
    executed = execute_notebook(path, checked, progress=progress)
    facts = gather_facts(executed)
    seen = check_facts(facts)
    given = str(checked.get("redact") or "")
    identity = private_identity(Path(given)) if given else export_id(export)
    shown = dict(checked)
    if given:
        shown = hidden_parameters(checked, seen.export.name)
        forget_parameters(executed, shown)
    plain = slugify(seen.export.name)
    slug = choose_slug(seen.export.name, identity, folder)
    facts["run"] = {
        "notebook": path.stem,
        "parameters": {name: value for name, value in shown.items() if name not in _PRIVATE},
        "export_id": identity,
        "boltkb": metadata.version("boltkb"),
        "published": executed.metadata.papermill.end_time,
    }
    try:
        texts = {
            f"{slug}.md": _rendered(PageExporter, executed, slug),
            f"{slug}.html": _rendered(SingleFileExporter, executed, slug),
            f"{slug}.ipynb": str(nbformat.writes(executed)) + "\n",  # type: ignore[no-untyped-call]
            f"{slug}.facts.json": dump_facts(facts),
        }
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(f"the report could not be rendered: {error}") from error
    if given:
        check_hidden(texts, Path(given), (export, str(Path(export).resolve())))
    write_files(folder, texts)
    if private is not None:
        keep_private(private, folder, slug)
    if is_reports_folder(folder):
        write_index(folder)
    return _published(folder, slug, seen, renamed=slug != plain)


def _checked(path: Path, parameters: Mapping[str, object]) -> dict[str, object]:
    values = {
        name: os.fspath(value) if isinstance(value, os.PathLike) else value
        for name, value in parameters.items()
    }
    if path.stem in MODELS:
        if "export" not in MODELS[path.stem].model_fields:
            raise ParameterError(
                f"the notebook `{path.stem}` reads no export and makes no report; open it in "
                "Jupyter, or run it with papermill (what_if also with `boltkb what-if`)"
            )
        return check_parameters(path.stem, values)
    names = papermill.inspect_notebook(path)
    check_names(names, values)
    if "redact" in names:
        values.setdefault("redact", "")
    if not isinstance(values.get("export"), str):
        raise ParameterError("parameter `export` is missing: the path of an export")
    return values


def _rendered(
    exporter: Callable[[], PageExporter], executed: nbformat.NotebookNode, slug: str
) -> str:
    return exporter().from_notebook_node(executed, {"boltkb_slug": slug})[0]


def write_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Write all the files of a run, each whole: first beside their places, then into them.

    Parameters
    ----------
    folder : Path
        Made when absent.
    texts : mapping of a file's name to its text

    Raises
    ------
    RunError
        They could not be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".boltkb-") as temporary:
            for name, text in texts.items():
                (Path(temporary) / name).write_text(text, encoding="utf-8", newline="\n")
            for name in texts:
                (Path(temporary) / name).replace(folder / name)
    except OSError as error:
        with contextlib.suppress(OSError):
            folder.rmdir()
        raise RunError(f"the report could not be written to `{folder}`: {error}") from error


def _published(folder: Path, slug: str, seen: Facts, *, renamed: bool) -> Published:
    return Published(
        slug=slug,
        page=folder / f"{slug}.md",
        html=folder / f"{slug}.html",
        facts=folder / f"{slug}.facts.json",
        notebook=folder / f"{slug}.ipynb",
        state=seen.verdict.state,
        headline=seen.verdict.headline,
        renamed=renamed,
    )
