from __future__ import annotations

import copy
import json
import math

import jsonschema
import nbformat
import pytest

from boltkb.errors import RunError
from boltkb.publish.facts import check_facts, dump_facts, gather_facts
from boltkb.publish.run import Published
from boltkb.publish.schema import ESTIMATES, json_schema
from boltkb.tables import FACTS_MIME


def _notebook(*parts: dict[str, object]) -> nbformat.NotebookNode:
    cells = []
    for part in parts:
        cell = nbformat.v4.new_code_cell("")
        cell.outputs = [nbformat.v4.new_output("display_data", data={FACTS_MIME: part})]
        cells.append(cell)
    return nbformat.v4.new_notebook(cells=cells)


def _whole(published: Published) -> dict[str, object]:
    return json.loads(published.facts.read_text(encoding="utf-8"))


def test_the_later_output_wins_and_mappings_are_merged_one_level_deep() -> None:
    first = {"pool": {"max_threads": 8, "provenance": {"a": 1}}, "models": [1]}
    second = {"pool": {"provenance": {"b": 2}}, "models": [2]}
    assert gather_facts(_notebook(first, second)) == {
        "pool": {"max_threads": 8, "provenance": {"b": 2}},
        "models": [2],
    }


def test_what_json_cannot_carry_becomes_null() -> None:
    found = gather_facts(_notebook({"a": {"b": [math.inf, 1.0, {"c": math.nan}]}}))
    assert found == {"a": {"b": [None, 1.0, {"c": None}]}}


def test_the_schema_comes_first() -> None:
    assert list(json.loads(dump_facts({"pool": {}}))) == ["schema", "pool"]


def test_a_published_report_has_every_part(published: Published) -> None:
    facts = _whole(published)
    assert facts["schema"] == 1
    assert check_facts(facts).verdict.state == "saturated"
    assert set(ESTIMATES) <= set(facts["estimates"])
    assert facts["estimates"]["mean_hold"]["value"] is None
    assert facts["estimates"]["mean_hold"]["reason"] == "activations were not counted"


@pytest.mark.parametrize("part", ["export", "pool", "verdict", "estimates", "models", "findings"])
def test_a_missing_part_is_an_error(published: Published, part: str) -> None:
    facts = _whole(published)
    del facts[part]
    with pytest.raises(RunError, match=part):
        check_facts(facts)


@pytest.mark.parametrize("name", ESTIMATES)
def test_a_missing_estimate_is_an_error(published: Published, name: str) -> None:
    facts = copy.deepcopy(_whole(published))
    del facts["estimates"][name]
    with pytest.raises(RunError, match=name):
        check_facts(facts)


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("verdict", "state", "healthy"),
        ("verdict", "headline", ""),
        ("verdict", "confidence", "sure"),
        ("verdict", "state", "ok"),  # with a cause, which contradicts it
        ("estimates", "mean_hold", {"value": None, "low": None, "high": None, "unit": "s"}),
        (
            "estimates",
            "mean_hold",
            {"value": None, "low": None, "high": None, "unit": "s", "reason": ""},
        ),
        ("pool", "max_threads", "many"),
    ],
)
def test_a_part_of_the_wrong_kind_is_an_error(
    published: Published, part: str, key: str, value: object
) -> None:
    facts = copy.deepcopy(_whole(published))
    facts[part][key] = value
    with pytest.raises(RunError, match=part):
        check_facts(facts)


def test_a_pool_that_is_large_enough_may_have_a_cause_beside_it(published: Published) -> None:
    facts = copy.deepcopy(_whole(published))
    facts["verdict"] |= {"state": "ok", "cause": "load_balancer_cut"}
    assert check_facts(facts).verdict.cause == "load_balancer_cut"
    facts["verdict"]["cause"] = "leaked_transactions"
    with pytest.raises(RunError, match="leaked_transactions"):
        check_facts(facts)


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [("verdict", "state", "healthy"), ("pool", "max_threads", "many"), ("verdict", "also", None)],
)
def test_what_the_models_refuse_the_schema_of_the_site_refuses_too(
    published: Published, part: str, key: str, value: object
) -> None:
    facts = _whole(published)
    judge = jsonschema.Draft202012Validator(json_schema())
    assert judge.is_valid(facts)
    facts[part][key] = value
    assert not judge.is_valid(facts)
    with pytest.raises(RunError, match=part):
        check_facts(facts)


def test_a_key_that_is_new_is_let_through_and_one_that_is_gone_is_not(published: Published) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    judge = jsonschema.Draft202012Validator(json_schema())
    facts = _whole(published)
    assert judge.is_valid({**facts, "new": 1})
    for part in ("schema", "verdict"):
        assert not judge.is_valid({key: facts[key] for key in facts if key != part})
    del facts["estimates"]["mean_hold"]
    assert not judge.is_valid(facts)
