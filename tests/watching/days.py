"""What `promtool test rules` is given: days of a server as Prometheus would have scraped them.

`PYTHONPATH=. python tests/watching/days.py` writes the files anew: from captures of a real server,
from runs of the twin, and from runs bent by hand where several days are needed.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from boltkb.catalogue import Version, load_metrics
from boltkb.exports import Export, open_export
from boltkb.twin import Client, Curve, Server, Work, write_export, write_scenario
from boltkb.twin.writing import Options
from handbook.watching.names import scraped

__all__ = ["DAYS", "FOLDER", "Day", "Scrapes", "scrapes", "written"]

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent / "days"
KEYS = (
    "connections_running", "connections_idle", "connections_opened",
    "messages_received", "messages_started", "vm_pause_time", "worker_thread_bound_time",
)  # fmt: skip
PEAK = "transaction_peak_concurrent"
LABELS = 'job="neo4j",instance="graph-1:2004"'
#: Seconds between two evaluations, where every scrape would be more than it takes.
_SEEN = {30: 60, 60: 300, 300: 600}
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scrapes:
    """Samples of a server at equal distances, by the metric's name at the endpoint."""

    every: int
    values: Mapping[str, Values]
    start: float = 0.0

    def openmetrics(self, labels: str) -> dict[str, list[str]]:
        """Return each metric's lines in the text form of OpenMetrics."""
        return {
            name: [
                f"{name}{{{labels}}} {value!r} {self.start + self.every * i:.0f}"
                for i, value in enumerate(values.tolist())
            ]
            for name, values in self.values.items()
        }

    def bent(self, change: Callable[[str, Values], Values]) -> Scrapes:
        return Scrapes(self.every, {name: change(name, v) for name, v in self.values.items()})


@dataclass(frozen=True)
class Day:
    """One file: what was scraped, at how many threads, and what must have fired by the end."""

    made: Callable[[], Scrapes]
    version: str
    threads: int
    fires: tuple[str, ...]
    origin: str


def of_export(folder: Path, every: int) -> Scrapes:
    """Take samples at equal distances from the metrics in a folder."""
    return scrapes(open_export(folder), every)


def scrapes(export: Export, every: int) -> Scrapes:
    """Take samples at equal distances from an export's metrics."""
    version = Version.parse(export.version)
    known = load_metrics()
    wanted = {
        scraped(key, version): export.series.get(key)
        for key in KEYS
        if any(name.holds(version) for name in known[key].names)
    }
    peak = scraped(PEAK, version).replace("{database}", "neo4j")
    wanted[peak] = export.series.get(f"{PEAK}[neo4j]")
    found = {name: series for name, series in wanted.items() if series is not None}
    first = max(series.times[0] for series in found.values())
    last = min(series.times[-1] for series in found.values())
    at = np.arange(first, last + 1e-6, every)
    values = {}
    for name, series in found.items():
        here = series.values[np.searchsorted(series.times, at, side="right") - 1]
        # The endpoint has milliseconds where the reader has seconds.
        values[name] = here * 1000 if "pause" in name else here
    return Scrapes(every, values, float(first))


def _capture(name: str, every: int) -> Callable[[], Scrapes]:
    return lambda: of_export(ROOT / "data" / "captures" / f"neo4j-5.26-{name}", every)


def _scenario(name: str, hours: float, version: str, **changes: str) -> Callable[[], Scrapes]:
    def made() -> Scrapes:
        with tempfile.TemporaryDirectory() as place:
            done = write_scenario(
                name, Path(place) / "run", hours=hours, version=version, changes=changes, seed=1,
                options=Options(evidence="metrics"),
            )  # fmt: skip
            return of_export(done.folder, 30)

    return made


def _healthy(hours: float = 24.0, every: int = 60) -> Scrapes:
    """A day whose load goes up and down by four fifths, on enough threads."""
    return _managed(Curve.day(4.0, swing=0.8, peak_hour=14.0), hours, every)


def _morning() -> Scrapes:
    """Traffic that grows twelvefold within half an hour, an hour after the start."""
    load = Curve((0.0, 3600.0, 5400.0), (0.5, 0.5, 6.0))
    return _managed(load, 3.0, 30)


def _managed(load: Curve, hours: float, every: int) -> Scrapes:
    client = Client("shop-api/2.3", processes=4, work=Work(kind="managed", seconds=2.0), load=load)
    with tempfile.TemporaryDirectory() as place:
        done = write_export(
            Server(threads=40, version="5.26.30"), client, Path(place) / "run",
            seconds=3600.0 * hours, seed=1, options=Options(evidence="metrics"),
        )  # fmt: skip
        return of_export(done.folder, every)


def _among_quiet(made: Callable[[], Scrapes]) -> Callable[[], Scrapes]:
    """Put a short capture between half an hour and a quarter of one in which nothing happens."""

    def quiet(_: str, values: Values) -> Values:
        return np.concatenate([[values[0]] * 361, values, [values[-1]] * 180])

    return lambda: made().bent(quiet)


