"""Causes of held threads on whole exports: simulated ones, and those of real servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from boltkb.bolt import observe, read_pool
from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.held import RULES
from boltkb.bolt.clients import read_clients
from boltkb.bolt.course import Course
from boltkb.bolt.thread_time import read_thread_time
from boltkb.exports import open_export
from boltkb.twin.writing import write_scenario
from boltkb.twin.writing.options import Options

pytestmark = pytest.mark.slow

CAPTURES = Path(__file__).parents[3] / "data" / "captures"

#: What was staged in each capture that held threads.
STAGED = {
    "neo4j-5.26-bookmark-wait": {"bookmark_wait"},
    "neo4j-5.26-leaked": {"leaked_transactions"},
    "neo4j-5.26-lock-contention": {"lock_contention"},
    "neo4j-5.26-slow-consumer": {"slow_consumer"},
    "neo4j-5.26-think-time": {"client_think_time"},
}


@pytest.fixture
def supported(any_fit):
    return lambda path: supported_causes(path, any_fit)


def supported_causes(path, any_fit):
    export = open_export(path)
    pool = read_pool(export)
    seen = observe(export, pool)
    case = Case(
        export, pool, seen, any_fit, read_thread_time(export, pool, seen),
        Course(None, "", None), read_clients(export, pool, seen),
    )  # fmt: skip
    return {name for name, rule in RULES.items() if rule(case).status == "supported"}


@pytest.mark.parametrize("evidence", ["all", "usual"])
@pytest.mark.parametrize(
    ("scenario", "changes"),
    [
        ("slow_consumer", {"read": "5", "rate": "9"}),
        ("bookmark_wait", {"wait": "4", "rate": "18"}),
        ("lock_contention", {"rate": "11"}),
        ("client_think_time", {"think": "1.4", "rate": "3"}),
        ("leaked_transactions", {"leak_share": "0.003"}),
    ],
)
def test_each_scenario_of_held_threads_supports_its_own_cause_alone(
    scenario, changes, evidence, supported, tmp_path
):
    """A quarter of an hour with other parameters than the scenario's own."""
    write_scenario(
        scenario, tmp_path / "export", changes=changes, hours=0.35, seed=413,
        options=Options(evidence=evidence),
    )  # fmt: skip
    assert supported(tmp_path / "export") == {scenario}


@pytest.mark.parametrize(
    "scenario", ["pool_too_small", "burst_fan_out", "slow_queries", "gc_pauses", "retry_storm"]
)
def test_scenarios_of_honest_work_support_none(scenario, supported, tmp_path):
    write_scenario(scenario, tmp_path / "export", seed=414, options=Options(evidence="all"))
    assert supported(tmp_path / "export") == set()


@pytest.mark.parametrize(
    "capture", sorted(path.name for path in CAPTURES.iterdir() if path.is_dir())
)
def test_captures_of_a_real_server_support_what_was_staged(capture, supported):
    """Whatever else was staged, no cause of held threads is supported."""
    assert supported(CAPTURES / capture) == STAGED.get(capture, set())
