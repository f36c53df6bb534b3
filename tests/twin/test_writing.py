"""What is written: the same bytes for the same seed, and what readers and truth agree on."""

from __future__ import annotations

import csv
import gzip
import json
import math
import re
from pathlib import Path

import pytest

import boltkb
from boltkb.catalogue import Version
from boltkb.errors import ParameterError
from boltkb.twin import (
    Client,
    Driver,
    Poisson,
    Server,
    Work,
    load_scenario,
    scenario_names,
    write_export,
    write_scenario,
)
from boltkb.twin.writing.logs import StarvationCounter
from boltkb.twin.writing.metrics import interval

VERSIONS = ("3.4.0", "3.5.22", "4.1.0", "4.4.17", "5.10.0", "5.26.0", "2026.01.0")


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def refused(folder: Path, start: float, end: float) -> int:
    """Refusals in a window: a reader knows nothing of what came before the first sample."""
    with gzip.open(folder / "truth-acquisitions.csv.gz", "rt") as file:
        rows = [row for row in csv.DictReader(file) if row["outcome"] == "refused"]
    return sum(start <= float(row["start"]) <= end for row in rows)


@pytest.mark.parametrize("name", scenario_names())
def test_each_scenario_can_be_simulated_and_read(tmp_path: Path, name: str) -> None:
    folder = write_scenario(name, tmp_path / "export", hours=0.05, seed=3)
    truth = json.loads((folder / "truth.json").read_text())
    export = boltkb.open_export(folder)
    assert export.simulated is True
    pool = boltkb.read_pool(export)
    assert pool.threads == load_scenario(name).server.threads
    assert truth["cause"] in {name, "none"}
    assert truth["attempts"] == truth["accepted"] + truth["rejected"]
    requests = truth["clients"]
    assert requests["requests"] == sum(requests["outcomes"].values())
    assert sum(minute["rejected"] for minute in truth["minutes"]) == truth["rejected"]
    carried = sum(minute["carried_load"] for minute in truth["minutes"]) / len(truth["minutes"])
    assert carried == pytest.approx(truth["carried_load"], rel=1e-4, abs=1e-4)


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    made = [
        write_scenario("pool_too_small", tmp_path / str(i), hours=0.1, seed=seed)
        for i, seed in enumerate((7, 7, 8))
    ]
    one, same, other = (files(folder) for folder in made)
    assert one == same
    assert one["truth.json"] != other["truth.json"]


@pytest.mark.parametrize("version", VERSIONS)
def test_counts_of_rejections_agree_with_the_truth(tmp_path: Path, version: str) -> None:
    folder = write_scenario("pool_too_small", tmp_path / "x", hours=0.1, seed=5, version=version)
    truth = json.loads((folder / "truth.json").read_text())
    assert truth["rejected"] > 50
    export = boltkb.open_export(folder)
    assert Version.parse(export.version or "0.0").major == Version.parse(version).major
    seen = boltkb.observe(export, boltkb.read_pool(export))
    assert not any(source.refused for source in export.sources)
    if Version.parse(version) < Version.parse("5.18"):
        assert seen.rejected.how == "counted"
        assert seen.rejected.value == refused(folder, seen.start, seen.end + (seen.interval or 0))
    else:
        assert seen.rejected.how == "estimated"
        within = refused(folder, seen.start, seen.end)
        assert seen.rejected.value == pytest.approx(within, abs=5)
        text = (folder / "logs" / "neo4j.log").read_text()
        assert text.count("Increase in thread starvation") == 1
        assert "Unable to schedule" not in text


def test_without_accounting_each_rejection_has_a_line_in_both_logs(tmp_path: Path) -> None:
    scenario = load_scenario("pool_too_small")
    folder = write_export(
        scenario.server, scenario.clients, tmp_path / "x", seconds=600.0, accounting=False
    )
    rejected = json.loads((folder / "truth.json").read_text())["rejected"]
    for name in ("neo4j.log", "debug.log"):
        text = (folder / "logs" / name).read_text()
        assert len(re.findall(r"\[bolt-\d+\] Unable to schedule", text)) == rejected > 0


