"""A Neo4j Community server as a process of its own, on loopback, never left behind.

It writes the configuration, starts and stops the process, and answers where its files
are. It must not know what load is put on the server or what is done with its files.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from data.lab.build import Build
from data.lab.errors import LabError

DEFAULT_MIN_THREADS = 5
DEFAULT_THREADS = 8
DEFAULT_HEAP = 1024
INITIAL_HEAP = 512
START_TIMEOUT_SECONDS = 120.0
STOP_TIMEOUT_SECONDS = 25.0
JVM_ARGUMENTS = (
    "-XX:+UseG1GC",
    "-XX:-OmitStackTraceInFastThrow",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "-Dlog4j2.disable.jmx=true",
    "-Dfile.encoding=UTF-8",
)
DEBUG_LOGS = """<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR" packages="org.neo4j.logging.log4j">
  <Appenders>
    <RollingRandomAccessFile name="DebugLog" fileName="${config:server.directories.logs}/debug.log"
        filePattern="${config:server.directories.logs}/debug.log.%02i">
      <Neo4jDebugLogLayout pattern="%d{yyyy-MM-dd HH:mm:ss.SSSZ}{GMT+0} %-5p [%c{1.}] %m%n"/>
      <Policies><SizeBasedTriggeringPolicy size="2 GB"/></Policies>
      <DefaultRolloverStrategy fileIndex="min" max="7"/>
    </RollingRandomAccessFile>
  </Appenders>
  <Loggers>
    <Root level="INFO"><AppenderRef ref="DebugLog"/></Root>
    <Logger name="org.neo4j.bolt" level="DEBUG"/>
  </Loggers>
</Configuration>
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a capture may choose about the server.

    Parameters
    ----------
    threads : int, >= 1
        ``server.bolt.thread_pool_max_size``.
    default_accounting : bool
        Whether rejections are summed up in the log, as the version does by default, or
        written as one ERROR line each.
    debug_log : bool
        Whether the Bolt server logs at debug level.
    bolt_port, http_port : int, optional
        Ports on loopback; 0 picks a free one.
    heap : int, MiB, >= 64
        The most that the server's heap may take.
    extra : tuple of str
        Further lines for ``neo4j.conf``.
    """

    threads: int = DEFAULT_THREADS
    default_accounting: bool = True
    debug_log: bool = False
    bolt_port: int = 0
    http_port: int = 0
    heap: int = DEFAULT_HEAP
    extra: tuple[str, ...] = ()


@dataclass(slots=True)
class Server:
    """A server that runs for the length of a ``with`` block.

    Raises
    ------
    LabError
        On entry, when a port is in use or the server does not start. Nothing is left
        running then, nor after the block, however it ends.
    """

    build: Build
    settings: Settings
    home: Path = field(init=False)
    bolt_port: int = field(init=False, default=0)
    http_port: int = field(init=False, default=0)
    _process: subprocess.Popen[bytes] | None = field(init=False, default=None)
    _console: IO[bytes] | None = field(init=False, default=None)

    def __enter__(self) -> Self:
        self.bolt_port = take_port(self.settings.bolt_port, "Bolt")
        self.http_port = take_port(self.settings.http_port, "HTTP")
        self.home = Path(tempfile.mkdtemp(prefix="boltkb-lab-"))
        atexit.register(self.stop)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def bolt_address(self) -> str:
        """The address that drivers connect to."""
        return f"bolt://127.0.0.1:{self.bolt_port}"

    @property
    def pid(self) -> int:
        """The process id, while the server runs."""
        if self._process is None:
            raise LabError("The server is not running, so it has no process id.")
        return self._process.pid

    @property
    def watch(self) -> Path:
        """The folder that the plugin writes its counts to."""
        return self.home / "watch"

    @property
    def logs(self) -> Path:
        """The folder of the server's own log files."""
        return self.home / "logs"

    @property
    def configuration(self) -> Path:
        """The ``neo4j.conf`` that the server was started with."""
        return self.home / "conf" / "neo4j.conf"

    def is_running(self) -> bool:
        """Tell whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End the server and everything it started, then remove its home folder."""
        process, self._process = self._process, None
        if process is not None:
            end_process_group(process, STOP_TIMEOUT_SECONDS)
        if self._console is not None:
            self._console.close()
            self._console = None
        shutil.rmtree(self.home, ignore_errors=True)
        atexit.unregister(self.stop)

    def _start(self) -> None:
        for name in ("conf", "lib", "logs", "plugins"):
            (self.home / name).mkdir()
        self._write_configuration()
        shutil.copy(self.build.plugin, self.home / "plugins")
        for jar in (*self.build.jars, self.build.plugin):
            link = self.home / "lib" / jar.name
            if not link.exists():
                link.symlink_to(jar)
        command = [
            str(self.build.java),
            f"-Xms{min(INITIAL_HEAP, self.settings.heap)}m",
            f"-Xmx{self.settings.heap}m",
            *JVM_ARGUMENTS,
            f"-Dboltkb.lab.out={self.watch}",
            f"-Duser.home={self.home}",
            "-Duser.name=neo4j",
            f"-Djna.tmpdir={self.home}",
            "-cp",
            f"{self.home}/lib/*",
            main_class(self.build.version),
            f"--home-dir={self.home}",
            f"--config-dir={self.home / 'conf'}",
            "--console-mode",
        ]
        self._console = (self.home / "console.txt").open("wb")
        self._process = subprocess.Popen(
            command,
            cwd=self.home,
            stdin=subprocess.PIPE,
            stdout=self._console,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=_clean_environment(),
        )
        self._wait_until_started()

    def _write_configuration(self) -> None:
        accounting = str(self.settings.default_accounting).lower()
        lines = [
            "# Bolt",
            f"server.bolt.listen_address=127.0.0.1:{self.bolt_port}",
            f"server.bolt.thread_pool_max_size={self.settings.threads}",
        ]
        if self.settings.threads < DEFAULT_MIN_THREADS:
            lines.append(f"server.bolt.thread_pool_min_size={self.settings.threads}")
        if not self.settings.default_accounting:
            lines.append(f"server.bolt.enable_network_error_accounting={accounting}")
        lines += [
            "server.bolt.telemetry.enabled=false",
            "",
            "# HTTP, for sampling without a Bolt thread",
            f"server.http.listen_address=127.0.0.1:{self.http_port}",
            "server.https.enabled=false",
            "",
            "# The server",
            "server.default_listen_address=127.0.0.1",
            "dbms.security.auth_enabled=false",
            "dbms.usage_report.enabled=false",
            f"server.memory.heap.initial_size={min(INITIAL_HEAP, self.settings.heap)}m",
            f"server.memory.heap.max_size={self.settings.heap}m",
            "server.memory.pagecache.size=64m",
            *self.settings.extra,
        ]
        if self.settings.debug_log:
            logs = self.home / "conf" / "server-logs.xml"
            logs.write_text(DEBUG_LOGS)
            lines.append("server.logs.config=conf/server-logs.xml")
        self.configuration.write_text("\n".join(lines) + "\n")

    def _wait_until_started(self) -> None:
        process = self._process
        console = self.home / "console.txt"
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while process is not None and time.monotonic() < deadline:
            said = console.read_text(errors="replace")
            if "INFO  Started." in said:
                return
            if process.poll() is not None:
                raise LabError(
                    f"Neo4j {self.build.version} ended with exit code {process.returncode}"
                    f" instead of starting. Its last words: {_last_words(said)}"
                )
            time.sleep(0.1)
        said = console.read_text(errors="replace")
        raise LabError(
            f"Neo4j {self.build.version} did not start within {START_TIMEOUT_SECONDS:.0f}"
            f" seconds and was stopped. Its last words: {_last_words(said)}"
        )


