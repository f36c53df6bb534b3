"""The benchmarks run without their peers, name the absent ones, and judge as they say."""

from __future__ import annotations

import math

import pytest

from benchmarks import theory
from benchmarks.pages import benchmark_tables
from benchmarks.peers import CLOSED_FORMS, SIMULATORS, Peer
from boltkb.queueing import erlang_b


def test_an_absent_peer_is_named_with_the_line_that_brings_it():
    gone = Peer("no-such-package", "no_such_package_anywhere")
    assert not gone.present
    assert gone.how_to_get == "no-such-package is absent: pip install no-such-package"


def test_every_peer_stands_in_the_extra_that_brings_it():
    import tomllib
    from pathlib import Path

    root = Path(__file__).resolve().parents[1]
    extra = tomllib.loads((root / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]["bench"]
    named = {line.split(">=")[0] for line in extra}
    assert named == {peer.name for peer in CLOSED_FORMS} | {row[0].name for row in SIMULATORS}


@pytest.mark.parametrize("question", theory.OURS)
def test_our_answers_are_within_a_trillionth_of_the_reference(question):
    asked = theory.cases(question)
    assert len(asked) >= 4
    for numbers, truth in asked:
        assert theory.OURS[question](numbers) == pytest.approx(truth, rel=1e-12), numbers


def test_a_wrong_answer_is_counted_and_a_missing_one_is_no_answer():
    asked = [({"c": 8.0, "a": 5.0}, float(erlang_b(8, 5.0)))] * 2
    assert theory.judge("Erlang B", "x", lambda x: 2 * asked[0][1], asked).wrong == 2
    silent = theory.judge("Erlang B", "x", lambda x: math.nan, asked)
    assert (silent.failed, silent.wrong) == (2, 0)

    def refuses(x):
        raise OverflowError

    assert theory.judge("Erlang B", "x", refuses, asked).failed == 2


def test_the_page_says_who_is_wrong_and_by_how_much():
    rows = [theory.Accuracy("Erlang B", "x", 2, 1, 0, 0.5, "c=8", 1e-6)]
    wrong = [theory.Wrong("x", "How many?", "19", "1")]
    rates = [theory.Rate("boltkb", "lanes: l", 10, 100.0, 0.1), theory.Rate("y", "z", 1, 2.0, 0.1)]
    text = benchmark_tables(rows, wrong, rates, 3e6, "x 1.0")
    assert "1 of 2" in text
    assert "It says `19`; the truth is 1." in text
    assert "| y | z | 2 | 50 |" in text
