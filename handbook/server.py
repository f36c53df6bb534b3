"""Reference pages about the server: settings, metrics, log messages, error codes, threads."""

from __future__ import annotations

from boltkb.catalogue import (
    Setting,
    load_errors,
    load_messages,
    load_metrics,
    load_settings,
    load_threads,
)
from handbook.markdown import LANGUAGES, claim, code, front, holds, plain, table, versions

__all__ = ["docker", "error_codes", "messages", "metrics", "settings", "threads"]

ROLES = {
    "held": "held by a connection",
    "idle": "idle, of the pool",
    "network": "network, not of the pool",
    "other": "not of the pool",
}


def settings() -> str:
    """Return the page of every setting, with its names in every version."""
    lines = front(
        "Settings, in every version",
        "Every Neo4j setting that touches Bolt threads, connections, logs and metrics, by version.",
        "Each setting under all the names that it has had. *Dynamic* settings take effect on a "
        "running server; the others need a restart, and a restart destroys the evidence of a leak.",
        "whoever is about to change a line of neo4j.conf",
        boost=2,
    )
    for setting in load_settings().values():
        lines += _setting(setting)
    return "\n".join(lines)


def _setting(setting: Setting) -> list[str]:
    newest = setting.names[-1].name
    default = code(setting.default) if setting.default else "none"
    if setting.defaults:
        default = "<br>".join(
            f"{code(interval.name)} ({versions(interval.since, interval.until)})"
            for interval in reversed(setting.defaults)
        )
    takes = "at once" if setting.dynamic else "after a restart"
    if setting.dynamic and setting.dynamic_since is not None:
        takes = f"at once from {setting.dynamic_since}; before, after a restart"
    rows = [
        ("names", holds(setting.names)),
        ("default", default),
        ("takes effect", takes),
        ("edition", "Enterprise" if setting.edition == "enterprise" else "Community, Enterprise"),
        ("in Docker", code(docker(newest))),
        ("in Helm", code(f'config: {{ {newest}: "..." }}')),
    ]
    source = claim(setting.source, "source")
    return [
        f"## {newest} {{ #{setting.id} }}",
        "",
        f"{plain(setting.meaning)} {source}",
        "",
        *table(("What", "Answer"), rows),
    ]


def docker(name: str) -> str:
    """Return a setting's environment variable: dots are one underscore, underscores two.

    Examples
    --------
    >>> docker("server.bolt.thread_pool_max_size")
    'NEO4J_server_bolt_thread__pool__max__size'
    """
    return "NEO4J_" + name.replace("_", "__").replace(".", "_")


def metrics() -> str:
    """Return the page of every metric that boltkb reads."""
    lines = front(
        "Metrics, and what they really count",
        "Bolt, transaction and JVM metrics of Neo4j, by version: names, defaults, meaning.",
        "All of them belong to Enterprise Edition. *By default* says whether the newest version "
        "exports it without a filter of its own; up to 4.1 there is no filter.",
        "whoever reads a dashboard",
        wide=True,
        boost=2,
    )
    rows = []
    for metric in load_metrics().values():
        default = "yes" if metric.default_export else "no"
        if metric.default_export and metric.exported_since is not None:
            default = f"yes, from {metric.exported_since}"
        rows.append(
            (
                f'<span id="{metric.id}"></span>{holds(metric.names)}',
                metric.kind,
                metric.unit or "number",
                default,
                f"{plain(metric.meaning)} {claim(metric.source, 'source')}",
            )
        )
    lines += table(("Name", "Kind", "Unit", "By default", "What it counts"), rows)
    return "\n".join(lines)


def messages() -> str:
    """Return the page of every log message that boltkb knows."""
    counts = {
        "rejection": "one line, one rejection",
        "episode": "an episode; it counts nothing",
        "none": "",
    }
    lines = front(
        "Log messages",
        "Lines of neo4j.log and debug.log about Bolt threads and connections, by version.",
        "What a line counts depends on the version: up to 5.17 each rejection leaves one, from "
        "5.18 on a line tells, by default, only that an episode began.",
        "whoever searches a log",
        wide=True,
    )
    rows = [
        (
            f'<span id="{message.id}"></span>{code(message.needles[0])}',
            message.level,
            versions(message.since, message.until),
            counts[message.counts],
            f"{plain(message.meaning)} {claim(message.source, 'source')}",
        )
        for message in load_messages().values()
    ]
    lines += table(("A part of it", "Level", "Versions", "Counts", "What it says"), rows)
    return "\n".join(lines)


def error_codes() -> str:
    """Return the page of error texts and codes, on the server's and the client's side."""
    lines = front(
        "Error codes and texts",
        "Errors about Bolt threads, driver pools and transactions, word for word.",
        "*Tried again* says whether a driver's managed transaction repeats the request by itself.",
        "whoever has one on the screen",
        wide=True,
    )
    rows = [
        (
            f'<span id="{error.id}"></span>' + code(error.text),
            "<br>".join(code(word) for word in (error.code, error.gql_status) if word),
            "the server" if error.side == "server" else f"the driver ({LANGUAGES[error.language]})",
            versions(error.since, error.until, oldest="3.4" if error.side == "server" else ""),
            error.retried,
            f"{plain(error.meaning)} {plain(error.change)} {claim(error.source, 'source')}",
        )
        for error in load_errors().values()
    ]
    lines += table(
        ("Text", "Code", "Told by", "Versions", "Tried again", "What it means, and what to do"),
        rows,
    )
    return "\n".join(lines)


def threads() -> str:
    """Return the page of thread names in a dump."""
    lines = front(
        "Thread names in a dump",
        "How the threads of Neo4j's Bolt server are called in a thread dump, by version.",
        "A worker of the pool that carries a connection's name is held by it.",
        "whoever reads a thread dump",
        wide=True,
    )
    rows = [
        (
            f'<span id="{thread.id}"></span>{code(thread.example)}',
            ROLES[thread.role],
            versions(thread.since, thread.until),
            f"{plain(thread.meaning)} {claim(thread.source, 'source')}",
        )
        for thread in load_threads().values()
    ]
    lines += table(("Name", "Role", "Versions", "What it does"), rows)
    return "\n".join(lines)
