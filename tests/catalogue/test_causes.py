"""Causes, the scenarios that stage them, and the rules that weigh them go together."""

from __future__ import annotations

from boltkb.bolt.causes.weighing import RULES
from boltkb.catalogue import load_causes
from boltkb.twin.scenarios import load_scenario, scenario_names


def test_each_scenario_stages_the_cause_of_its_name_or_none():
    staged = {name: load_scenario(name).cause for name in scenario_names()}
    named = {cause.scenario: cause.id for cause in load_causes().values() if cause.scenario}
    assert named == {name: cause for name, cause in staged.items() if cause != "none"}
    assert {name for name, cause in staged.items() if cause == "none"} == {
        "healthy", "idle_plateau",
    }  # fmt: skip


def test_each_cause_has_one_rule():
    assert {*RULES, "pool_too_small"} == set(load_causes())
    assert "pool_too_small" not in RULES
