"""Real servers' files are read without one refused line; skipped where they are not at hand."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from boltkb.exports import open_export

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT.parent / "shared" / "samples"
CAPTURES = sorted(path.parent for path in (ROOT / "data" / "captures").glob("*/manifest.toml"))
samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample files are not here")


@samples
@pytest.mark.parametrize("version", ["3.4.0", "5.20.0"])
def test_every_sample_metric_is_read_whole(version: str) -> None:
    folder = SAMPLES / f"metrics-{version}"
    export = open_export(folder)
    assert [source for source in export.sources if source.refused] == []
    assert len(export.sources) + len(export.ignored) == len(list(folder.glob("*.csv")))
    opened, closed, running, idle = (
        export.series[f"connections_{name}"].values
        for name in ("opened", "closed", "running", "idle")
    )
    # What is open is what was opened and not closed: the sampling races in a few rows.
    assert np.mean(opened - closed - running - idle == 0) > 0.98
    assert export.restarts


@samples
@pytest.mark.parametrize("version", ["3.4.0", "5.20.0"])
@pytest.mark.parametrize("kind", ["debug", "neo4j"])
def test_every_sample_log_is_read_whole(version: str, kind: str) -> None:
    export = open_export(SAMPLES / "logs" / f"{kind}-{version}.log")
    assert [source.refused for source in export.sources] == [0]
    assert export.log_spans[0].user_log == (kind == "neo4j")
    if export.version is not None:
        assert export.version == version


@pytest.mark.parametrize("folder", CAPTURES, ids=lambda folder: folder.name)
def test_every_capture_is_read_without_a_refused_row(folder: Path) -> None:
    export = open_export(folder)
    assert [source for source in export.sources if source.refused] == []
    # A client's log tells of more than its driver's pool.
    assert [p for p in export.problems if "lines are not about a driver's pool" not in p] == []
    assert export.simulated is False
    told = tomllib.loads((folder / "manifest.toml").read_text())
    assert (export.version, export.edition) == (told["neo4j_version"], told["edition"])
    evidence = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    ignored = {entry.path for entry in export.ignored}
    assert {
        path for path in ignored if not Path(path).name.startswith(("truth", "README"))
    } == set()
    assert evidence == ignored | {source.path for source in export.sources}


@pytest.mark.parametrize("folder", CAPTURES, ids=lambda folder: folder.name)
def test_rejections_of_a_capture_count_once(folder: Path) -> None:
    export = open_export(folder)
    lines: set[str] = set()
    for log in folder.glob("logs/*.log"):
        found = re.findall(r"\[(bolt-\d+)\] Unable to schedule for execution", log.read_text())
        lines |= set(found)
    counted = [event for event in export.events if event.kind.startswith("rejection")]
    # A connection is closed when it is rejected, so that its id stands for one rejection.
    assert len(counted) == len(lines) == len({event.connection for event in counted})
    # Checked against the refusals that the pool itself counted; only this test looks at them.
    if counted:
        assert len(counted) == json.loads((folder / "truth.json").read_text())["rejected"]


@pytest.mark.parametrize("folder", CAPTURES, ids=lambda folder: folder.name)
def test_threads_of_a_capture_s_dumps(folder: Path) -> None:
    export = open_export(folder)
    assert len(export.thread_dumps) >= 1
    limit = int(export.setting("bolt-threads-max").value)
    for item in export.thread_dumps:
        text = (folder / item.where.file).read_text()
        assert len(item.workers) == len(re.findall(r'^"neo4j\.BoltWorker-', text, re.MULTILINE))
        assert item.held == len(re.findall(r'^"neo4j\.BoltWorker-\d+ \[bolt-', text, re.MULTILINE))
        assert len(item.workers) <= limit
        assert export.start <= item.time <= export.end + 60
