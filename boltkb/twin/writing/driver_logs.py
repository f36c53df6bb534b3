"""The clients' own logs: tries that failed, as the driver of each language tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from boltkb.twin.clients import Client
from boltkb.twin.columns import OUTCOMES
from boltkb.twin.kernel import codes
from boltkb.twin.writing.configuration import PORT, address
from boltkb.twin.writing.driver_entries import ENTRIES, Failure
from boltkb.twin.writing.lines import Floats
from boltkb.twin.writing.rotating import RotatingFile

__all__ = ["DriverLogs"]

_TOLD = frozenset(
    {
        "no threads",
        "acquisition timeout",
        "pending full",
        "transaction timeout",
        "connection lost",
        "transaction limit",
    }
)
#: An application's log rotates too, as such logs do by default.
_LIMIT, _KEEP = 10 << 20, 7
#: Threads of an application.
_THREADS = 16
#: With what an entry begins.
_BEGINS = {"python": b"\n[", "javascript": b"\n1"}


class DriverLogs:
    """Writes a log for each client that has a driver, all its processes together.

    Parameters
    ----------
    folder : Path
    clients : sequence of Client
    began : float, epoch seconds
    """

    def __init__(self, folder: Path, clients: Sequence[Client], began: float) -> None:
        self._clients = tuple(clients)
        self._began = began
        self._folder = folder
        self._names = _file_names(clients)
        self._files: dict[int, RotatingFile] = {}

    def take(self, records: Floats) -> None:
        """Write what failed in a block's records, of every member."""
        rows = records[(records[:, 0] == codes.REC_TRY) & (records[:, 8] != codes.OK)]
        for k, client in enumerate(self._clients):
            driver = client.driver
            these = rows[rows[:, 6] == k]
            if driver is None or driver.language not in ENTRIES or not len(these):
                continue
            entry = ENTRIES[driver.language]
            lines: list[str] = []
            for row in these.tolist():
                outcome = OUTCOMES[int(row[8])]
                if outcome not in _TOLD:
                    continue
                lines += entry(
                    Failure(
                        time=self._began + row[1],
                        outcome=outcome,
                        delay=row[11],
                        limit=driver.acquisition_timeout,
                        peer=f"{address(int(row[5]))}:{PORT}",
                        worker=int(row[4]) % _THREADS + 1,
                        pool=driver.pool,
                    )
                )
            if lines:
                self._file(k, driver.language).write(("\n".join(lines) + "\n").encode())

    def close(self) -> None:
        """Finish the files."""
        for file in self._files.values():
            file.close()

    def _file(self, k: int, language: str) -> RotatingFile:
        if k not in self._files:
            self._files[k] = RotatingFile(
                self._folder / self._names[k],
                limit=_LIMIT,
                ending=lambda number: f".{number}",
                keep=_KEEP,
                entry=_BEGINS.get(language, b"\n20"),
            )
        return self._files[k]


def _file_names(clients: Sequence[Client]) -> list[str]:
    names: list[str] = []
    for client in clients:
        safe = "".join(sign if sign.isalnum() or sign in "-._" else "-" for sign in client.name)
        language = client.driver.language if client.driver is not None else "none"
        name, more = f"{safe}-{language}-driver.log", 2
        while name in names:
            name, more = f"{safe}-{more}-{language}-driver.log", more + 1
        names.append(name)
    return names
