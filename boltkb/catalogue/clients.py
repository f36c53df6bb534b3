"""What is known about clients: drivers' pool options, the lines of their logs, error texts.

Entries and their loaders; the files are `drivers.toml`, `driver_lines.toml` and `errors.toml`.
Knows nothing of files in an export.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

from boltkb.catalogue.rows import bound, by_id, choice, flag, pattern, rows, text, texts
from boltkb.catalogue.version import Version

__all__ = [
    "LANGUAGES",
    "SAYS",
    "DriverLine",
    "DriverOption",
    "ErrorText",
    "load_driver_lines",
    "load_drivers",
    "load_errors",
]

_Bound = Version | Literal["unknown"] | None

#: Drivers by the language of the programs that use them; `any` for what several share.
LANGUAGES = ("any", "dotnet", "go", "java", "javascript", "python", "rust")
#: What a line of a driver's log may tell of.
SAYS = (
    "acquired",
    "aside",
    "asked",
    "closed",
    "created",
    "failed",
    "leaked",
    "lost",
    "opening",
    "queued",
    "refused",
    "rejected",
    "released",
    "retried",
    "socket",
    "timed-out",
    "towards",
    "used",
)
_RETRIED = ("yes", "no", "unknown")
_LAYERS = ("wire", "pool", "session")


@dataclass(frozen=True, slots=True)
class DriverOption:
    """An option of a driver's connection pool, or a framework's name for it.

    Parameters
    ----------
    id : str
        The catalogue's own name.
    language : str
        One of `LANGUAGES`.
    framework : str
        Such as `Spring Boot`; empty for the driver itself.
    option : str
        What it sets, the same word in all languages, such as `pool-size`.
    name : str
        As it is written in code or in configuration.
    default : str
        With its unit; empty where it is the driver's.
    since, until : Version, None or "unknown"
        The half-open span of the driver's (the framework's) versions.
    meaning : str
        One sentence: what it does in this language, where that differs from others.
    source : str
        The id of the source.
    """

    id: str
    language: str
    framework: str
    option: str
    name: str
    default: str
    since: _Bound
    until: _Bound
    meaning: str
    source: str


@dataclass(frozen=True, slots=True)
class DriverLine:
    """A line that a driver writes into its client's log.

    Parameters
    ----------
    id : str
        The catalogue's own name.
    language : str
        One of `LANGUAGES`.
    needles : tuple of str
        Plain ASCII pieces, one of which every such line holds; a reader looks for them first.
    pattern : re.Pattern
        Found within the line; named groups: `address`, `connection`, `delay` (seconds),
        `delay_ms`, `delay_clock` (hh:mm:ss), `limit` (seconds), `limit_ms`, `limit_clock`,
        `active`, `idle`.
    says : str
        One of `SAYS`.
    layer : str
        `wire`, `pool` or `session`: one happening may be told once in each, never twice in one.
    own : bool
        Whether nothing but a driver writes it, so that it tells a client's log from others.
    verified : bool
        Whether a real driver wrote it for this project; otherwise it was read in source.
    meaning : str
        One sentence.
    source : str
        The id of the source.
    """

    id: str
    language: str
    needles: tuple[str, ...]
    pattern: re.Pattern[str]
    says: str
    layer: str
    own: bool
    verified: bool
    meaning: str
    source: str


@dataclass(frozen=True, slots=True)
class ErrorText:
    """An error that a client meets when threads or connections are short.

    Parameters
    ----------
    id : str
        The catalogue's own name.
    side : str
        `server`: the server sent it; `client`: the driver made it up itself.
    language : str
        One of `LANGUAGES`.
    code : str
        Neo4j's error code, or the driver's error class for a client's own error.
    gql_status : str
        The GQLSTATUS that goes with it; empty for none.
    text : str
        Its message, or the part of it that does not vary.
    retried : str
        Whether a managed transaction tries again by itself: `yes`, `no` or `unknown`.
    since, until : Version, None or "unknown"
        The half-open span of versions, of the server or of the driver by `side`.
    meaning : str
        One sentence.
    change : str
        What to do about it, in one sentence.
    source : str
        The id of the source.
    """

    id: str
    side: Literal["server", "client"]
    language: str
    code: str
    gql_status: str
    text: str
    retried: Literal["yes", "no", "unknown"]
    since: _Bound
    until: _Bound
    meaning: str
    change: str
    source: str


@lru_cache(maxsize=1)
def load_drivers() -> Mapping[str, DriverOption]:
    """Return the pool options of drivers and frameworks by id.

    Examples
    --------
    >>> load_drivers()["go-connect-timeout"].default
    '5 s'
    """
    return by_id(
        DriverOption(
            id=text(row, "id"),
            language=choice(row, "language", LANGUAGES),
            framework=text(row, "framework") if "framework" in row else "",
            option=text(row, "option"),
            name=text(row, "name"),
            default=text(row, "default"),
            since=bound(row.get("since")),
            until=bound(row.get("until")),
            meaning=text(row, "meaning"),
            source=text(row, "source"),
        )
        for row in rows("drivers.toml", "option")
    )


@lru_cache(maxsize=1)
def load_driver_lines() -> Mapping[str, DriverLine]:
    """Return the lines of drivers' logs by id.

    Examples
    --------
    >>> load_driver_lines()["javascript-released"].says
    'released'
    """
    return by_id(
        DriverLine(
            id=text(row, "id"),
            language=choice(row, "language", LANGUAGES),
            needles=texts(row, "needles"),
            pattern=pattern(row, "pattern"),
            says=choice(row, "says", SAYS),
            layer=choice(row, "layer", _LAYERS),
            own=flag(row, "own") if "own" in row else True,
            verified=flag(row, "verified"),
            meaning=text(row, "meaning"),
            source=text(row, "source"),
        )
        for row in rows("driver_lines.toml", "line")
    )


@lru_cache(maxsize=1)
def load_errors() -> Mapping[str, ErrorText]:
    """Return the errors that clients meet by id.

    Examples
    --------
    >>> load_errors()["no-threads"].gql_status
    '51N59'
    """
    return by_id(
        ErrorText(
            id=text(row, "id"),
            side=cast(Literal["server", "client"], choice(row, "side", ("server", "client"))),
            language=choice(row, "language", LANGUAGES),
            code=text(row, "code"),
            gql_status=text(row, "gql_status") if "gql_status" in row else "",
            text=text(row, "text"),
            retried=cast(Literal["yes", "no", "unknown"], choice(row, "retried", _RETRIED)),
            since=bound(row.get("since")),
            until=bound(row.get("until")),
            meaning=text(row, "meaning"),
            change=text(row, "change"),
            source=text(row, "source"),
        )
        for row in rows("errors.toml", "error")
    )
