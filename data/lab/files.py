"""The files of a capture: written whole, with this machine's names taken out.

It must not know how the content came about.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import socket
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data.lab.errors import LabError

NEUTRAL_HOME = "/var/lib/neo4j"
NEUTRAL_HOST = "neo4j-lab"


class Neutral:
    """Replaces this machine's paths and host name in text.

    Parameters
    ----------
    home : Path
        The server's home folder, which becomes ``/var/lib/neo4j``.
    jars : iterable of Path
        Jar files outside it; they become files of ``/var/lib/neo4j/lib``.
    """

    def __init__(self, home: Path, jars: Iterable[Path]) -> None:
        lib = f"{NEUTRAL_HOME}/lib"
        pairs = {str(jar): f"{lib}/{jar.name}" for jar in jars}
        pairs |= {str(home.resolve()): NEUTRAL_HOME, str(home): NEUTRAL_HOME}
        self._pairs = sorted(pairs.items(), key=lambda pair: -len(pair[0]))
        host = socket.gethostname()
        known = host and host not in ("localhost", NEUTRAL_HOST)
        self._host = re.compile(rf"(?<![\w.-]){re.escape(host)}(?![\w.-])") if known else None
        self._never = (str(home), str(Path(__file__).resolve().parents[2]), str(Path.home()))

    def clean(self, text: str) -> str:
        """Return the text with the names replaced and everything else as it was.

        Raises
        ------
        LabError
            When a path of this machine is still in it.
        """
        for old, new in self._pairs:
            text = text.replace(old, new)
        if self._host is not None:
            text = self._host.sub(NEUTRAL_HOST, text)
        for path in self._never:
            if re.search(rf"(?<![\w/]){re.escape(path)}(?=[/\s:\"',\]]|$)", text):
                raise LabError(
                    "A path of this machine is still in the server's files after the"
                    " replacements, so the capture was not written. The path starts with"
                    f" {path!r}; teach data/lab/files.py to replace it."
                )
        return text


def write_plain(
    path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, at: float
) -> None:
    """Write a table as ``date -u +%FT%TZ; cypher-shell --format plain`` print one.

    Strings stand in double quotes, numbers, booleans and durations bare, and an absent
    value is NULL.
    """
    lines = [datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), ", ".join(columns)]
    lines += [", ".join(_plain(value) for value in row) for row in rows]
    path.write_text("\n".join(lines) + "\n")


def _plain(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        if re.fullmatch(r"P(\d+[YMWD])*(T(-?\d+(\.\d+)?[HMS])*)?", value) and value != "P":
            return value
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ", ".join(_plain(part) for part in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_plain(part)}" for name, part in value.items()) + "}"
    return str(value)


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a gzipped CSV file whose bytes depend on nothing but the content."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as out:
        out.write(text.getvalue().encode())


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON for people to read."""
    path.write_text(json.dumps(content, indent=2) + "\n")


def write_toml(path: Path, content: dict[str, Any]) -> None:
    """Write a flat table, with one level of sub-tables, as TOML."""
    plain = {name: value for name, value in content.items() if not isinstance(value, dict)}
    lines = [f"{name} = {json.dumps(value)}" for name, value in plain.items()]
    for name, table in content.items():
        if isinstance(table, dict):
            lines += ["", f"[{name}]"]
            lines += [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    path.write_text("\n".join(lines) + "\n")
