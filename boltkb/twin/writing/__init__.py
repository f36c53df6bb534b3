"""Writes what a simulated server and its clients would have exported, with the truth beside it.

`export` lets a run on and hands its blocks to each member's writers (`members`): `metric_files`,
`server_logs` (with `startup` and `rejections`), `queries`, `configuration`, `dumps` and
`listings` (of a moment kept by `snapshots`), and `truth`; `driver_logs` writes the clients' own.
What a version's files look like is said in `dialects`; `scenario_exports` adds
the command that repeats an export.

This room has its own idea of every format and shares no template with the readers, which it
never imports: a mistake on one side shows as a difference between the two.
"""

from boltkb.twin.writing.export import Written, write_export
from boltkb.twin.writing.options import EVIDENCE, START, Options
from boltkb.twin.writing.scenario_exports import full_version, write_scenario

__all__ = [
    "EVIDENCE",
    "START",
    "Options",
    "Written",
    "full_version",
    "write_export",
    "write_scenario",
]
