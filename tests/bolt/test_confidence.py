"""Confidence is earned: each thing that takes from it does, and says so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boltkb.bolt import diagnose, observe, read_pool
from boltkb.bolt.causes.cause import Cause, supported
from boltkb.bolt.confidence import judge_confidence
from boltkb.bolt.diagnosis import _leading
from boltkb.bolt.thread_time import DUMPS, LIST, METRICS
from boltkb.queueing import fit_queue
from boltkb.queueing.simulation import simulate_loss

LOGGED = {
    "server.bolt.thread_pool_max_size": "8",
    "server.bolt.enable_network_error_accounting": "false",
}


@pytest.fixture
def looked(make, build):
    """An export with three dumps, its observations and its fit."""
    run = simulate_loss(servers=8, arrival_rate=5.0, mean_hold=0.4, duration=900.0, seed=3)
    export = make(
        settings=LOGGED,
        several=[build.series("connections_running", run.busy(np.arange(900.0)))],
        dumps=[build.dump(300 + 15 * i, ["working"] * 4, first=100 * i) for i in range(3)],
        seconds=900.0,
    )
    pool = read_pool(export)
    seen = observe(export, pool)
    return export, seen, fit_queue(seen)


def judged(looked, cause: Cause | None, *others: Cause, state="saturated", **changed):
    export, seen, fit = looked
    seen, fit = changed.get("seen", seen), changed.get("fit", fit)
    export = changed.get("export", export)
    causes = [*([] if cause is None else [cause]), *others]
    level, why = judge_confidence(state, cause, causes, seen, fit, export)
    return level, " ".join(why)


def test_kinds_that_agree_and_nothing_against_are_high(looked):
    level, why = judged(looked, supported("lock_contention", 0.8, ["x"], kinds=(DUMPS, LIST)))
    assert (level, why) == (
        "high", f"It rests on {DUMPS} and {LIST}, which agree.",
    )  # fmt: skip


def test_one_kind_alone_is_medium_and_sums_alone_are_low(looked):
    one = judged(looked, supported("lock_contention", 0.8, ["x"], kinds=(DUMPS,)))
    sums = judged(looked, supported("lock_contention", 0.8, ["x"], kinds=(METRICS,)))
    assert (one[0], sums[0]) == ("medium", "low")


def test_evidence_against_lowers_it(looked):
    cause = supported("lock_contention", 0.8, ["x"], kinds=(DUMPS, LIST), contra=["It fell again."])
    assert judged(looked, cause)[0] == "medium"
    assert "Against it: It fell again." in judged(looked, cause)[1]


def test_a_rival_lowers_it_unless_both_explain_the_same(looked):
    cause = supported("lock_contention", 0.8, ["x"], kinds=(DUMPS, LIST))
    rival = supported("slow_commit", 0.7, ["x"], kinds=(DUMPS,))
    small = supported("slow_commit", 0.2, ["x"], kinds=(DUMPS,))
    same = supported("slow_commit", 0.7, ["x"], kinds=(DUMPS,), overlaps=("lock_contention",))
    other = supported("retry_storm", 0.7, ["x"], kinds=(DUMPS,), explains="rejections")
    assert judged(looked, cause, rival)[0] == "medium"
    assert "Commits are slow is supported too" in judged(looked, cause, rival)[1]
    for harmless in (small, same, other):
        assert judged(looked, cause, harmless)[0] == "high"


def test_simulated_data_lower_it(looked):
    export = looked[0]
    fields = {name: getattr(export, name) for name in export.__slots__}
    simulated = type(export)(**(fields | {"simulated": True}))
    cause = supported("lock_contention", 0.8, ["x"], kinds=(DUMPS, LIST))
    level, why = judged(looked, cause, export=simulated)
    assert level == "medium"
    assert "simulated" in why


def test_failed_checks_lower_what_rests_on_the_model_and_nothing_else(looked):
    fit = replace(looked[2], verdict="DOUBTFUL", reasons=("the load drifted",))
    held = supported("lock_contention", 0.8, ["x"], kinds=(DUMPS, LIST))
    small = supported("pool_too_small", 0.8, ["x"], kinds=(DUMPS, LIST))
    assert judged(looked, held, fit=fit)[0] == "high"
    assert judged(looked, small, fit=fit)[0] == "medium"
    refused = replace(fit, verdict="REFUSED")
    level, why = judged(looked, small, fit=refused)
    assert level == "low"
    assert "The load drifted." in why


def test_a_short_window_lowers_it(looked):
    seen = looked[1]
    short = replace(seen, window=replace(seen.window, end=seen.window.start + 40))
    cause = supported("lock_contention", 0.8, ["x"], kinds=(DUMPS, LIST))
    level, why = judged(looked, cause, seen=short)
    assert level == "medium"
    assert "only 40 s long" in why


def test_one_moment_lowers_it(looked):
    seen = looked[1]
    once = replace(seen, holders=replace(seen.holders, dumps=1))
    cause = supported("lock_contention", 0.8, ["x"], kinds=(DUMPS, "the course"))
    assert judged(looked, cause, seen=once)[0] == "medium"
    assert judged(looked, cause)[0] == "high"


def test_few_samples_never_say_for_certain_that_nothing_is_wrong(looked):
    cut = {name: getattr(looked[1], name)[:60] for name in ("busy", "times")}
    few = replace(looked[1], **cut, censored=None)
    assert judged(looked, None, state="ok")[0] == "high"
    assert judged(looked, None, state="ok", seen=few)[0] == "medium"


@pytest.mark.parametrize("state", ["saturated", "at_risk", "cannot_tell"])
def test_without_a_cause_trouble_is_told_with_low_confidence(looked, state):
    level, why = judged(looked, None, state=state)
    assert level == "low"
    assert why.endswith(".")


def test_beside_a_pool_that_is_large_enough_only_what_fails_by_itself_leads():
    held = supported("lock_contention", 0.9, ["x"], kinds=(DUMPS,))
    cut = supported("load_balancer_cut", 0.4, ["x"], kinds=(DUMPS,), explains="failures")
    assert _leading([held, cut], "saturated") is held
    assert _leading([held, cut], "ok") is cut
    assert _leading([held], "ok") is None
    assert _leading([held, cut], "cannot_tell") is held
    assert _leading([], "saturated") is None


def test_a_diagnosis_carries_the_case_it_was_made_from(looked):
    export, seen, fit = looked
    diagnosis = diagnose(export, read_pool(export), seen, fit)
    assert diagnosis.case is not None
    assert diagnosis.case.seen is seen
