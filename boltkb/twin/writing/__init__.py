"""Writes what a server of each version would have exported, from the records of a run.

It has its own idea of every format and shares no template with the readers: a mistake on one
side shows as a difference between the two.  `moments` writes times, `metrics` the CSV files,
`logs` neo4j.log and debug.log, `truth` what really happened, `export` all of it and what stands
around it, `from_scenario` the same for a scenario.
"""

from boltkb.twin.writing.export import write_export
from boltkb.twin.writing.from_scenario import write_scenario

__all__ = ["write_export", "write_scenario"]
