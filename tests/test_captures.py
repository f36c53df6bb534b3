"""The whole chain on captures of a real server, whose truth is known.

The truth is read here and nowhere else.
"""

from __future__ import annotations

import functools
import json
import shutil
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import boltkb
from boltkb.twin import load_scenario, scenario_names

CAPTURES = Path(__file__).resolve().parents[1] / "data" / "captures"
ALL = sorted(path.name for path in CAPTURES.iterdir() if (path / "truth.json").is_file())
#: Captures whose cause a diagnosis is expected to name, and whose state to tell.
DIAGNOSED = (
    "neo4j-5.26-leaked",
    "neo4j-5.26-quiet",
    "neo4j-5.26-saturated",
    "neo4j-5.26-think-time",
)
#: What the evidence of a capture does not carry: the cause stays open, and what would tell is said.
NOT_TOLD = ("neo4j-5.26-load-balancer-cut", "neo4j-5.26-traced")
#: Of which no scenario is simulated.
STAGED_ONLY = {"host_stall", "transaction_limit"}

#: The interval must hold the truth; beside it, how far the estimate itself may be off.
LOAD_TOLERANCE = 0.06
SHARE_TOLERANCE = 0.15


def chain(path: Path | str, **window: str) -> SimpleNamespace:
    export = boltkb.open_export(path)
    pool = boltkb.read_pool(export)
    seen = boltkb.observe(export, pool, **window)
    fit = boltkb.fit_queue(seen)
    sizing = boltkb.size_threads(fit, rejection=0.001)
    diagnosis = boltkb.diagnose(export, pool, seen, fit)
    advice = boltkb.advise(pool, fit, sizing, diagnosis)
    return SimpleNamespace(
        export=export, pool=pool, seen=seen, fit=fit, sizing=sizing, diagnosis=diagnosis,
        advice=advice, estimates=advice.estimates,
    )  # fmt: skip


@functools.cache
def whole(name: str) -> SimpleNamespace:
    return chain(CAPTURES / name)


def truth(name: str) -> dict:
    return json.loads((CAPTURES / name / "truth.json").read_text())


def without(tmp_path: Path, name: str, *patterns: str) -> Path:
    """A copy of a capture that lacks some of its files."""
    copy = tmp_path / "export"
    shutil.copytree(CAPTURES / name, copy)
    for pattern in (*patterns, "truth*"):
        for path in copy.glob(pattern):
            path.unlink()
    return copy


def test_there_is_a_capture_of_each_cause_that_is_diagnosed_and_of_nothing_wrong():
    assert set(DIAGNOSED) <= set(ALL)
    assert {truth(name)["cause"] for name in DIAGNOSED} >= {
        "pool_too_small", "leaked_transactions", "client_think_time", None,
    }  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_the_cause_of_a_capture_is_that_of_its_simulated_scenario(name):
    told = truth(name)
    if told["scenario"] in STAGED_ONLY:
        assert told["scenario"] not in scenario_names()
        assert told["cause"] == told["scenario"]
    else:
        cause = load_scenario(told["scenario"]).cause
        assert told["cause"] == (None if cause == "none" else cause)


@pytest.mark.parametrize("name", [name for name in ALL if name not in NOT_TOLD])
def test_the_cause_is_the_true_one(name):
    assert whole(name).diagnosis.cause == truth(name)["cause"]


@pytest.mark.parametrize("name", NOT_TOLD)
def test_what_the_evidence_does_not_carry_is_not_told(name):
    diagnosis = whole(name).diagnosis
    assert diagnosis.cause is None
    open_still = diagnosis.cause_of(truth(name)["cause"])
    assert open_still.status == "cannot_tell"
    assert open_still.missing


def test_at_least_eight_causes_and_nothing_wrong_are_told_on_a_real_server():
    told = {truth(name)["cause"] for name in ALL if name not in NOT_TOLD}
    assert len(told - {None}) >= 8
    assert None in told


@pytest.mark.parametrize("name", DIAGNOSED)
def test_the_state_follows_from_what_happened(name):
    expected = "saturated" if truth(name)["rejected"] else "ok"
    assert whole(name).diagnosis.state == expected


@pytest.mark.parametrize("name", ALL)
def test_every_file_with_evidence_was_read_whole(name):
    export = whole(name).export
    assert sum(source.refused for source in export.sources) == 0
    assert all(Path(item.path).name.startswith("truth") for item in export.ignored)
    assert export.version is not None
    assert export.version.startswith("5.26")


def test_offered_load_and_its_interval_hold_the_truth():
    true = truth("neo4j-5.26-saturated")["offered_load"]
    load = whole("neo4j-5.26-saturated").estimates["offered_load"]
    assert load.low <= true <= load.high
    assert load.value == pytest.approx(true, rel=LOAD_TOLERANCE)


