"""What is written is read again: by every version's layout, with nothing refused or overlooked."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from written_exports import VERSIONS, busy_clients, busy_server, truth_of, write

from boltkb.catalogue import Version
from boltkb.exports import Export, open_export
from boltkb.twin import Client, Poisson, Work, simulate
from boltkb.twin.writing import Options, write_export

pytestmark = pytest.mark.slow

SEEDS = dict(zip(VERSIONS, range(101, 200), strict=False))
_REJECTIONS = ("rejection-a", "rejection-b", "rejection-c")


def unexpected(export: Export) -> list[str]:
    return [
        f"{found.path}: {found.why}"
        for found in export.ignored
        if not found.path.rpartition("/")[2].startswith("truth")
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_is_read_whole(tmp_path: Path, version: str) -> None:
    folder = write(tmp_path, version, seed=SEEDS[version], evidence="usual")
    truth = truth_of(folder)
    export = open_export(folder)
    assert export.simulated is True
    assert "(simulated)" in str(export)
    assert export.version == version
    assert export.edition == "enterprise"
    assert [source for source in export.sources if source.refused] == []
    assert unexpected(export) == []
    kinds = Counter(event.kind for event in export.events)
    assert kinds["startup"] == 1
    assert kinds["vm-pause"] == 2
    release = Version.parse(version)
    told = sum(kinds[kind] for kind in _REJECTIONS)
    if release < Version.parse("5.18"):
        assert told == truth["rejected"] > 40
    else:
        assert told == 0
        assert kinds["starvation-increase"] == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_metrics_are_what_an_independent_sampler_saw(tmp_path: Path, version: str) -> None:
    seed = SEEDS[version] + 1000
    folder = write(tmp_path, version, seed=seed, evidence="all")
    export = open_export(folder)
    interval = 3.0 if Version.parse(version) < Version.parse("4.2") else 30.0
    run = simulate(
        busy_server(version), busy_clients(), seconds=130.0, seed=seed, sample_every=interval
    )
    began = 1772409600.0
    pairs = {
        "connections_running": "running",
        "connections_idle": "idle",
        "connections_opened": "opened",
        "connections_closed": "closed",
        "messages_received": "received",
        "messages_started": "started",
        "messages_done": "done",
        "transaction_active": "active",
    }
    for metric, column in pairs.items():
        series = export.series.get(metric, export.series.get(f"{metric}[neo4j]"))
        assert series is not None, metric
        at = np.floor(began + run.samples["time"].to_numpy())
        assert series.times.tolist() == at.tolist(), metric
        assert series.values.tolist() == run.samples[column].to_list(), metric
    assert export.sampling_interval == interval
    pauses = export.series.get("vm_pause_time")
    assert (pauses is not None) == (Version.parse(version) >= Version.parse("4.3"))
    if pauses is not None:
        told = run.samples["pause_seconds"].to_numpy()
        assert np.allclose(pauses.values, told, atol=0.002)


@pytest.mark.parametrize("version", ["3.5.35", "4.4.40", "5.26.30", "2026.04.0"])
def test_the_filter_decides_which_metrics_there_are(tmp_path: Path, version: str) -> None:
    usual = write(tmp_path / "usual", version, seconds=60.0, evidence="metrics")
    every = write(tmp_path / "every", version, seconds=60.0, evidence="all")
    some = {path.name for path in (usual / "metrics").iterdir()}
    more = {path.name for path in (every / "metrics").iterdir()}
    release = Version.parse(version)
    assert some <= more
    assert (some == more) == (release < Version.parse("4.2"))
    bound = "neo4j.dbms.bolt.worker_thread_bound_time.csv"
    assert bound not in some
    assert (bound in more) == (release >= Version.parse("5.21"))
    assert not (usual / "logs").exists()


@pytest.mark.parametrize("version", ["4.4.40", "5.10.0", "5.26.30", "2026.04.0"])
def test_dumps_and_listings_tell_of_the_same_moment(tmp_path: Path, version: str) -> None:
    export = open_export(write(tmp_path, version, seed=7, evidence="logs"))
    assert 1 <= len(export.thread_dumps) <= 3
    held = [worker for worker in export.thread_dumps[0].workers if worker.state != "idle"]
    assert len(held) >= 7
    states = {worker.state for dump in export.thread_dumps for worker in dump.workers}
    assert {"working", "waiting_for_client"} <= states
    clients = {row.client for row in export.connections}
    assert {worker.client for worker in held} <= clients
    assert {row.client for row in export.transactions} <= clients
    agents = {row.agent for row in export.connections}
    assert agents == {"shop-api/2.3", "report-job/1.1"}
    thinking = {
        worker.client for worker in held if worker.state == "waiting_for_client"
    }  # no query stands beside a transaction whose client thinks
    empty = {row.client for row in export.transactions if not row.query}
    assert thinking == empty


def test_community_has_no_metrics_and_is_read(tmp_path: Path) -> None:
    folder = write(tmp_path, "5.26.30", seed=9, edition="community", accounting=False)
    assert not (folder / "metrics").exists()
    export = open_export(folder)
    assert export.edition == "community"
    assert unexpected(export) == []
    told = [event for event in export.events if event.kind == "rejection-c"]
    assert len(told) == truth_of(folder)["rejected"] > 0
    assert export.settings["server.bolt.enable_network_error_accounting"].value == "false"


def test_debug_lines_tell_of_each_rejection(tmp_path: Path) -> None:
    folder = write(tmp_path, "2025.10.1", seed=10, debug=True, evidence="logs")
    text = (folder / "logs" / "debug.log").read_text()
    assert text.count('"level":"DEBUG"') == truth_of(folder)["rejected"] > 0
    assert "Unable to schedule" not in (folder / "logs" / "neo4j.log").read_text()


def test_the_configuration_is_told_in_the_log_too(tmp_path: Path) -> None:
    for version in ("3.5.35", "5.26.30", "2026.04.0"):
        folder = write(tmp_path / version, version, seconds=30.0, evidence="logs")
        conf = dict(
            line.split("=", 1)
            for line in (folder / "conf" / "neo4j.conf").read_text().splitlines()
            if "=" in line and not line.startswith("#")
        )
        assert "8" in conf.values()
        log = (folder / "logs" / "debug.log").read_text()
        for name, value in conf.items():
            assert f"{name}={value}" in log


@pytest.mark.parametrize("mode", ["info", "verbose", "json"])
@pytest.mark.parametrize("version", ["3.5.35", "4.4.40", "5.10.0", "5.26.30", "2026.04.0"])
def test_the_query_log_is_read_whole(tmp_path: Path, version: str, mode: str) -> None:
    folder = write(tmp_path, version, seconds=60.0, query_log=mode, evidence="logs")
    export = open_export(folder)
    assert [source for source in export.sources if source.refused] == []
    assert unexpected(export) == []
    queries = export.queries
    assert queries is not None
    lines = (folder / "logs" / "query.log").read_text().splitlines()
    started = sum("Query started" in line for line in lines)
    assert queries.completed == len(lines) - started > 500
    assert queries.failed == 0
    assert queries.unfinished == (started - queries.completed if mode == "verbose" else 0)
    assert set(queries.by_agent["key"].to_list()) == {"shop-api/2.3", "report-job/1.1"}


@pytest.mark.parametrize("version", ["3.5.35", "4.4.40", "5.10.0", "2026.04.0"])
def test_rotated_files_are_read_as_one(tmp_path: Path, version: str) -> None:
    seconds = 600.0 if Version.parse(version) >= Version.parse("4.2") else 90.0
    rare = Client("rare/1", Work(seconds=0.3, think=0.3, kind="explicit"), Poisson(12.0))
    made = {}
    options = Options()
    for name in ("whole", "rotated"):
        server = busy_server(version)
        folder = tmp_path / name
        made[name] = write_export(
            server, rare, folder, seconds=seconds, seed=12, options=options
        ).folder
        longest = max(path.stat().st_size for path in (folder / "metrics").iterdir())
        log = (folder / "logs" / "debug.log").stat().st_size
        assert truth_of(folder)["rejected"] > 20
        options = Options(metric_size=longest // 4, log_size=log // 4)
    packed = ".01.zip" if version == "2026.04.0" else ".01" if version == "5.10.0" else ".1"
    ends = {path.name.partition(".csv")[2] for path in (made["rotated"] / "metrics").iterdir()}
    assert packed in ends
    export, whole = open_export(made["rotated"]), open_export(made["whole"])
    assert [source for source in export.sources if source.refused] == []
    assert unexpected(export) == []
    assert export.series.keys() == whole.series.keys()
    for key, series in whole.series.items():
        assert export.series[key].times.tolist() == series.times.tolist(), key
        assert export.series[key].values.tolist() == series.values.tolist(), key
    told = [Counter(event.kind for event in read.events) for read in (export, whole)]
    assert told[0] == told[1]
