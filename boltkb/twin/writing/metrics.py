"""The metrics folder: one CSV file for each metric that a version exports by default."""

from __future__ import annotations

from io import TextIOWrapper
from pathlib import Path

import numpy as np

from boltkb.catalogue import Version, metric_name
from boltkb.twin.columns import SAMPLES, Floats

__all__ = ["MetricFiles", "interval"]

_FIRST_FILTER = Version.parse("4.2")
_FIRST_METER = Version.parse("3.5")
_PAUSE_COUNTED = Version.parse("5.0")
_SHORTEST = Version.parse("2025.01")
_METER = "t,count,mean_rate,m1_rate,m5_rate,m15_rate,rate_unit\n"

#: Identity in the catalogue: column of the sample, and whether it is a gauge.  A transaction
#: counts as reading; all run in one database.
_ALWAYS = {
    "connections_opened": ("opened", False),
    "connections_closed": ("closed", False),
    "connections_running": ("running", True),
    "connections_idle": ("idle", True),
    "messages_received": ("received", False),
    "messages_started": ("started", False),
    "transaction_active_read": ("active", True),
    "transaction_committed": ("committed", False),
    "transaction_peak_concurrent": ("peak", False),
    "transaction_rollbacks": ("rolled_back", False),
}
_LATE = {"vm_pause_time": ("pause_seconds", False)}
#: In the default export up to 4.1 only; the two times are in milliseconds.
_EARLY = {
    "messages_done": ("done", False),
    "messages_failed": ("failed", False),
    "accumulated_queue_time": ("queue_seconds", False),
    "accumulated_processing_time": ("processing_seconds", False),
}


def interval(version: Version) -> float:
    """Return the default time between two rows: 3 s, from 4.2 on 30 s.

    Examples
    --------
    >>> interval(Version.parse("4.1.0")), interval(Version.parse("5.26.0"))
    (3.0, 30.0)
    """
    return 30.0 if version >= _FIRST_FILTER else 3.0


class MetricFiles:
    """The open CSV files of one server, which grow with its samples.

    Parameters
    ----------
    folder : Path
        Made here.
    version : Version
    begin : float, epoch s
        When the run began.
    registered : float, seconds before that
        When the server's metrics were registered: what mean rates count from.
    """

    def __init__(
        self, folder: Path, version: Version, *, begin: float, registered: float = 12.0
    ) -> None:
        folder.mkdir(parents=True)
        self._begin, self._registered = begin, registered
        self._shortest = version >= _SHORTEST
        self._files: list[tuple[TextIOWrapper, int, bool, float]] = []
        self.names: list[str] = []
        wanted = _ALWAYS if version >= _FIRST_FILTER else {**_ALWAYS, **_EARLY}
        if version >= _PAUSE_COUNTED:
            wanted = {**wanted, **_LATE}
        for identity, (column, gauge) in wanted.items():
            name = metric_name(identity, version).replace("{database}", "neo4j")
            plain = gauge or version < _FIRST_METER
            file = (folder / f"{name}.csv").open("w", encoding="ascii", newline="\n")
            file.write("t,value\n" if plain else _METER)
            factor = 1000.0 if column.endswith("_seconds") else 1.0
            self._files.append((file, SAMPLES.index(column), plain, factor))
            self.names.append(name)

    def write(self, samples: Floats) -> None:
        """Add rows for samples of one member, in order."""
        if not samples.size:
            return
        times = np.floor(self._begin + samples[:, 0]).astype(np.int64).tolist()
        ages = (samples[:, 0] + self._registered).tolist()
        for file, column, plain, factor in self._files:
            values = np.floor(samples[:, column] * factor + 1e-9).astype(np.int64).tolist()
            if plain:
                file.write("".join(f"{t},{v}\n" for t, v in zip(times, values, strict=True)))
                continue
            rows = zip(times, values, ages, strict=True)
            if self._shortest:
                lines = (f"{t},{v},{v / age!r},0.0,0.0,0.0,events/second\n" for t, v, age in rows)
            else:
                zeros = "0.000000,0.000000,0.000000"
                lines = (f"{t},{v},{v / age:.6f},{zeros},events/second\n" for t, v, age in rows)
            file.write("".join(lines))

    def close(self) -> None:
        """Close the files."""
        for file, *_ in self._files:
            file.close()
