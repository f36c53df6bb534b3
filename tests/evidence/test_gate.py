"""The diagnosis keeps what it promises: on the published table, and on a few fresh runs."""

from __future__ import annotations

import pytest

from evidence.diagnosis import stored
from evidence.levels import LEVELS
from evidence.regions import cases
from evidence.scores import TARGETS, first_right, score
from evidence.sizing import stored as sized
from evidence.staged import run_case

#: One run each of causes that are told in quite different ways, and of nothing wrong.
FRESH = (
    "burst_fan_out", "client_think_time", "healthy", "idle_plateau", "leaked_transactions",
    "lock_contention", "pool_too_small", "slow_queries",
)  # fmt: skip
SEED = 3


def test_the_published_table_is_of_cases_that_nobody_looked_at():
    kept = stored()
    assert kept.region == "held_out"
    assert kept.seeds >= 20


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.measure)
def test_the_published_table_meets_its_targets(target):
    assert target.met(score(stored().runs, tuple(LEVELS))[target.level]) is True


def test_recommended_sizes_are_enough_and_not_too_many():
    rows = sized()
    assert sum(bool(row.met) for row in rows) >= 0.9 * len(rows)
    assert sum(bool(row.within) for row in rows) >= 0.9 * len(rows)


@pytest.mark.parametrize("name", FRESH)
def test_a_fresh_run_is_never_told_wrong(name, tmp_path):
    (case,) = (case for case in cases("development", SEED, [name]) if case.seed == SEED)
    result = run_case(case, tmp_path)
    for level, answer in result.answers.items():
        assert not answer.error, level
        assert answer.cause is None or first_right(result.truth, answer), (level, answer)
    assert first_right(result.truth, result.answers["everything"]) or result.truth.cause is None
