"""Running a notebook: one fresh kernel, no network port, and errors that keep their class.

The kernel speaks over sockets in a private folder (transport `ipc`), is always the very
interpreter that runs boltkb, and reads none of the user's IPython start-up files.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeAlias

import papermill
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError

from boltkb import errors
from boltkb.errors import BoltkbError, ExportError, ParameterError, RunError

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["Progress", "execute_notebook"]

#: How much of a failed cell an error shows.
_SHOWN_LINES = 8


#: Called with the cells done, all cells, and what is being worked at: the heading above.
Progress: TypeAlias = Callable[[int, int, str], None]


class _PrivateKernel(AsyncKernelManager):
    """A kernel of this very interpreter, reached through a private folder."""

    home: ClassVar[str] = ""

    def __init__(self, **settings: object) -> None:
        if os.name == "posix":
            settings["transport"] = "ipc"
        super().__init__(**settings)
        self.connection_file = str(Path(self.home) / "kernel.json")

    @property
    def kernel_spec(self) -> KernelSpec:
        # A kernel that is asked to go logs an error about the interruption now and then.
        quiet = "--log-level=50"
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", quiet]
        return KernelSpec(
            argv=argv,
            display_name="Python 3",
            language="python",
            env={"IPYTHONDIR": self.home, "PYDEVD_DISABLE_FILE_VALIDATION": "1"},
        )


class _TellingEngine(NBClientEngine):  # type: ignore[misc]
    """Papermill's own engine, which tells after each cell how far it has come."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: object,
        kernel_name: str,
        home: str = "",
        tell: Progress | None = None,
        **settings: object,
    ) -> object:
        if tell is not None:
            _watch(nb_man, tell)
        kernel = type("PrivateKernel", (_PrivateKernel,), {"home": home})
        return super().execute_managed_notebook(
            nb_man, kernel_name, kernel_manager_class=kernel, **settings
        )


papermill_engines.register("boltkb", _TellingEngine)


def execute_notebook(
    notebook: Path,
    parameters: Mapping[str, object],
    *,
    progress: Progress | None = None,
) -> NotebookNode:
    """Return the notebook, executed with the parameters in a fresh kernel.

    Nothing is written to disk.

    Parameters
    ----------
    notebook : Path
    parameters : mapping
        Already checked.
    progress : callable, optional
        Called after each cell.

    Returns
    -------
    NotebookNode

    Raises
    ------
    ExportError, ParameterError
        When a cell raised one of them.
    RunError
        When a cell raised anything else, or the kernel died.
    """
    logging.getLogger("papermill").setLevel(logging.ERROR)
    try:
        with tempfile.TemporaryDirectory(prefix="boltkb-", ignore_cleanup_errors=True) as home:
            executed: NotebookNode = papermill.execute_notebook(
                notebook,
                None,
                parameters=dict(parameters),
                engine_name="boltkb",
                progress_bar=False,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                kernel_name="python3",
                language="python",
                home=home,
                tell=progress,
            )
    except PapermillExecutionError as error:
        raise _as_raised(error.ename, error.evalue, error.source) from error
    except DeadKernelError as error:
        raise RunError(
            "the notebook's kernel died; the machine may have run out of memory"
        ) from error
    except CellTimeoutError as error:
        raise RunError("a cell of the notebook took too long") from error
    _tidy(executed, notebook)
    return executed


def _as_raised(name: str, text: str, cell: str) -> BoltkbError:
    """Return what a cell raised, as the same class of error where it is one of boltkb's."""
    found = getattr(errors, name, None)
    if isinstance(found, type) and issubclass(found, ExportError):
        return ExportError(text)
    if found is ParameterError:
        return ParameterError(text)
    lines = cell.strip().splitlines()
    shown = "\n".join(lines[:_SHOWN_LINES] + (["..."] if len(lines) > _SHOWN_LINES else []))
    return RunError(f"{name}: {text}" if text else name, shown)


def _watch(manager: object, tell: Progress) -> None:
    """Have the manager of a run tell of each cell that is done."""
    cells = manager.nb.cells  # type: ignore[attr-defined]
    before = manager.cell_complete  # type: ignore[attr-defined]
    labels, label = [], ""
    for cell in cells:
        if cell.cell_type == "markdown":
            heads = [line for line in cell.source.splitlines() if line.startswith("#")]
            label = heads[-1].lstrip("# ").strip() if heads else label
        labels.append(label)
    tell(0, len(cells), labels[0] if labels else "")

    def after(cell: object, cell_index: int = 0, **settings: object) -> None:
        before(cell, cell_index=cell_index, **settings)
        following = labels[min(cell_index + 1, len(labels) - 1)]
        tell(cell_index + 1, len(cells), following)

    manager.cell_complete = after  # type: ignore[attr-defined]


def _tidy(executed: NotebookNode, notebook: Path) -> None:
    """Take out of the executed notebook what only concerns the machine it ran on."""
    record = executed.metadata.get("papermill", {})
    record["input_path"] = notebook.name
    record["output_path"] = None
