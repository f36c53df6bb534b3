"""What a report found, as far as a simulation can start from it.

Reads the `facts.json` that stands beside a report; no export, and no number of its own.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from boltkb.errors import ParameterError
from boltkb.queueing import Estimate
from boltkb.tables import Column, Shown, Table, number

__all__ = ["Case", "read_case"]

#: The schema of `facts.json` that is understood.
_SCHEMA = 1
_LARGEST = 64 * 1024 * 1024
_UNITS = {
    "offered_load": "erlangs",
    "arrival_rate": "per second",
    "mean_hold": "s",
    "rejection_probability": "probability",
}
#: What is simulated where a report does not know the version.
_VERSION = "5.26.0"


@dataclass(frozen=True, slots=True)
class Case(Shown):
    """The pool and the load of a report.

    Parameters
    ----------
    name : str
        The export's.
    version : str
        Neo4j's; empty where the report does not know it.
    threads, core_threads : int or None
        None where the report does not know them.
    queue : int
    transaction_limit : int
    binding : bool
    offered_load, arrival_rate, mean_hold, rejection : Estimate
        As the report has them: erlangs, a second, seconds, a share.
    simulated : bool
        Whether the export itself came from a simulation.

    Examples
    --------
    >>> case = read_case({"schema": 1, "export": {"name": "x"}, "pool": {}, "estimates": {
    ...     "offered_load": {"value": None, "reason": "no samples of held threads"}}})
    >>> case.offered_load.value is None
    True
    """

    name: str
    version: str
    threads: int | None
    core_threads: int | None
    queue: int
    transaction_limit: int
    binding: bool
    offered_load: Estimate
    arrival_rate: Estimate
    mean_hold: Estimate
    rejection: Estimate
    simulated: bool = False

    @property
    def simulated_version(self) -> str:
        """The version that a simulation is of."""
        return self.version or _VERSION

    def table(self) -> Table:
        """Return what the report found as a table."""
        unknown = "unknown"
        rows = (
            ("Neo4j", self.version or f"{unknown}; simulated as {_VERSION}"),
            ("threads", number(self.threads)),
            ("places in the queue", number(self.queue) if self.queue >= 0 else "without end"),
            ("offered load", str(self.offered_load)),
            ("requests for a thread", str(self.arrival_rate)),
            ("mean hold", str(self.mean_hold)),
            ("rejected", str(self.rejection)),
        )
        notes = ("The export itself was simulated.",) if self.simulated else ()
        return Table((Column("Found"), Column("Value")), rows, f"The report on {self.name}", notes)

    def __str__(self) -> str:
        return str(self.table())

    def to_html(self) -> str:
        """Return what the report found as one line of HTML."""
        return self.table().to_html()


def read_case(facts: str | Path | Mapping[str, object]) -> Case:
    """Return the pool and the load of a report, from its facts.

    Parameters
    ----------
    facts : path or mapping
        The `facts.json` of a report, or what it holds.

    Returns
    -------
    Case
        Also where the report has no offered load: then nothing can be simulated, and `ask`
        says so.

    Raises
    ------
    ParameterError
        There is no such file, or it is not a report's facts.
    """
    told = facts if isinstance(facts, Mapping) else _load(Path(facts))
    estimates = told.get("estimates")
    if not isinstance(estimates, Mapping) or told.get("schema", _SCHEMA) != _SCHEMA:
        raise ParameterError(
            "this file holds no facts of a report; give the .facts.json that `boltkb report` "
            "writes beside a report"
        )
    export, pool = _part(told, "export"), _part(told, "pool")
    threads, core = _whole(pool.get("max_threads")), _whole(pool.get("min_threads"))
    queue, limit = _whole(pool.get("queue_size")), _whole(pool.get("transaction_limit"))
    found = {name: _estimate(estimates.get(name), unit) for name, unit in _UNITS.items()}
    return Case(
        name=str(export.get("name") or "an export"),
        version=str(export.get("version") or ""),
        threads=threads,
        core_threads=core,
        queue=0 if queue is None else queue,
        transaction_limit=1000 if limit is None else limit,
        binding=pool.get("thread_binding") is not False,
        offered_load=found["offered_load"],
        arrival_rate=found["arrival_rate"],
        mean_hold=found["mean_hold"],
        rejection=found["rejection_probability"],
        simulated=export.get("simulated") is True,
    )


def _load(path: Path) -> Mapping[str, object]:
    try:
        if path.stat().st_size > _LARGEST:
            raise ParameterError(f"`{path}` is too large to be a report's facts")
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise ParameterError(
            f"there are no facts at `{path}`; `boltkb report EXPORT` (or `make report`) writes "
            "them beside each report, with the ending .facts.json"
        ) from None
    except (ValueError, RecursionError):
        raise ParameterError(f"`{path}` is not JSON; give the .facts.json of a report") from None
    if not isinstance(told, Mapping):
        raise ParameterError(f"`{path}` holds no facts of a report")
    return told


def _part(told: Mapping[str, object], name: str) -> Mapping[str, object]:
    part = told.get(name)
    return part if isinstance(part, Mapping) else {}


def _whole(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _estimate(told: object, unit: str) -> Estimate:
    if not isinstance(told, Mapping):
        return Estimate(None, None, None, unit, "the report does not say")
    value, low, high = (_number(told.get(name)) for name in ("value", "low", "high"))
    reason = str(told.get("reason") or "")
    return Estimate(value, low, high, unit, reason or ("" if value is not None else "not told"))
