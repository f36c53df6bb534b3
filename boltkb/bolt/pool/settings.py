"""The settings of the pool, each by the strongest way in which it is known."""

from __future__ import annotations

import re

from boltkb.bolt.pool.known import RANKS, Known, Rank
from boltkb.catalogue import Setting, Version, load_settings, setting_id
from boltkb.exports import Export, SettingValue

__all__ = ["as_number", "in_this_version", "read_setting", "told_apart"]

#: What is written down somewhere need not be what the server runs with.
_WRITTEN = frozenset({"file", "environment"})

_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(ns|us|ms|s|m|h|d)?\s*$", re.IGNORECASE)
_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def read_setting(
    export: Export, identity: str, version: Version | None, *, needs_configuration: bool = False
) -> Known:
    """Return a setting's value: what was said of it on the strongest grounds, else the default.

    Parameters
    ----------
    export : Export
    identity : str
        The setting's id in the catalogue.
    version : Version or None
    needs_configuration : bool
        Whether the default is only named, not used, where nothing in the export says which
        settings were set.

    Returns
    -------
    Known
    """
    setting = load_settings()[identity]
    read = _strongest(export, identity)
    listed = _listed(export, identity)
    if read is not None and (listed is not False or read.origin not in _WRITTEN):
        value = as_number(read.value)
        rank: Rank = "start" if listed and read.origin in _WRITTEN else read.origin
        if value is None:
            return Known(None, f"not a value that can be read: `{read.value}`", read.where, rank)
        return Known(value, f"{read.name} in {read.where}", read.where, rank)
    release = f"Neo4j {version}" if version is not None else "every version known"
    name = _name(setting, version)
    default = _default(setting, version)
    if needs_configuration and not _configured(export):
        return Known(
            None,
            f"no configuration in this export; the default of {name} is {setting.default}, "
            "but that it was kept cannot be told",
        )
    if read is not None:
        # Set in a file that was changed since: it counts from the next start on.
        how = f"default of {release}: {name} is not among the settings that the server listed"
        return Known(as_number(default), f"{how} at its start", None, "start")
    value = as_number(default)
    if value is None:
        return Known(None, f"{name} is not set, and its default in {release} is {default}")
    if export.started_with is not None:
        how = f"{name} is not among the settings listed at the start"
        return Known(value, f"default of {release}, {how}", None, "start")
    return Known(value, f"default of {release}, {name} is not set", None, "default")


def told_apart(export: Export, identity: str, taken: Known) -> tuple[str, ...]:
    """Return in sentences where other sources say something else of a setting.

    Parameters
    ----------
    export : Export
    identity : str
    taken : Known
        The value that is used.
    """
    setting = load_settings()[identity]
    found = {}
    for other in _said(export, identity):
        value = as_number(other.value)
        if value is None or taken.value is None or value == taken.value:
            continue
        found[other.value.strip(), str(other.where)] = (
            f"{other.name} is {other.value} in {other.where}, but {RANKS[taken.rank]} says "
            f"{_plain(taken)} ({taken.how}). The latter is taken. {_why(setting, other, taken)}"
        )
    return tuple(found.values())


def in_this_version(identity: str, version: Version | None) -> bool:
    """Return whether a version has a setting; an unknown version or bound excludes nothing.

    Examples
    --------
    >>> in_this_version("bolt-unix-socket-own-pool", Version(5, 26))
    False
    """
    return version is None or any(n.holds(version) for n in load_settings()[identity].names)


def as_number(text: str) -> float | bool | None:
    """Return a setting's text as a number, seconds for durations, or a switch; None for neither.

    Examples
    --------
    >>> as_number("5m"), as_number("TRUE"), as_number("-1"), as_number("many")
    (300.0, True, -1.0, None)
    """
    plain = text.strip().lower()
    if plain in {"true", "false"}:
        return plain == "true"
    try:
        value = float(plain)
    except ValueError:
        match = _DURATION.match(plain)
        return float(match[1]) * _SECONDS[(match[2] or "s").lower()] if match else None
    return value if abs(value) < float("inf") else None


def _said(export: Export, identity: str) -> list[SettingValue]:
    """Return everything that is said of a setting, that in force first."""
    read = export.setting(identity)
    others = [value for value in export.outranked if setting_id(value.name) == identity]
    return others if read is None else [read, *others]


def _strongest(export: Export, identity: str) -> SettingValue | None:
    return min(
        _said(export, identity), key=lambda value: list(RANKS).index(value.origin), default=None
    )


def _listed(export: Export, identity: str) -> bool | None:
    """Return whether the server listed a setting at its start; None where it has no such list."""
    if export.started_with is None:
        return None
    return any(setting_id(name) == identity for name in export.started_with)


def _configured(export: Export) -> bool:
    return (
        bool(export.settings)
        or export.started_with is not None
        or any(source.kind in {"configuration", "settings-list"} for source in export.sources)
    )


def _name(setting: Setting, version: Version | None) -> str:
    fitting = [name.name for name in setting.names if version is None or name.holds(version)]
    return (fitting or [setting.names[-1].name])[-1]


def _default(setting: Setting, version: Version | None) -> str:
    if version is not None:
        return setting.default_in(version)
    return " or ".join(dict.fromkeys(old.name for old in setting.defaults)) or setting.default


def _plain(known: Known) -> str:
    if isinstance(known.value, bool):
        return str(known.value).lower()
    return str(known)


def _why(setting: Setting, other: SettingValue, taken: Known) -> str:
    if other.origin in _WRITTEN and taken.rank in {"start", "running", "moment"}:
        if setting.dynamic:
            return "It can be changed while the server runs, without the file."
        return "If the file was changed after the start, it counts from the next start on."
    if other.origin == "start" and not setting.dynamic:
        return "It takes a restart to change it, so the two are of different starts."
    return "They are of different times, or of different servers."