def main_class(version: str) -> str:
    """Return the class that starts a Community server of a version.

    Parameters
    ----------
    version : str

    Examples
    --------
    >>> main_class("5.26.30"), main_class("2025.10.1")
    ('org.neo4j.server.CommunityEntryPoint', 'org.neo4j.server.Neo4jCommunity')
    """
    name = "CommunityEntryPoint" if version.startswith("5.") else "Neo4jCommunity"
    return f"org.neo4j.server.{name}"


def take_port(wanted: int, name: str) -> int:
    """Return a port on loopback that nothing listens on.

    Parameters
    ----------
    wanted : int
        The port, or 0 for any free one.
    name : str
        What it is for, for the message.

    Raises
    ------
    LabError
        When the port is in use.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError as error:
            raise LabError(
                f"The {name} port {wanted} on 127.0.0.1 cannot be used ({error.strerror})."
                f" Choose another with --{name.lower()}-port, or leave the option out for"
                " a free one."
            ) from error
        port: int = probe.getsockname()[1]
        return port


def end_process_group(process: subprocess.Popen[bytes], patience: float) -> None:
    """End a process that leads its own group, politely first.

    Parameters
    ----------
    process : subprocess.Popen
        Started with ``start_new_session=True``.
    patience : float, seconds, > 0
        How long it may take to end by itself.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.wait(patience)
            break
        except subprocess.TimeoutExpired:
            continue
    if process.stdin is not None:
        process.stdin.close()


def _last_words(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    said_plainly = [line for line in lines if not line.startswith("at ")]
    telling = [line for line in said_plainly if re.search("ERROR|Exception|Error|Caused by", line)]
    return " | ".join((telling or said_plainly)[-3:]) or "none"


def _clean_environment() -> dict[str, str]:
    kept = ("PATH", "HOME", "LANG", "JAVA_HOME", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ}
