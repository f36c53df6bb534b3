"""The dashboard is what Grafana reads, and a real Prometheus answers its every question.

The numbers are those that boltkb reads from the same data.
"""

from __future__ import annotations

import json
import re
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import yaml

import boltkb
from boltkb.exports import Export, open_export
from boltkb.twin import write_scenario
from boltkb.twin.writing import Options
from handbook.pages import DOCS
from handbook.watching.dashboard import DASHBOARD
from tests.prometheus import create_blocks, needed, serving
from tests.watching.days import scrapes

ROOT = Path(__file__).resolve().parents[2]
SATURATED = ROOT / "data" / "captures" / "neo4j-5.26-saturated"
#: Seconds between two scrapes.
EVERY = {"real": 5, "simulated": 30}
THREADS = 8


@dataclass(frozen=True)
class Watched:
    """A Prometheus with two servers in it, and what boltkb reads of each."""

    address: str
    start: float
    end: float
    exports: Mapping[str, Export]

    def ask(self, expression: str, **more: object) -> list[dict]:
        what = "query_range" if "step" in more else "query"
        asked = urllib.parse.urlencode({"query": expression, **more})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.address}/api/v1/{what}?{asked}", timeout=60) as answer:
            said = json.load(answer)
        assert said["status"] == "success", said
        return said["data"]["result"]

    def number(self, expression: str) -> float:
        (found,) = self.ask(expression, time=self.end)
        return float(found["value"][1])


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Both servers' metrics as scraped, and the rules evaluated over them, step by step."""
    needed()
    folder = tmp_path_factory.mktemp("watched")
    real = open_export(SATURATED)
    begun = real.series["connections_running"].times[0]
    options = Options(
        query_log="off", start=np.datetime64(int(begun), "s").item().isoformat() + "Z"
    )
    done = write_scenario("pool_too_small", folder / "twin", hours=0.35, seed=1, options=options)
    exports = {"real": real, "simulated": open_export(done.folder)}
    lines: dict[str, list[str]] = {}
    for name, export in exports.items():
        found = scrapes(export, EVERY[name]).openmetrics(f'job="neo4j",instance="{name}"')
        for metric, samples in found.items():
            lines.setdefault(metric, []).extend(samples)
    text = []
    for metric, samples in lines.items():
        kind = "counter" if metric.endswith("_total") else "gauge"
        text += [f"# TYPE {metric.removesuffix('_total')} {kind}", *samples]
    create_blocks(folder, "\n".join([*text, "# EOF\n"]))
    series = real.series["connections_running"]
    start, end = float(series.times[0]), float(series.times[-1])
    for rules in steps():
        (folder / "rules.yml").write_text(yaml.safe_dump({"groups": [rules]}))
        with serving(folder) as address:
            subprocess.run(
                [needed(), "tsdb", "create-blocks-from", "rules", f"--start={start:.0f}",
                 f"--end={end:.0f}", f"--url={address}", "--eval-interval=15s",
                 "--output-dir=data", "rules.yml"],
                cwd=folder, check=True, capture_output=True, timeout=120,
                env={"no_proxy": "127.0.0.1", "PATH": "/usr/bin:/bin"},
            )  # fmt: skip
    with serving(folder) as address:
        yield Watched(address, start, end, exports)


def moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def steps() -> Iterator[dict]:
    """Give the recording rules in groups, each of which needs the groups before it only."""
    waiting = []
    for name in ("bolt-5.yml", "bolt-limit.yml", "bolt-rules.yml"):
        for group in yaml.safe_load((DOCS / "assets/watching" / name).read_text())["groups"]:
            waiting += [rule for rule in group["rules"] if "record" in rule]
    for rule in waiting:
        # The number that whoever runs these two servers writes.
        rule["expr"] = rule["expr"].replace("+ 400", f"+ {THREADS}")
    while waiting:
        unknown = {rule["record"] for rule in waiting}
        ready = [
            rule for rule in waiting if not unknown & set(re.findall(r"bolt:[\w:]+", rule["expr"]))
        ]
        assert ready
        yield {"name": "step", "rules": ready}
        waiting = [rule for rule in waiting if rule not in ready]


def panels() -> list[dict]:
    whole = json.loads((DOCS / DASHBOARD).read_text())
    return [panel for panel in whole["panels"] if panel["type"] != "row"]


