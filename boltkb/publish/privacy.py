"""Reports without names: when, with which key, and that nothing of the names is left.

The notebook replaces the names; this room gives it a private file for the key, keeps that file
beside the report under a name that no site shows, and looks through what was rendered.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from boltkb.errors import RunError

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = [
    "check_hidden",
    "forget_parameters",
    "hidden_parameters",
    "in_site",
    "keep_private",
    "private_file",
    "private_identity",
]

_DOCS = re.compile(r"^docs_dir:\s*[\"']?([^\"'#\n]+?)[\"']?\s*(?:#.*)?$", re.MULTILINE)
#: What stands in a published notebook where the private file's place was given.
_PRIVATE = "(private)"


def in_site(folder: Path) -> bool:
    """Return whether a folder lies among the pages of an mkdocs site.

    Parameters
    ----------
    folder : Path
        It may be absent.

    Examples
    --------
    >>> in_site(Path("docs/reports")), in_site(Path("/"))
    (True, False)
    """
    place = folder.resolve()
    for above in place.parents:
        for name in ("mkdocs.yml", "mkdocs.yaml"):
            try:
                text = (above / name).read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            found = _DOCS.search(text)
            docs = (above / (found[1] if found else "docs")).resolve()
            if place.is_relative_to(docs):
                return True
    return False


@contextlib.contextmanager
def private_file(folder: Path, export: str) -> Iterator[Path]:
    """Give the place of a private file for one run: a copy of the one kept, where there is one.

    Parameters
    ----------
    folder : Path
        Where the reports go.
    export : str
        The export's path; a private file is known again by it.

    Yields
    ------
    Path
        In a folder that nobody else may enter, and that is gone afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="boltkb-") as private:
        file = Path(private) / "redaction.json"
        for kept in sorted(folder.glob(".*.redaction.json")):
            if _content(kept).get("export") == str(Path(export).resolve()):
                shutil.copyfile(kept, file)
                file.chmod(0o600)
                break
        yield file


def private_identity(file: Path) -> str:
    """Return a short name for an export, which nobody can guess a path from without its key."""
    content = _content(file)
    try:
        key = bytes.fromhex(str(content["key"]))
    except (KeyError, ValueError):
        raise RunError("the notebook left no key for its pseudonyms; nothing is shown") from None
    return hmac.new(key, str(content.get("export")).encode(), "sha256").hexdigest()[:12]


def keep_private(file: Path, folder: Path, slug: str) -> Path:
    """Keep the private file beside a report, for its owner's eyes only; return its place."""
    place = folder / f".{slug}.redaction.json"
    part = folder / f".{slug}.redaction.part"
    try:
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as target:
            target.write(file.read_bytes())
        part.replace(place)
    except OSError as problem:
        raise RunError(f"`{place}` could not be written: {problem}") from problem
    return place


def forget_parameters(executed: NotebookNode, hidden: Mapping[str, object]) -> None:
    """Replace the values of parameters in an executed notebook, in its cells and its record.

    Parameters
    ----------
    executed : NotebookNode
    hidden : mapping
        What to show in the place of a parameter's value.
    """
    for cell in executed.cells:
        if not {"parameters", "injected-parameters"} & set(cell.metadata.get("tags", [])):
            continue
        if cell.cell_type == "code" and "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = "\n".join(
                f"{name} = {hidden[name]!r}" if name in hidden else line
                for line in cell.source.splitlines()
                for name in [line.partition("=")[0].strip()]
            )
    record = executed.metadata.get("papermill", {}).get("parameters", {})
    for name, shown in hidden.items():
        if name in record:
            record[name] = shown


def check_hidden(texts: Mapping[str, str], file: Path, paths: tuple[str, ...]) -> None:
    """Raise when what was rendered still holds an address, a host or a path.

    Raises
    ------
    RunError
        Names the files, not what was found.
    """
    names = _content(file).get("pseudonyms")
    pairs = names.items() if isinstance(names, Mapping) else ()
    # A plain word may stand in the report's own text; an address or a numbered host may not.
    secrets = {str(original) for name, original in pairs if name.startswith(("client-", "server-"))}
    secrets = {text for text in secrets if len(text) > 4 and re.search(r"[\d.:]", text)}
    secrets |= {path for path in paths if len(path) > 4}
    found = [name for name, text in texts.items() if any(secret in text for secret in secrets)]
    if found:
        raise RunError(
            f"names that were to be hidden are still in {', '.join(sorted(found))}; nothing was"
            " published. Report this, or use --no-redact"
        )


def hidden_parameters(checked: Mapping[str, object], name: str) -> dict[str, object]:
    """Return a run's parameters as they may be shown, an export under the name given."""
    shown = {"export": name, "server": _PRIVATE, "redact": _PRIVATE}
    return {key: shown.get(key, value) if value else value for key, value in checked.items()}


def _content(file: Path) -> Mapping[str, object]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, Mapping) else {}