def test_the_load_is_right_minute_by_minute():
    minutes = truth("neo4j-5.26-saturated")["minutes"]
    fit = whole("neo4j-5.26-saturated").fit
    true = np.array([minute["offered_load"] for minute in minutes])
    starts = [datetime.fromisoformat(minute["start"]).timestamp() for minute in minutes]
    middles = (fit.windows.start + fit.windows.end) / 2
    fitted = np.interp(np.array(starts) + 30, middles, fit.windows.load)
    assert np.corrcoef(true[:-1], fitted[:-1])[0, 1] > 0.9


def test_the_rejected_share_and_its_interval_hold_the_truth():
    true = truth("neo4j-5.26-saturated")
    rejected = true["rejected"] / true["attempts"]
    share = whole("neo4j-5.26-saturated").estimates["rejection_probability"]
    assert share.low <= rejected <= share.high
    assert share.value == pytest.approx(rejected, rel=SHARE_TOLERANCE)


def test_logged_rejections_are_counted_once_each():
    counted = whole("neo4j-5.26-saturated").estimates["rejections_observed"]
    assert counted.value == pytest.approx(truth("neo4j-5.26-saturated")["rejected"], abs=2)


def test_rejections_that_are_not_logged_are_estimated_and_said_to_be():
    rejected = whole("neo4j-5.26-think-time").diagnosis.rejected
    assert rejected.how == "estimated"
    assert rejected.low <= truth("neo4j-5.26-think-time")["rejected"] <= rejected.high


def test_a_thread_count_is_recommended_only_where_the_pool_is_too_small():
    for name in DIAGNOSED:
        need = whole(name).estimates["recommended_threads"]
        if truth(name)["cause"] == "pool_too_small":
            assert need.value > truth(name)["threads"]
            assert need.low <= need.value <= need.high
        else:
            assert need.value is None
            assert need.reason


def test_the_leak_names_the_client_that_keeps_the_threads():
    holder = whole("neo4j-5.26-leaked").diagnosis.holders.holders[0]
    assert holder.agent
    assert holder.silent > 60
    assert whole("neo4j-5.26-leaked").diagnosis.incident.ongoing


def test_the_quiet_capture_says_what_idle_connections_cost():
    words = str(whole("neo4j-5.26-quiet").advice) + whole("neo4j-5.26-quiet").advice.to_html()
    assert "holds no Bolt thread" in words
    assert "file descriptor" in words


@pytest.mark.parametrize("name", ALL)
def test_both_models_are_always_shown(name):
    models = {model.name.split(",")[0] for model in whole(name).fit.models}
    assert {"M/M/c", "M/M/c/c"} <= models
    for model in whole(name).fit.models:
        assert model.verdict in {"SOUND", "DOUBTFUL", "REFUSED"}
        assert len(model.checks) >= 4


def test_without_its_metric_the_load_is_unknown_and_the_way_to_it_is_named(tmp_path):
    copy = without(tmp_path, "neo4j-5.26-quiet", "metrics/*connections_running*")
    found = chain(copy)
    assert found.diagnosis.state == "cannot_tell"
    assert found.estimates["offered_load"].value is None
    assert "connections_running" in " ".join(found.diagnosis.cannot_tell)


def test_without_any_configuration_or_log_the_threads_are_unknown(tmp_path):
    copy = without(tmp_path, "neo4j-5.26-quiet", "conf/*", "logs/*")
    found = chain(copy)
    assert found.pool.threads is None
    assert found.diagnosis.state == "cannot_tell"


def test_a_log_that_is_cut_off_leaves_the_number_of_rejections_open(tmp_path):
    copy = without(tmp_path, "neo4j-5.26-saturated")
    for log in (copy / "logs").glob("*.log"):
        log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])
    found = chain(copy)
    counted = found.estimates["rejections_observed"]
    assert found.diagnosis.state == "saturated"
    assert counted.high is None
    assert counted.value < truth("neo4j-5.26-saturated")["rejected"]
    assert any("cut" in problem for problem in found.export.problems)


def test_nothing_is_concluded_from_names_or_from_the_truth(tmp_path):
    copy = tmp_path / "neo4j-5.26-quiet"
    shutil.copytree(CAPTURES / "neo4j-5.26-leaked", copy)
    (copy / "truth.json").write_text(json.dumps({"cause": None, "rejected": 0}))
    assert chain(copy).diagnosis.cause == "leaked_transactions"


def test_a_window_is_kept_to():
    export = whole("neo4j-5.26-saturated").export
    middle = (export.start + export.end) / 2
    start, end = (
        datetime.fromtimestamp(moment).astimezone().isoformat()
        for moment in (middle - 120, middle + 120)
    )
    found = chain(CAPTURES / "neo4j-5.26-saturated", start=start, end=end)
    assert found.seen.samples <= 241
    assert found.seen.end - found.seen.start == pytest.approx(240, abs=2)


def test_a_sign_of_something_beside_a_healthy_pool_stands_on_the_first_screen():
    told = " ".join(whole("neo4j-5.26-load-balancer-cut").diagnosis.cannot_tell)
    assert "idle connections are cut from outside" in told
    assert "was closed" in told
    quiet = " ".join(whole("neo4j-5.26-quiet").diagnosis.cannot_tell)
    assert "Beside the pool" not in quiet
