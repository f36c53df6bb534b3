"""The line that lets more metrics through, without blinding what others look at.

Knows that a filter replaces the version's own list: so the line holds that list, or the one that
the export's configuration has already, and the additions behind it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from boltkb.catalogue import (
    Version,
    default_filter,
    lets_through,
    load_metrics,
    metric_glob,
    setting_name,
)
from boltkb.exports.export import Export
from boltkb.exports.settings.configuration import HIDDEN

__all__ = ["metric_lines"]

_PLAIN = re.compile(r"[A-Za-z0-9_.*?{}$-]{1,300}")
#: A value this long may have been cut when it was read.
_LONG = 4000
_DENIES = Version(2025, 10)
_OLD_SWITCH_ENDS = Version(4, 2)


def metric_lines(
    export: Export, wanted: Sequence[str], version: Version
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the lines for neo4j.conf that export metrics, and what to know about them.

    Parameters
    ----------
    export : Export
        For the filter that it has already.
    wanted : sequence of str
        Ids of metrics; those that the version does not have are left out.
    version : Version

    Returns
    -------
    tuple of (tuple of str, tuple of str)
        No line where the server exports all of them already.

    Examples
    --------
    >>> from boltkb.exports import empty_export
    >>> lines, _ = metric_lines(empty_export(), ["messages_done"], Version(5, 11))
    >>> lines[0].startswith("server.metrics.filter=*bolt.connections*,")
    True
    >>> lines[0].endswith(",*db.query.execution*,*bolt.messages_done")
    True
    """
    notes: list[str] = []
    lines = [
        f"{setting_name(key, version)}=true"
        for key in ("metrics-enabled", "metrics-csv-enabled")
        if _says(export, key, "false")
    ]
    globs = {
        key: metric_glob(key, version)
        for key in wanted
        if any(interval.holds(version) for interval in load_metrics()[key].names)
    }
    listed = default_filter(version)
    if listed is None:
        if version < _OLD_SWITCH_ENDS and _says(export, "metrics-bolt-messages", "false"):
            lines.append(f"{setting_name('metrics-bolt-messages', version)}=true")
        notes.append("Up to 4.1 every metric is exported; there is no filter.")
        return tuple(lines), tuple(notes)
    name = setting_name("metrics-filter", version)
    own = export.setting("metrics-filter")
    patterns = listed.patterns if own is None else _split(own.value)
    lacking = [
        glob
        for key, glob in globs.items()
        if not all(lets_through(patterns, full) for full in _examples(key, version))
    ]
    notes += _denied(export, globs, version)
    if not lacking:
        return tuple(lines), tuple(notes)
    added = ",".join(lacking)
    if own is not None and not _can_be_copied(own.value, patterns):
        notes.append(
            f"{own.where} has a {name} that cannot be repeated here safely: put a comma and"
            f" {added} behind it."
        )
        return tuple(lines), tuple(notes)
    lines.append(f"{name}={','.join([*patterns, *lacking])}")
    if own is not None:
        notes.append(f"The line is the filter of {own.where} with {added} behind it.")
        return tuple(lines), tuple(notes)
    notes.append(
        "A filter replaces the version's own list: the line holds that list and the additions"
        " behind it, so that nothing which is exported now gets lost."
    )
    if not listed.exact:
        notes.append(
            f"The list of {version.short} itself was not read: the line holds those of"
            f" {listed.id.replace(', ', ' and ')} together."
        )
    if not any(source.kind == "configuration" for source in export.sources):
        notes.append(
            f"The export holds no neo4j.conf: if it has a {name} already, keep that one and put"
            f" only a comma and {added} behind it."
        )
    return tuple(lines), tuple(notes)


def _says(export: Export, key: str, value: str) -> bool:
    found = export.setting(key)
    return found is not None and found.value.strip().lower() == value


def _split(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _can_be_copied(value: str, patterns: Sequence[str]) -> bool:
    # It comes from a stranger's file and would be copied into a configuration.
    return (
        value != HIDDEN
        and len(value) < _LONG
        and all(_PLAIN.fullmatch(pattern) for pattern in patterns)
    )


def _examples(key: str, version: Version) -> list[str]:
    names = [name.name for name in load_metrics()[key].names if name.holds(version)]
    return [name.replace("{prefix}", "neo4j").replace("{database}", "neo4j") for name in names]


def _denied(export: Export, globs: dict[str, str], version: Version) -> list[str]:
    if version < _DENIES:
        return []
    found = export.setting("metrics-deny-filter")
    patterns = _split(found.value) if found is not None else ()
    if found is None or not patterns:
        return []
    taken = [
        glob
        for key, glob in globs.items()
        if any(lets_through(patterns, full) for full in _examples(key, version))
    ]
    if not taken:
        return []
    name = setting_name("metrics-deny-filter", version)
    return [
        f"{name} in {found.where} takes {', '.join(taken)} out again, whatever the filter says."
    ]
