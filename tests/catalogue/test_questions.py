"""The questions name evidence, metrics, settings and recipes that exist."""

from __future__ import annotations

from typing import get_args

import pytest

from boltkb.catalogue import (
    Version,
    load_metrics,
    load_questions,
    load_settings,
)
from boltkb.catalogue.questions import RECIPES
from boltkb.exports import empty_export
from boltkb.exports.recipes import Plan, step
from boltkb.exports.records import SourceKind
from boltkb.exports.signs import known_signs

VERSIONS = [Version.parse(text) for text in ("3.5", "4.1", "4.4", "5.4", "5.17", "5.26", "2026.06")]


@pytest.mark.parametrize("question", load_questions().values(), ids=lambda question: question.id)
def test_evidence_is_something_that_an_export_can_hold(question) -> None:
    assert question.question.endswith("?")
    for evidence in question.evidence:
        kind, _, rest = evidence.found.partition(":")
        if kind == "series":
            assert set(rest.split("+")) <= set(load_metrics())
            assert evidence.edition == "enterprise"
            assert evidence.recipe == "metrics"
        elif kind == "source":
            assert rest in get_args(SourceKind)
        elif kind == "machine":
            assert rest in {"cpus", "memory", "heap-max", "open-files", "os", "jvm"}
        else:
            assert set(kind.split("+")) <= known_signs()
        assert set(evidence.settings) <= set(load_settings())
        assert not evidence.tells.endswith(".")


@pytest.mark.parametrize("question", load_questions().values(), ids=lambda question: question.id)
def test_a_metric_s_evidence_begins_no_earlier_than_the_metric(question) -> None:
    for evidence in question.evidence:
        if evidence.found.startswith("series:"):
            for key in evidence.found.removeprefix("series:").split("+"):
                first = load_metrics()[key].names[0].since
                if isinstance(first, Version):
                    assert isinstance(evidence.versions.since, Version)
                    assert evidence.versions.since >= first


@pytest.mark.parametrize("edition", ["community", "enterprise"])
@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_what_no_export_of_a_version_and_edition_can_answer(version, edition) -> None:
    plan = Plan(empty_export(), (version,), True, edition, ())
    unanswerable = set()
    for question in load_questions().values():
        recipes = [e.recipe for e in question.evidence if e.exists(version, edition)]
        if not any(step(recipe, plan, ()) for recipe in recipes):
            unanswerable.add(question.id)
    expected = set()
    if edition == "community" and version < Version(5):
        # No metrics, no query.log, and no trace before 5.0.
        expected = {"arrivals", "peaks"}
    if edition == "community" and version < Version(4, 2):
        # Lists of transactions came to Community with 4.2.
        expected |= {"queries"}
    assert unanswerable == expected


def test_every_recipe_is_used_and_every_rank_is_taken_once() -> None:
    questions = load_questions().values()
    assert {e.recipe for question in questions for e in question.evidence} == set(RECIPES)
    assert sorted(question.rank for question in questions) == list(range(1, len(questions) + 1))


def test_community_has_no_evidence_of_enterprise() -> None:
    for question in load_questions().values():
        for evidence in question.evidence:
            if evidence.recipe in {"metrics", "query-log"}:
                assert not evidence.exists(Version(5, 26), "community")
