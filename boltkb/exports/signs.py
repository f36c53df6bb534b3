"""Where in an export a piece of evidence lies, by the names that the catalogue's questions use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from boltkb.catalogue import Version, load_metrics
from boltkb.errors import CatalogueError
from boltkb.exports.export import Export

__all__ = ["known_signs", "place_of"]

_FIRST_ACCOUNTING = Version(5, 18)


def place_of(found: str, export: Export, version: Version | None) -> str | None:
    """Return where an export holds what `found` names; None where it does not.

    Parameters
    ----------
    found : str
        As in a question's evidence.
    export : Export
    version : Version or None

    Raises
    ------
    CatalogueError
        For a name that means nothing here.

    Examples
    --------
    >>> from boltkb.exports import empty_export
    >>> place_of("dumps", empty_export(), None) is None
    True
    """
    kind, _, rest = found.partition(":")
    if kind == "series":
        return _all(_series(part, export) for part in rest.split("+"))
    if kind == "source":
        return _source(rest, export)
    if kind == "machine":
        fact = export.machine.get(rest)
        return None if fact is None else str(fact.where)
    if kind == "dumps" and rest:
        return _dumps(export) if len(export.thread_dumps) >= int(rest) else None
    parts = found.split("+")
    unknown = set(parts) - set(_SIGNS)
    if unknown:
        raise CatalogueError(f"no evidence is called {', '.join(sorted(unknown))}")
    return _all(_SIGNS[part](export, version) for part in parts)


def known_signs() -> frozenset[str]:
    """Return the names that stand alone, without a colon."""
    return frozenset(_SIGNS)


def _all(places: Iterable[str | None]) -> str | None:
    several = list(places)
    here = [place for place in several if place is not None]
    return ", ".join(dict.fromkeys(here)) if len(here) == len(several) else None


def _series(key: str, export: Export) -> str | None:
    if key not in load_metrics():
        raise CatalogueError(f"no metric with the id {key!r}")
    for series in export.series.values():
        if series.id == key and len(series):
            return series.where.file
    return None


def _source(kind: str, export: Export) -> str | None:
    files = [source.path for source in export.sources if source.kind == kind]
    return _files(files)


def _files(files: list[str]) -> str | None:
    if not files:
        return None
    return files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more"


def _dumps(export: Export, _version: Version | None = None) -> str | None:
    return _files([dump.where.file for dump in export.thread_dumps if dump.workers])


def _idle(export: Export, _version: Version | None) -> str | None:
    timed = [row.where.file for row in export.transactions if row.idle is not None]
    if timed:
        return timed[0]
    # An empty list answers too: nothing was open.
    return None if export.transactions else _source("transactions", export)


def _log(export: Export, _version: Version | None) -> str | None:
    return _files([span.file for span in export.log_spans])


def _debug_log(export: Export, _version: Version | None) -> str | None:
    return _files([span.file for span in export.log_spans if not span.user_log])


def _rejection_lines(export: Export, version: Version | None) -> str | None:
    if not export.log_spans:
        return None
    lines = [str(event.where) for event in export.events if event.kind.startswith("rejection-")]
    if lines:
        return lines[0] if len(lines) == 1 else f"{lines[0]} and {len(lines) - 1} more lines"
    if version is None:
        return None
    # No line counts as none only where each rejection would have left one.
    if version < _FIRST_ACCOUNTING or _accounting_is_off(export):
        return _log(export, version)
    return None


def _accounting_is_off(export: Export) -> bool:
    switch = export.setting("bolt-error-accounting")
    return switch is not None and switch.value.strip().lower() == "false"


def _settings(export: Export, _version: Version | None) -> str | None:
    size = export.setting("bolt-threads-max")
    if size is not None:
        return str(size.where)
    for kind in ("settings-list", "configuration", "environment"):
        found = _source(kind, export)
        if found is not None:
            return found
    # A server that lists its settings when it starts leaves out those at their defaults.
    told = [value.where.file for value in export.settings.values()]
    return told[0] if told else None


_SIGNS: Mapping[str, Callable[[Export, Version | None], str | None]] = {
    "connections": lambda export, _: _source("connections", export),
    "debug-log": _debug_log,
    "drivers": lambda export, _: _files([pool.where.file for pool in export.drivers]),
    "dumps": _dumps,
    "holds": lambda export, _: None if export.holds is None else export.holds.where.file,
    "log": _log,
    "queries": lambda export, _: (
        None if export.queries is None else _files([where.file for where in export.queries.where])
    ),
    "rejection-lines": _rejection_lines,
    "settings": _settings,
    "sockets": lambda export, _: _files(
        list(dict.fromkeys(count.where.file for count in export.sockets))
    ),
    "transactions": lambda export, _: _source("transactions", export),
    "transactions-idle": _idle,
}
