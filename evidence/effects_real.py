"""The few changes that were made on a real server too: pairs of captures of the lab.

Each side is one capture with the same seed; its command stands in its manifest.  The captures are
not kept, what they count is.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

__all__ = ["RESULTS", "RealEffect", "RealSide", "stored", "write"]

RESULTS = Path(__file__).with_name("effects-real.json")
BEFORE, AFTER = "-before", "-after"
#: By the folder's name without its ending: the section, the situation, the change.
STAGED: Mapping[str, tuple[str, str, str]] = {
    "threads-overload": ("raise-threads", "short holds, more of them than threads",
                         "8 → 16 threads"),
    "threads-leak": ("raise-threads", "a transaction is leaked every 6 s", "8 → 16 threads"),
    "end-think-time": ("shorten-think-time", "clients think for 2.4 s in their transactions",
                       "2.4 → 0.1 s"),
    "spread-locks": ("shorten-lock-waits", "writers meet on one node", "they spread over 12"),
    "bound-fan-out": ("bound-fan-out", "200 requests at once, every 25 s",
                      "a driver pool of 400 → 12"),
    "retries": ("bound-retries", "an overload, nothing is tried again", "managed transactions"),
    "raise-client-pool": ("raise-client-pool", "a driver pool of 4, threads to spare",
                          "a pool of 4 → 12"),
}  # fmt: skip
#: A pair that begins as another does takes the other's first capture.
_BEGINS_AS = {"retries": "threads-overload"}


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
    first_rejected : float or None
        Minutes that had begun before the minute of the first rejection; None without any.
    """

    command: str
    asked: int
    rejected: int
    requests: int
    failed: int
    held: float
    first_rejected: int | None


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
        first = folder / f"{_BEGINS_AS.get(name, name)}{BEFORE}"
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
    minutes = [minute["rejected"] for minute in truth["minutes"]]
    return RealSide(
        command=command,
        asked=truth["attempts"],
        rejected=truth["rejected"],
        requests=clients["requests"],
        failed=clients["requests"] - clients["outcomes"].get("ok", 0),
        held=round(truth["carried_load"], 2),
        first_rejected=next((k for k, count in enumerate(minutes) if count), None),
    )
