"""Three levels of evidence of one and the same run: what a report would see of it.

A level is a view: a folder with the part of an export that somebody would have.  Settings that
only the fuller export has are taken out of the configuration, and out of what debug.log
repeats of it.  What belongs to no export, the truth and the note about how it was made,
is in none of them, and neither is the scenario's name in a path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from boltkb.catalogue import Version, default_filter, lets_through

__all__ = ["EVERYTHING", "LEVELS", "view"]

EVERYTHING = "everything"
#: The levels, the least first, with what each holds.
LEVELS: Mapping[str, str] = {
    "default metrics": "the metrics that an Enterprise server exports unless told otherwise, and "
    "neo4j.conf",
    "metrics and logs": "what `neo4j-admin server report` collects: the same, debug.log and "
    "neo4j.log, and one thread dump, taken while most threads were held",
    EVERYTHING: "every metric, the query log, three thread dumps 15 s apart, the lists of open "
    "transactions and of connections, and the clients' own logs",
}
#: What no level holds.
_NEVER = re.compile(r"^(?:truth.*|manifest\.toml)$")
#: The settings that the fuller export has and the others have not, with what they are there.
_SETTINGS: Mapping[str, str | None] = {
    "server.metrics.filter": None,
    "metrics.filter": None,
    "dbms.logs.query.time_logging_enabled": None,
    "db.logs.query.enabled": "OFF",
    "dbms.logs.query.enabled": "OFF",
}


def view(export: Path, out: Path, level: str, version: str) -> Path:
    """Put one level of an export into a folder, and return the folder.

    Files that stay as they are become links to the export's own.

    Parameters
    ----------
    export : Path
        Written with every kind of evidence; of one server, or a cluster with a folder each.
    out : Path
        Made; must not exist.
    level : str
        One of `LEVELS`.
    version : str
        Of Neo4j, with all its numbers.
    """
    if level not in LEVELS:
        raise ValueError(f"no level {level!r}; there are {', '.join(LEVELS)}")
    chosen = default_filter(Version.parse(version))
    patterns = ("*",) if chosen is None else chosen.patterns
    for path in sorted(export.rglob("*")):
        inner = path.relative_to(export)
        if not path.is_file() or not _belongs(inner, level, patterns):
            continue
        target = out / inner
        target.parent.mkdir(parents=True, exist_ok=True)
        if level != EVERYTHING and path.name.startswith(("neo4j.conf", "debug.log")):
            target.write_bytes(_without(path.read_bytes()))
        else:
            target.hardlink_to(path)
    return out


def _belongs(inner: Path, level: str, patterns: tuple[str, ...]) -> bool:
    if _NEVER.match(inner.name):
        return False
    if level == EVERYTHING or inner.name == "neo4j.conf":
        return True
    if inner.parent.name == "metrics":
        return lets_through(patterns, inner.name.partition(".csv")[0])
    if level == "default metrics":
        return False
    server_log = inner.parent.name == "logs" and not inner.name.startswith("query.log")
    return server_log or inner.name == "threaddump.txt"


def _without(text: bytes) -> bytes:
    """Return a text without the settings that only the fuller export has."""
    for name, value in _SETTINGS.items():
        word = name.encode()
        # With a boundary before it: `server.metrics.filter` ends as `metrics.filter` does.
        setting = rb"(?<![\w.])" + re.escape(word) + rb"=[^\s\"\\]*"
        if value is not None:
            text = re.sub(setting, word + b"=" + value.encode(), text)
            continue
        # In a log of JSON the lines of one entry are parted by a written `\n`.
        text = re.sub(rb"\\n *" + setting, b"", text)
        text = re.sub(rb"(?m)^.*" + setting + rb".*\n", b"", text)
    return text