def _slow_leak() -> Scrapes:
    """Three healthy days and a morning, in which three threads a day are never given back."""
    day = _healthy(every=300)
    running = scraped("connections_running", Version(5, 26))

    def go_on(name: str, values: Values) -> Values:
        if name == running:
            days = [values + 3 * i for i in range(4)]
        elif PEAK in name:
            days = [values, np.full(3 * len(values), values[-1])]
        elif name.endswith("_total"):
            days = [values + i * (values[-1] - values[0]) for i in range(4)]
        else:
            days = [values] * 4
        return np.concatenate(days)[: 13 * len(values) // 4]

    return day.bent(go_on)


def _restarted() -> Scrapes:
    """Three healthy hours, a restart after the second: counters begin anew, nothing is held."""
    whole = _healthy(3.0, 30)

    def begin_anew(name: str, values: Values) -> Values:
        after = values[240:] - values[240] if name.endswith("_total") else values[240:]
        return np.concatenate([values[:240], np.zeros(4), after])

    return whole.bent(begin_anew)


DAYS: Mapping[str, Day] = {
    "a-healthy-day": Day(_healthy, "5", 40, (), "a simulated day"),
    "a-busy-morning": Day(_morning, "5", 40, (), "three simulated hours"),
    "hundreds-connect-at-once": Day(
        _among_quiet(_capture("idle-plateau", 5)), "5", 300, (),
        "data/captures/neo4j-5.26-idle-plateau, among quiet",
    ),
    "a-restart": Day(_restarted, "5", 40, (), "three simulated hours, restarted by hand"),
    "too-few-threads": Day(
        _capture("saturated", 15), "5", 8,
        ("BoltPeakNearLimit", "BoltPoolFull", "BoltPoolFullAtTimes", "BoltRejections"),
        "data/captures/neo4j-5.26-saturated",
    ),
    "a-burst": Day(
        _among_quiet(_capture("burst-fan-out", 5)), "5", 16,
        ("BoltPeakNearLimit", "BoltRejections"),
        "data/captures/neo4j-5.26-burst-fan-out, among quiet",
    ),
    "a-leak": Day(
        _scenario("leaked_transactions", 2.0, "5.26", leak_share="0.0003"), "5", 24,
        ("BoltPeakNearLimit", "BoltThreadsClimb"),
        "boltkb simulate leaked_transactions, before the pool is full",
    ),
    "a-slow-leak": Day(
        _slow_leak, "5", 40, ("BoltThreadsNeverFall",),
        "simulated days, bent by hand",
    ),
    "a-driver-for-each-request": Day(
        _scenario("driver_per_request", 1.0, "5.26", rate="10"), "5", 20,
        ("BoltConnectionChurn",), "boltkb simulate driver_per_request",
    ),
    "too-few-threads-4.4": Day(
        _scenario("pool_too_small", 1.0, "4.4"), "4.4", 8,
        ("BoltLoadNearThreads", "BoltPoolFull", "BoltPoolFullAtTimes"),
        "boltkb simulate pool_too_small --neo4j 4.4",
    ),
    "too-few-threads-for-an-hour": Day(
        _scenario("pool_too_small", 1.0, "5.26"), "5", 8,
        ("BoltLoadNearThreads", "BoltPoolFull", "BoltPoolFullAtTimes", "BoltRejections",
         "BoltRejectionsGoOn"),
        "boltkb simulate pool_too_small",
    ),
}  # fmt: skip


def written(name: str, scrapes: Scrapes | None = None) -> str:
    """Return the file of a day."""
    day = DAYS[name]
    found = day.made() if scrapes is None else scrapes
    length = max(len(values) for values in found.values.values())
    series = {f"{n}{{{LABELS}}}": v for n, v in sorted(found.values.items())}
    series[f"up{{{LABELS}}}"] = np.ones(length)
    # In place of bolt-limit.yml, which whoever runs the servers edits.
    series[f"bolt:threads:limit{{{LABELS}}}"] = np.full(length, day.threads)
    lines = [
        f"# {name}: {day.origin}. By `PYTHONPATH=. python tests/watching/days.py`.",
        "rule_files:",
        f"  - ../../../docs/assets/watching/bolt-{day.version}.yml",
        "  - ../../../docs/assets/watching/bolt-rules.yml",
        f"evaluation_interval: {max(15, _SEEN.get(found.every, found.every))}s",
        f"group_eval_order: [bolt-{day.version.replace('.', '-')}, bolt-derived, bolt-alerts]",
        "tests:",
        f"  - interval: {found.every}s",
        "    input_series:",
    ]
    for selector, values in series.items():
        lines += [f"      - series: '{selector}'", f"        values: {_runs(values)}"]
    lines += [
        "    promql_expr_test:",
        "      - expr: >-",
        '          count by (alertname) (count_over_time(ALERTS{alertstate="firing"}[5d]))',
        f"        eval_time: {(length - 1) * found.every}s",
        "        exp_samples:" if day.fires else "        exp_samples: []",
    ]
    for alert in sorted(day.fires):
        lines += [f"""          - labels: '{{alertname="{alert}"}}'""", "            value: 1"]
    return "\n".join(lines) + "\n"


def _runs(values: Iterable[float]) -> str:
    """Return values in promtool's notation; what grows evenly is written once."""
    numbers = [round(value) for value in values]
    parts: list[str] = []
    at = 0
    while at < len(numbers):
        step = numbers[at + 1] - numbers[at] if at + 1 < len(numbers) else 0
        end = at + 1
        while end < len(numbers) and numbers[end] - numbers[end - 1] == step:
            end += 1
        if end - at > 2:
            parts.append(f"{numbers[at]}{step:+d}x{end - at - 1}")
            at = end
        else:
            parts.append(str(numbers[at]))
            at += 1
    return " ".join(parts)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for key in sys.argv[1:] or DAYS:
        (FOLDER / f"{key}.yml").write_text(written(key))
