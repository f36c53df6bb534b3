"""What a server writes into its logs when it starts."""

from __future__ import annotations

from dataclasses import dataclass

from boltkb.catalogue import Version
from boltkb.twin.server import Server
from boltkb.twin.writing.configuration import PORT, address
from boltkb.twin.writing.dialects import Dialect
from boltkb.twin.writing.options import Options

__all__ = ["Entry", "diagnostics", "starting"]

_WIDTH = 80
_INDENT = " " * 64
_G1 = "[G1 Eden Space, G1 Survivor Space, G1 Old Gen]"
_HOME = "/var/lib/neo4j"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a log.

    Parameters
    ----------
    before : float, seconds
        How long before the run's beginning it was written.
    level, category, message : str
    user : bool
        Whether neo4j.log has it.
    debug : bool
        Whether debug.log has it.
    """

    before: float
    level: str
    category: str
    message: str
    user: bool = False
    debug: bool = True


def starting(
    server: Server,
    dialect: Dialect,
    options: Options,
    settings: list[tuple[str, str]],
    member: int,
) -> list[Entry]:
    """Return the entries of a start, in the order of time."""
    enterprise = options.edition == "enterprise"
    web = "c.n.s.e.EnterpriseNeoWebServer" if enterprise else "o.n.s.CommunityNeoWebServer"
    if dialect.version < Version.parse("4.0"):
        web = "o.n.s.AbstractNeoServer"
    here = f"{address(member)}:{PORT}"
    banner = Entry(9.4, "INFO", web, f"======== Neo4j {dialect.name} ========", user=True)
    head = [Entry(14.0, "INFO", "", "Starting...", user=True, debug=False)]
    if not dialect.boxed:
        banner = Entry(14.2, "INFO", web, banner.message, user=True, debug=True)
        head.insert(0, banner)
    if dialect.modern:
        config = f"Logging config in use: File '{_HOME}/conf/server-logs.xml'"
        head.append(Entry(13.1, "INFO", "o.n.g.f.m.GlobalModule", config))
    middle = diagnostics(server, dialect, options, settings, 12.2)
    if dialect.boxed:
        middle.append(banner)
    connector = "o.n.b.p.c.c.n.SocketNettyConnector" if dialect.modern else "o.n.b.BoltServer"
    tail = [Entry(2.0, "INFO", connector, f"Bolt enabled on {here}.", user=True)]
    if options.metrics:
        told = f"Sending metrics to CSV file at {_HOME}/metrics"
        place = "c.n.m.o.RotatableCsvReporter" if dialect.modern else "c.n.m.o.CsvOutput"
        tail.insert(0, Entry(2.4, "INFO", place, told, user=True))
    remote = f"Remote interface available at http://{address(member)}:7474/"
    tail.append(Entry(0.6, "INFO", web, remote, user=True))
    tail.append(Entry(0.4, "INFO", web, "Started.", user=True))
    return head + middle + tail


def diagnostics(
    server: Server,
    dialect: Dialect,
    options: Options,
    settings: list[tuple[str, str]],
    before: float,
) -> list[Entry]:
    """Return what a server says about itself and its machine."""
    cores = int(server.machine.cores) if server.machine.cores < 1024 else 16
    parts = [
        ("System memory information", [
            "Total Physical memory: 31.25GiB", "Free Physical memory: 11.62GiB",
            "Committed virtual memory: 14.10GiB", "Total swap space: 0B", "Free swap space: 0B",
        ]),
        ("JVM memory information", [
            "Free  memory: 3.871GiB", "Total memory: 4.000GiB", "Max   memory: 4.000GiB",
            f"Garbage Collector: G1 Young Generation: {_G1}",
            f"Garbage Collector: G1 Old Generation: {_G1}",
        ]),
        ("Operating system information", [
            f"Operating System: Linux; version: 6.1.0; arch: amd64; cpus: {max(1, cores)}",
            "Max number of file descriptors: 60000", "Number of open file descriptors: 412",
            "Process id: 1722", "Byte order: LITTLE_ENDIAN", "Local timezone: Etc/UTC",
        ]),
        ("JVM information", [
            "VM Name: OpenJDK 64-Bit Server VM", "VM Vendor: Eclipse Adoptium",
            f"VM Version: {java_version(dialect)}", "JIT compiler: HotSpot 64-Bit Tiered Compilers",
            "VM Arguments: [-XX:+UseG1GC, -XX:-OmitStackTraceInFastThrow, -Xms4g, -Xmx4g]",
        ]),
    ]  # fmt: skip
    if not dialect.boxed:
        return _flat(parts, options, settings, before)
    category = "o.n.i.d.DiagnosticsManager"
    config = ["DBMS provided settings:", *(f"{name}={value}" for name, value in settings)]
    packaging = [f"Edition: {options.edition.capitalize()}", "Package Type: tar"]
    blocks = [[_line("*"), _centred("System diagnostics"), _line("*")]]
    # 4.x says its edition in the block of each database instead.
    for title, lines in [*parts, ("DBMS config", config), ("Packaging", packaging)]:
        blocks.append([_line("-"), _centred(title), _line("-"), *lines, ""])
    entries = []
    for block in blocks:
        text = "".join(f"\n{_INDENT}{line}" for line in block)
        entries.append(Entry(before, "INFO", category, text))
    return entries


def java_version(dialect: Dialect) -> str:
    """Return the Java that a version runs on, as a VM names it."""
    if dialect.version < Version.parse("4.0"):
        return "25.402-b06"
    if not dialect.modern:
        return "11.0.22+7"
    return "21.0.4+7-LTS" if dialect.version >= Version.parse("2025.01") else "17.0.11+9"


def _flat(
    parts: list[tuple[str, list[str]]],
    options: Options,
    settings: list[tuple[str, str]],
    before: float,
) -> list[Entry]:
    lines = ["--- INITIALIZED diagnostics START ---", "Neo4j Kernel properties:"]
    lines += [f"{name}={value}" for name, value in settings]
    lines += [f"unsupported.dbms.edition={options.edition}", "Diagnostics providers:"]
    for title, content in parts:
        lines += [f"{title}:", *content]
    lines.append("--- INITIALIZED diagnostics END ---")
    return [Entry(before, "INFO", "o.n.k.i.DiagnosticsManager", line) for line in lines]


def _line(sign: str) -> str:
    return sign * _WIDTH


def _centred(title: str) -> str:
    return f"[ {title} ]".center(_WIDTH)
