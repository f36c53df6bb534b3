"""Set-ups that the tests of the written files share."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

from boltkb.queueing import Constant
from boltkb.twin import Client, Driver, Machine, Poisson, Server, Work
from boltkb.twin.writing import Options, write_export

VERSIONS = (
    "3.4.18", "3.5.35", "4.1.12", "4.2.19", "4.4.40", "5.0.0", "5.10.0", "5.18.0", "5.26.30",
    "2025.10.1", "2026.04.0",
)  # fmt: skip


def busy_clients() -> list[Client]:
    """Return clients that ask for more than eight threads can hold, in two languages."""
    return [
        Client("shop-api/2.3", Work(seconds=0.3), Poisson(14.0), Driver.python(), processes=2),
        Client(
            "report-job/1.1",
            Work(seconds=0.3, kind="managed", queries=Constant(2.0), think=0.4),
            Poisson(5.0),
            Driver.java(),
        ),
    ]


def busy_server(version: str, **more: Any) -> Server:
    return Server(
        version=version,
        threads=8,
        machine=Machine(cores=16, pause_every=Constant(60.0), pause=Constant(0.7)),
        **more,
    )


def write(folder: Path, version: str, *, seconds: float = 130.0, seed: int = 1, **options: Any):
    """Write the busy set-up's export and return its folder."""
    return write_export(
        busy_server(version),
        busy_clients(),
        folder / "export",
        seconds=seconds,
        seed=seed,
        options=Options(**options),
        cause="pool_too_small",
    ).folder


def truth_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "truth.json").read_text("utf-8"))
    return found


def table_of(folder: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(folder / f"truth-{name}.csv.gz", "rt", newline="") as file:
        return list(csv.DictReader(file))


def every_file(folder: Path) -> dict[str, bytes]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}
