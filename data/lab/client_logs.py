"""The logs that the clients' processes would write: what their drivers say, and what failed.

All clients of a capture run in one process; each instance's lines go into a file of its own,
as they would if it were a process. It must not know the load or the server.
"""

from __future__ import annotations

import asyncio
import logging
import logging.handlers
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from data.lab.hosts import acting
from data.lab.streams import Client

#: How many older logs are kept when one is turned over.
KEPT = 1
#: An application's own, with the zone and with what tells the tasks of a process apart.
LAYOUT = (
    "%(asctime)s.%(msecs)03dZ %(levelname)s [Thread %(thread)d] [Task %(task)d] %(name)s:"
    " %(message)s"
)
TIME_LAYOUT = "%Y-%m-%dT%H:%M:%S"
APPLICATION = "application"


class ClientLogs:
    """The log files of some instances of each client, for the length of a ``with`` block.

    Parameters
    ----------
    folder : Path
        Where they are written.
    clients : sequence of Client
    """

    def __init__(self, folder: Path, clients: Sequence[Client]) -> None:
        self._folder = folder
        self._clients = clients
        self._handlers: list[logging.Handler] = []
        self._before: list[tuple[logging.Logger, int, bool]] = []

    def __enter__(self) -> Self:
        levels = {"neo4j": logging.WARNING, "neo4j.pool": logging.DEBUG, APPLICATION: logging.ERROR}
        if any(client.wire for client in self._clients):
            levels["neo4j.io"] = logging.DEBUG
        for name, level in levels.items():
            logger = logging.getLogger(name)
            self._before.append((logger, logger.level, logger.propagate))
            logger.setLevel(level)
            logger.propagate = "." in name and name != APPLICATION
        for client in self._clients:
            for instance in range(min(client.logged, client.instances)):
                self._add(client, instance)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for handler in self._handlers:
            for name in ("neo4j", APPLICATION):
                logging.getLogger(name).removeHandler(handler)
            handler.close()
        for logger, level, propagate in self._before:
            logger.setLevel(level)
            logger.propagate = propagate

    def tell_failure(self, error: Exception) -> None:
        """Log a failed request as an application does.

        Parameters
        ----------
        error : Exception
        """
        logging.getLogger(APPLICATION).error("request failed: %s: %s", type(error).__name__, error)

    def read(self) -> dict[str, str]:
        """Return the names of the files and what is in them; empty ones are left out."""
        for handler in self._handlers:
            handler.flush()
        found = {path.name: path.read_text() for path in sorted(self._folder.iterdir())}
        return {name: text for name, text in found.items() if text}

    def _add(self, client: Client, instance: int) -> None:
        name = client.agent.partition("/")[0]
        handler = logging.handlers.RotatingFileHandler(
            self._folder / f"{name}-{instance + 1}.log", maxBytes=client.log_bytes, backupCount=KEPT
        )
        formatter = logging.Formatter(LAYOUT, TIME_LAYOUT)
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
        handler.addFilter(_Spoken(client, instance))
        for logger in ("neo4j", APPLICATION):
            logging.getLogger(logger).addHandler(handler)
        self._handlers.append(handler)


class _Spoken(logging.Filter):
    """Lets through what one instance says."""

    def __init__(self, client: Client, instance: int) -> None:
        super().__init__()
        self._speaker = (client.agent, instance)
        self._wire = client.wire

    def filter(self, record: logging.LogRecord) -> bool:
        process = acting()
        if process is None or (process.agent, process.instance) != self._speaker:
            return False
        if record.name == "neo4j.io" and not self._wire and record.levelno < logging.WARNING:
            return False
        record.task = id(_current_task())
        return True


def _current_task() -> asyncio.Task[object] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