@pytest.mark.parametrize("version", VERSIONS)
def test_metrics_have_the_rows_names_and_types_of_their_version(
    tmp_path: Path, version: str
) -> None:
    client = Client("shop", Work(seconds=0.05), Poisson(20.0), Driver.java())
    folder = write_export(
        Server(version=version, threads=20), [client], tmp_path / "x", seconds=90.0,
        evidence="metrics",
    )  # fmt: skip
    assert not (folder / "logs").exists()
    early = Version.parse(version) < Version.parse("4.2")
    prefix = "neo4j.bolt." if Version.parse(version).major < 5 else "neo4j.dbms.bolt."
    names = {path.name for path in (folder / "metrics").iterdir()}
    assert sum(name.startswith(prefix) for name in names) == (10 if early else 6)
    assert sum(".transaction." in name for name in names) == 4
    assert ("neo4j.dbms.vm.pause_time.csv" in names) == (Version.parse(version).major >= 5)
    for path in (folder / "metrics").iterdir():
        rows = list(csv.DictReader(path.read_text().splitlines()))
        assert len(rows) == (30 if early else 3)
        gauge = re.search("running|idle|active", path.name) or version == "3.4.0"
        assert ("value" in rows[0]) == bool(gauge)
        if not gauge:
            last = rows[-1]
            age = int(last["count"]) / float(last["mean_rate"]) if int(last["count"]) else 102.0
            assert age == pytest.approx(102.0, rel=1e-3)
    steps = interval(Version.parse(version))
    opened, closed, running, idle = (
        _column(folder / "metrics" / f"{prefix}connections_{name}.csv")
        for name in ("opened", "closed", "running", "idle")
    )
    assert [a - b for a, b in zip(opened, closed, strict=True)] == [
        a + b for a, b in zip(running, idle, strict=True)
    ]
    assert steps == (3.0 if early else 30.0)


def _column(path: Path) -> list[int]:
    rows = csv.DictReader(path.read_text().splitlines())
    return [int(row.get("value") or row["count"]) for row in rows]


def test_every_hold_stands_in_the_truth(tmp_path: Path) -> None:
    folder = write_scenario("leaked_transactions", tmp_path / "x", hours=0.5, seed=2)
    truth = json.loads((folder / "truth.json").read_text())
    with gzip.open(folder / "truth-acquisitions.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    ended = [row["outcome"] for row in rows]
    assert ended.count("refused") == truth["rejected"] > 0
    assert ended.count("never ended") == truth["never_ended_holds"] > 0
    assert ended.count("held") + ended.count("never ended") == truth["accepted"]
    total = math.fsum(float(row["seconds"]) for row in rows)
    assert total / (0.5 * 3600.0) == pytest.approx(truth["carried_load"], rel=1e-5)


def test_the_manifest_marks_it_as_simulated_and_names_no_folder(tmp_path: Path) -> None:
    folder = write_scenario("healthy", tmp_path / "x", changes={"rate": "5"}, hours=0.1, seed=4)
    text = (folder / "manifest.toml").read_text()
    assert "simulated = true" in text
    assert "boltkb simulate healthy --set rate=5 --hours 0.1 --seed 4 --neo4j 5.26.0" in text
    assert str(tmp_path) not in text


@pytest.mark.parametrize(
    ("gaps", "said"),
    [
        ([0, 1, 1], [(), (), ("increase",)]),  # the third by default
        ([0, 599, 599], [(), (), ("increase",)]),  # the window does not slide
        ([0, 600, 600, 600], [(), (), (), ()]),  # each gap begins anew
        ([0, 1, 1] + [300] * 40, [(), (), ("increase",)] + [()] * 40),  # hours leave one line
        ([0, 1, 1, 600, 1, 1], [(), (), ("increase",), ("normal",), (), ("increase",)]),
    ],
)
def test_starvation_is_told_at_its_edges(gaps: list[float], said: list[tuple[str, ...]]) -> None:
    counter, moment, heard = StarvationCounter(), 0.0, []
    for gap in gaps:
        moment += gap
        heard.append(counter.count(moment))
    assert heard == said


def test_what_does_not_fit_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="no scenario 'nothing'"):
        load_scenario("nothing")
    with pytest.raises(ParameterError, match=r"no parameter 'x'.*`threads` must be a int"):
        load_scenario("healthy", changes={"x": "1", "threads": "many"})
    with pytest.raises(ParameterError, match="`threads` must be a whole number"):
        load_scenario("healthy", changes={"threads": "0"})
    (tmp_path / "something").write_text("")
    with pytest.raises(ParameterError, match="not an empty folder"):
        write_scenario("healthy", tmp_path)
