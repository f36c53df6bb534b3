"""Tell whether a Neo4j Bolt thread pool is too small, or its threads are held.

The chain of nouns and verbs, each of which shows itself in a notebook:

    export    = boltkb.open_export("path/to/report.zip")
    pool      = boltkb.read_pool(export)
    seen      = boltkb.observe(export, pool)
    fit       = boltkb.fit_queue(seen)
    sizing    = boltkb.size_threads(fit, rejection=0.001)
    diagnosis = boltkb.diagnose(export, pool, seen, fit)
    advice    = boltkb.advise(pool, fit, sizing, diagnosis)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from boltkb.advice import advise
    from boltkb.bolt import diagnose, observe, read_pool, size_threads
    from boltkb.exports import cache_folder, clear_cache, hide_names, open_export
    from boltkb.figures import plot_busy, plot_incident, plot_sizing
    from boltkb.publish import report
    from boltkb.publish.parameters import check_namespace
    from boltkb.queueing import fit_queue

__version__ = "0.1.0"

__all__ = [
    "advise",
    "cache_folder",
    "check_namespace",
    "clear_cache",
    "diagnose",
    "fit_queue",
    "hide_names",
    "observe",
    "open_export",
    "plot_busy",
    "plot_incident",
    "plot_sizing",
    "read_pool",
    "report",
    "size_threads",
]

_ROOMS = {
    "advise": "boltkb.advice",
    "cache_folder": "boltkb.exports",
    "check_namespace": "boltkb.publish.parameters",
    "clear_cache": "boltkb.exports",
    "diagnose": "boltkb.bolt",
    "fit_queue": "boltkb.queueing",
    "hide_names": "boltkb.exports",
    "observe": "boltkb.bolt",
    "open_export": "boltkb.exports",
    "plot_busy": "boltkb.figures",
    "plot_incident": "boltkb.figures",
    "plot_sizing": "boltkb.figures",
    "read_pool": "boltkb.bolt",
    "report": "boltkb.publish",
    "size_threads": "boltkb.bolt",
}


def __getattr__(name: str) -> object:
    """Load a room when one of its names is first asked for, so that importing stays quick."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