def test_the_dashboard_has_what_grafana_needs():
    whole = json.loads((DOCS / DASHBOARD).read_text())
    assert whole["schemaVersion"] >= 39
    assert "id" not in whole
    assert {"uid", "title", "templating", "time", "panels"} <= set(whole)
    numbers = [panel["id"] for panel in whole["panels"]]
    assert len(numbers) == len(set(numbers))
    variables = {variable["name"]: variable for variable in whole["templating"]["list"]}
    assert set(variables) == {"datasource", "job", "instance", "threads"}
    for variable in variables.values():
        assert variable["type"] in {"datasource", "query", "textbox"}
    squares: set[tuple[int, int]] = set()
    for panel in whole["panels"]:
        where = panel["gridPos"]
        assert where["x"] >= 0
        assert where["x"] + where["w"] <= 24
        own = {
            (x, y)
            for x in range(where["x"], where["x"] + where["w"])
            for y in range(where["y"], where["y"] + where["h"])
        }
        assert not own & squares
        squares |= own
    for panel in panels():
        assert panel["description"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
        for target in panel["targets"]:
            names = set(re.findall(r"\$(\w+)", target["expr"].replace("$__range", "")))
            assert names <= set(variables)


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_a_real_prometheus_answers_every_query(watched: Watched, panel: dict):
    for target in panel["targets"]:
        span = f"{watched.end - watched.start:.0f}s"
        expression = (
            target["expr"]
            .replace("$__range", span)
            .replace("$job", ".+")
            .replace("$instance", ".+")
            .replace("$threads", str(THREADS))
        )
        if target["instant"]:
            found = watched.ask(expression, time=watched.end)
            values = {one["metric"].get("instance"): [one["value"][1]] for one in found}
        else:
            asked = {"start": watched.start, "end": watched.end, "step": 15}
            found = watched.ask(expression, **asked)
            values = {
                one["metric"].get("instance"): [pair[1] for pair in one["values"]] for one in found
            }
        # What only an Enterprise server with a wider filter exports, the capture lacks.
        assert "simulated" in values or expression.startswith("vector")
        for numbers in values.values():
            assert np.isfinite(np.array(numbers, dtype=float)).all()


@pytest.mark.parametrize("name", EVERY)
def test_threads_held_are_those_that_boltkb_reads(watched: Watched, name: str):
    running = watched.exports[name].series["connections_running"]
    inside = running.values[(running.times >= watched.start) & (running.times <= watched.end)]
    here = f'bolt:threads:held{{instance="{name}"}}'
    assert watched.number(f"max_over_time({here}[30m])") == inside.max()
    told = watched.number(f"avg_over_time({here}[30m])")
    assert told == pytest.approx(inside.mean(), rel=0.1)


@pytest.mark.parametrize("name", EVERY)
def test_rejections_are_those_that_boltkb_reads(watched: Watched, name: str):
    export = watched.exports[name]
    pool = boltkb.read_pool(export)
    rejected = boltkb.observe(export, pool).rejected
    # Two windows of ten minutes, one after the other.
    here = f'bolt:messages:never_started{{instance="{name}"}}'
    least = watched.number(f"{here} + ({here} offset 10m)") / 3
    most = watched.number(f"{here} + ({here} offset 10m)")
    covered = 1200 / (watched.end - watched.start)
    assert least < rejected.value * covered < most
    assert most / 2 == pytest.approx(rejected.value * covered, rel=0.25)


@pytest.mark.parametrize("name", EVERY)
def test_the_load_is_the_one_that_boltkb_fits(watched: Watched, name: str):
    # The rule looks back a quarter of an hour; boltkb is asked for the same.
    export = watched.exports[name]
    start, end = (moment(at) for at in (watched.end - 900, watched.end))
    seen = boltkb.observe(export, boltkb.read_pool(export), start=start, end=end)
    load = boltkb.fit_queue(seen).offered_load
    told = watched.number(f'bolt:load:offered{{instance="{name}"}}')
    assert load.low < told < load.high


def test_the_mean_hold_is_the_one_that_the_twin_had(watched: Watched):
    release = watched.exports["simulated"].series["worker_thread_bound_time"]
    told = watched.number('avg_over_time(bolt:hold:mean_seconds{instance="simulated"}[15m])')
    assert told == pytest.approx(float(release.columns["mean"][-1]), rel=0.15)


def test_boltkb_reads_the_same_prometheus(watched: Watched, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    text = (DOCS / "how-to" / "run-it-in-a-pipeline.md").read_text()
    (path, chosen) = re.search(r"\$prometheus(/[\w/]+)\" --data-urlencode '([^']+)'", text).groups()
    asked = urllib.parse.urlencode([tuple(chosen.split("=", 1))])
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{watched.address}{path}?{asked}", timeout=60) as answer:
        servers = json.load(answer)["data"]
    assert servers == ["real", "simulated"]
    start, end = moment(watched.start), moment(watched.end)
    for server in servers:
        read = open_export(watched.address, server=server, start=start, end=end)
        values = read.series["connections_running"].values
        assert values.max() == watched.exports[server].series["connections_running"].values.max()
        # The page says that metrics alone do not tell the limit.
        assert boltkb.read_pool(read).max_threads.value is None
