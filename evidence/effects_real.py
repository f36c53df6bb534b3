"""The few changes that were made on a real server too: pairs of captures of the lab.

Each side is one capture with the same seed; its command stands in its manifest.  The captures are
not kept, what they count is.  On a machine that is busy with other work clients come late and in
bunches, and bunches are rejected: such a pair tells nothing.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

__all__ = ["GROWING", "RESULTS", "RealEffect", "RealSide", "stored", "write"]

RESULTS = Path(__file__).with_name("effects-real.json")
#: Pairs in which the end tells more than the whole.
GROWING = ("threads-leak",)
BEFORE, AFTER = "-before", "-after"
#: By the folder's name without its ending: the section, the situation, the change.
STAGED: Mapping[str, tuple[str, str, str]] = {
    "threads-overload": ("raise-threads", "short holds, more of them than threads",
                         "8 → 16 threads"),
    "threads-leak": ("raise-threads", "a transaction is leaked every 6 s", "8 → 16 threads"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RealSide:
    """What one capture counted.

    Parameters
    ----------
    command : str
    asked, rejected : int
        Times that a connection asked for a thread, and of these rejected.
    requests, failed : int
        Of clients.
    held : float
        Threads, mean.
    last_asked, last_rejected : int
        The same of the last minute, or part of one.
    """

    command: str
    asked: int
    rejected: int
    requests: int
    failed: int
    held: float
    last_asked: int
    last_rejected: int


@dataclass(frozen=True, slots=True)
class RealEffect:
    """A pair of captures."""

    name: str
    section: str
    situation: str
    change: str
    version: str
    seed: int
    before: RealSide
    after: RealSide


def write(folder: Path) -> None:
    """Keep what the pairs of captures in a folder count."""
    rows = []
    for name, (section, situation, change) in STAGED.items():
        first = folder / f"{name}{BEFORE}"
        second = folder / f"{name}{AFTER}"
        manifest = tomllib.loads((second / "manifest.toml").read_text(encoding="utf-8"))
        rows.append(
            RealEffect(
                name, section, situation, change, manifest["neo4j_version"], manifest["seed"],
                _side(first), _side(second),
            )
        )  # fmt: skip
    lines = ",\n".join(json.dumps(asdict(row)) for row in rows)
    RESULTS.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def stored() -> tuple[RealEffect, ...]:
    """Return what is kept."""
    rows: list[dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return tuple(
        RealEffect(**{**row, **{k: RealSide(**row[k]) for k in ("before", "after")}})
        for row in rows
    )


def _side(folder: Path) -> RealSide:
    manifest = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    # The place of the capture says nothing of how it was made.
    command = manifest["command"].partition(" --out ")[0]
    clients = truth["clients"]
    last = truth["minutes"][-1]
    return RealSide(
        command=command,
        asked=truth["attempts"],
        rejected=truth["rejected"],
        requests=clients["requests"],
        failed=clients["requests"] - clients["outcomes"].get("ok", 0),
        held=round(truth["carried_load"], 2),
        last_asked=last["attempts"],
        last_rejected=last["rejected"],
    )
