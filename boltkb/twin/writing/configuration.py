"""neo4j.conf, and what debug.log repeats of it at the start."""

from __future__ import annotations

import math

from boltkb.catalogue import Version, load_settings, setting_name
from boltkb.twin.server import Server
from boltkb.twin.writing.dialects import Dialect
from boltkb.twin.writing.options import LOG_SIZE, METRIC_SIZE, Options

__all__ = ["PORT", "address", "configuration", "explicit_settings"]

PORT = 7687
_UNLIKELY = ("bolt-queue-size", "bolt-thread-binding", "bolt-thread-binding-timeout")
_AS_A_RULE = {
    "heap-initial": "4g", "heap-max": "4g", "page-cache": "8g",
}  # fmt: skip


def address(member: int) -> str:
    """Return a member's address without its port."""
    return f"10.0.0.{11 + member}"


def explicit_settings(
    server: Server, dialect: Dialect, options: Options, member: int
) -> list[tuple[str, str]]:
    """Return the settings that the configuration names, under the version's names.

    Only what differs from the default is named, as in a file that people keep.

    Examples
    --------
    >>> server = Server(threads=8, version="4.4.40")
    >>> dict(explicit_settings(server, Dialect.of(server), Options(), 0))[
    ...     "dbms.connector.bolt.thread_pool_max_size"
    ... ]
    '8'
    """
    wanted: dict[str, str] = {"bolt-listen-address": f"{address(member)}:{PORT}"}
    _differs(wanted, "bolt-threads-min", server.core_threads, 5, str(server.core_threads))
    _differs(wanted, "bolt-threads-max", server.threads, 400, str(server.threads))
    keep = server.keep_alive
    _differs(wanted, "bolt-threads-keep-alive", keep, 300.0, _duration(keep))
    _differs(wanted, "bolt-queue-size", server.queue, 0, str(server.queue))
    _differs(
        wanted, "transaction-limit", server.transaction_limit, 1000, str(server.transaction_limit)
    )
    if math.isfinite(server.transaction_timeout):
        wanted["transaction-timeout"] = _duration(server.transaction_timeout)
    if not server.binding:
        wanted["bolt-thread-binding"] = "false"
    if server.second_pool and server.unix_socket_threads != 20:
        wanted["bolt-unix-socket-threads-max"] = str(server.unix_socket_threads)
    if dialect.accounts and not options.accounting:
        wanted["bolt-error-accounting"] = "false"
    wanted |= _AS_A_RULE
    if options.edition == "enterprise":
        if options.metrics and options.every_metric and dialect.filtered:
            wanted["metrics-filter"] = "*"
        wanted |= _query_log(dialect, options.query_log_mode)
        size = options.metric_size
        _differs(wanted, "metrics-csv-rotation-size", size, METRIC_SIZE, f"{size}")
    size = options.log_size
    # From 5.0 on the logs' own configuration says how they rotate.
    _differs(wanted, "debug-log-rotation-size", size, LOG_SIZE, f"{size}")
    if options.debug and not dialect.modern:
        wanted["debug-log-level"] = "DEBUG"
    named = {}
    for key, value in wanted.items():
        name = _name(key, dialect.version)
        if name is not None:
            named[name] = value
    return sorted(named.items())


def configuration(settings: list[tuple[str, str]]) -> str:
    """Return the text of neo4j.conf."""
    lines = [
        "#" + "*" * 65,
        "# Neo4j configuration",
        "#",
        "# For more details and a complete list of settings, please see the manual.",
        "#" + "*" * 65,
        "",
    ]
    lines += [f"{name}={value}" for name, value in settings]
    return "\n".join(lines) + "\n"


def _name(key: str, version: Version) -> str | None:
    """Return a setting's name in a version, None where it has none."""
    entry = load_settings().get(key)
    if entry is None or not any(interval.holds(version) for interval in entry.names):
        return None
    return setting_name(key, version)


def _differs(wanted: dict[str, str], key: str, value: float, usual: float, text: str) -> None:
    if value != usual:
        wanted[key] = text


def _duration(seconds: float) -> str:
    if seconds == 0:
        return "0s"
    if seconds >= 60 and seconds % 60 == 0:
        return f"{int(seconds // 60)}m"
    if seconds == int(seconds):
        return f"{int(seconds)}s"
    return f"{math.ceil(seconds * 1000)}ms"


def _query_log(dialect: Dialect, mode: str) -> dict[str, str]:
    old = dialect.version < Version.parse("4.0")
    if mode == "off":
        return {} if old else {"query-log": "OFF"}
    wanted = {"query-log": "true" if old else ("VERBOSE" if mode == "verbose" else "INFO")}
    if not dialect.modern:
        wanted["query-log-time"] = "true"
        if mode == "json":
            wanted["query-log-format"] = "JSON"
    return wanted
