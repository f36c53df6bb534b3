"""Reference pages about drivers: pool options in every language, and what their logs say."""

from __future__ import annotations

from collections import defaultdict

from boltkb.catalogue import DriverOption, load_driver_lines, load_drivers
from handbook.markdown import LANGUAGES, claim, code, front, plain, table, versions

__all__ = ["driver_lines", "driver_options"]

#: Titles of the options, in the order in which a reader needs them.
OPTIONS = {
    "pool-size": "Connections of one pool, at most",
    "acquisition-timeout": "Wait for a connection of the pool",
    "max-lifetime": "Lifetime of a connection",
    "liveness-check": "Test after idle time",
    "connect-timeout": "Time to connect",
    "retry-time": "Time to go on retrying",
    "fetch-size": "Records fetched at a time",
    "max-idle": "Idle connections, at most",
    "idle-timeout": "Idle time until a connection is closed",
    "pending-limit": "Requests that may wait for a connection",
    "log-leaks": "Tell of sessions that were not closed",
    "metrics": "Metrics of the pool",
}
WORDS = {
    "pool-size": "A pool belongs to one server address and one driver object: the limit holds for "
    "each process and each cluster member.",
    "acquisition-timeout": "Longer than this a request does not wait for a connection; the server "
    "has no part in it.",
    "max-lifetime": "Looked at when a connection is taken, so that an idle one may live on.",
    "liveness-check": "A connection that was idle for longer is tried before it is used.",
    "retry-time": "For managed transactions.",
    "fetch-size": "A result that is not read to its end keeps its thread.",
}


def driver_options() -> str:
    """Return the page of the pool options of every driver."""
    lines = front(
        "Driver pools in every language",
        "Connection pool options of the Neo4j drivers: names and defaults, frameworks too.",
        "The server does not limit connections; these options do, each for one process. Names are "
        "as they are written in code or in configuration.",
        "whoever configures an application",
    )
    by_option: dict[str, list[DriverOption]] = defaultdict(list)
    for option in load_drivers().values():
        by_option[option.option].append(option)
    known = [name for name in OPTIONS if name in by_option]
    for name in [*known, *sorted(set(by_option) - set(known))]:
        title = OPTIONS.get(name, name.replace("-", " "))
        rows = [
            (
                f'<span id="{option.id}"></span>{LANGUAGES[option.language]}'
                + (f", {option.framework}" if option.framework else ""),
                code(option.name),
                plain(option.default) or "the driver's",
                versions(option.since, option.until, oldest=""),
                f"{plain(option.meaning)} {claim(option.source, 'source')}",
            )
            for option in by_option[name]
        ]
        lines += [f"## {title} {{ #{name} }}", ""]
        lines += [WORDS[name], ""] if name in WORDS else []
        lines += table(("Language", "Name", "Default", "Versions", "What it does"), rows)
    return "\n".join(lines)


def driver_lines() -> str:
    """Return the page of what drivers write into their clients' logs."""
    lines = front(
        "Lines of driver logs",
        "What Neo4j drivers write about their pools at debug level, by language.",
        "*Seen* says whether a real driver wrote the line for this project; the others were read "
        "in source.",
        "whoever has a client's log",
        wide=True,
    )
    rows = [
        (
            LANGUAGES[line.language],
            code(line.needles[0]),
            line.says,
            "seen" if line.verified else "read",
            f"{plain(line.meaning)} {claim(line.source, 'source')}",
        )
        for line in load_driver_lines().values()
    ]
    lines += table(("Language", "A part of it", "Tells of", "Seen", "What it says"), rows)
    return "\n".join(lines)
