"""Each cause has a rule, and each rule says what it costs and how to undo it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from boltkb.catalogue import load_causes, load_rules, load_settings

RULES = load_rules()


def test_each_cause_has_a_rule_and_each_rule_a_cause_that_exists():
    assert {rule.cause for rule in RULES.values()} - {""} == set(load_causes())


def test_each_cause_has_one_thing_not_to_do():
    counts = Counter(rule.cause for rule in RULES.values() if rule.do_not)
    assert counts == dict.fromkeys(load_causes(), 1)
    assert all(rule.do_not.startswith("Do not ") for rule in RULES.values() if rule.do_not)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_rule_of_a_cause_says_what_it_costs_and_how_to_undo_it(rule):
    if rule.cause:
        assert rule.cost.endswith(".")
        assert rule.undo.endswith(".")
    for text in (rule.change, rule.meaning, rule.do_not, rule.cost, rule.undo):
        assert not text or (text[0].isupper() and text.endswith("."))
        for identity in re.findall(r"\{([a-z-]+)\}", text):
            assert identity in load_settings()
            assert text is rule.change


def test_no_rule_tells_to_set_what_is_unsupported():
    for rule in RULES.values():
        assert "internal." not in rule.change
        assert "unsupported_" not in rule.change


def test_each_rule_has_its_section_in_the_tuning_guidance():
    tuning = Path(__file__).resolve().parents[2] / "docs" / "tuning.md"
    anchors = re.findall(r"\{ #([a-z-]+) \}", tuning.read_text(encoding="utf-8"))
    assert set(RULES) <= set(anchors)
    assert len(anchors) == len(set(anchors))
