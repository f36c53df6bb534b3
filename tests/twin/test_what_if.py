"""What if: facts read, questions declined or answered, and answers held against theory."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from boltkb.errors import ParameterError
from boltkb.publish.parameters import WhatIfParameters
from boltkb.queueing import Constant, MMcc, MMcD, MMcK, erlang_b
from boltkb.twin import Client, Driver, Poisson, Server, Users, Work
from boltkb.twin.repeating import interval_of, repeat, share_of
from boltkb.twin.what_if import (
    answer,
    ask,
    ask_given,
    closed_form,
    read_case,
    simulate_setting,
    sweep_threads,
)
from boltkb.twin.what_if.settings import DRIVERS

#: Half widths of the 95 % interval that a mean may lie from theory: some 5 standard errors.
FAR = 2.5


def facts(*, threads=8, load=5.0, hold=0.4, rejected=None, queue=0, **export):
    def told(value, unit):
        return {"value": value, "low": None, "high": None, "unit": unit, "reason": "a fit"}

    return {
        "schema": 1,
        "export": {"name": "shop", "version": "5.26.1", **export},
        "pool": {"max_threads": threads, "min_threads": 5, "queue_size": queue},
        "verdict": {"state": "ok", "headline": "x"},
        "estimates": {
            "offered_load": told(load, "erlangs"),
            "arrival_rate": told(load / hold if load and hold else None, "per second"),
            "mean_hold": told(hold, "s"),
            "rejection_probability": told(rejected, "probability"),
        },
    }


def agrees(told, truth, wide):
    half = (told.high - told.low) / 2
    assert half < wide * truth, "the runs are too short to test anything"
    assert abs(told.value - truth) < FAR * half, (told.value, truth, half)


# --- reading ---------------------------------------------------------------------------------


def test_facts_are_read_from_a_file(tmp_path):
    path = tmp_path / "shop.facts.json"
    path.write_text(json.dumps(facts(rejected=0.2)))
    case = read_case(path)
    assert (case.name, case.version, case.threads, case.core_threads) == ("shop", "5.26.1", 8, 5)
    assert case.offered_load.value == 5.0
    assert case.rejection.value == 0.2
    assert read_case(str(path)) == case
    assert "5.26.1" in case.to_html()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("[1, 2]", "no facts"),
        ("{}", "no facts of a report"),
        ('{"schema": 99, "estimates": {}}', "no facts of a report"),
        ('{"estimates": []}', "no facts of a report"),
        ("[" * 100_000, "not JSON"),
        ('{"estimates": "\x00"}', "not JSON"),
    ],
)
def test_what_is_no_facts_is_told_so(tmp_path, text, words):
    path = tmp_path / "x.facts.json"
    path.write_text(text)
    with pytest.raises(ParameterError, match=words):
        read_case(path)


def test_a_missing_file_names_the_command_that_makes_it(tmp_path):
    with pytest.raises(ParameterError, match="boltkb report"):
        read_case(tmp_path / "gone.facts.json")
    with pytest.raises(ParameterError, match="boltkb report"):
        read_case(tmp_path)


@pytest.mark.parametrize("hostile", ["8", True, float("nan"), None, [], {}, -math.inf])
def test_numbers_of_a_wrong_kind_are_unknown_and_never_fatal(hostile):
    told = facts()
    told["estimates"]["offered_load"]["value"] = hostile
    told["pool"]["max_threads"] = hostile
    case = read_case(told)
    assert case.offered_load.value is None
    assert case.threads is None
    assert ask(case, threads=4).declined


def test_a_hostile_name_stays_text():
    case = read_case(facts(name="<script>alert(1)</script>"))
    assert "<script>" not in case.to_html()
    assert "<script>" not in ask(case, threads=9).to_html()


# --- asking ----------------------------------------------------------------------------------


def test_a_refused_fit_is_declined_in_words_with_what_is_needed():
    told = facts(load=None)
    told["estimates"]["offered_load"]["reason"] = "every server was busy without a break"
    question = ask(read_case(told), threads=600)
    text = str(question)
    assert "every server was busy without a break" in text
    assert "connections_running" in text
    assert "boltkb inspect" in text
    done = answer(question, runs=4)
    assert done.before is None
    assert "Nothing is simulated." in done.to_html()
    assert "boltkb inspect" in str(done)
    assert done.facts()["what_if"]["before"] is None
    sweep = sweep_threads(question)
    assert sweep.threads == ()
    assert sweep.declined == question.declined


def test_without_a_mean_hold_it_asks_for_one_and_takes_one():
    case = read_case(facts(hold=None))
    assert "Give `mean_hold`" in str(ask(case))
    question = ask(case, mean_hold=0.25)
    assert question.before.mean_hold == 0.25
    assert "was given, not reported" in str(question)


def test_without_a_number_of_threads_it_asks_for_one():
    case = read_case(facts(threads=None))
    assert "neo4j.conf" in str(ask(case))
    assert ask(case, threads=6).before.threads == 6


def test_a_change_changes_one_side_only_and_the_rest_is_told_as_the_same():
    question = ask(read_case(facts()), threads=12, pool_size=5, load=2.0, hold=0.5)
    before, after = question.before, question.after
    assert (before.threads, before.pool) == (8, 100)
    assert (after.threads, after.pool) == (12, 5)
    assert after.rate == pytest.approx(2 * before.rate)
    assert after.mean_hold == pytest.approx(before.mean_hold / 2)
    assert after.acquisition_timeout == before.acquisition_timeout
    table = question.table()
    assert [row[0] for row in table.rows] == [
        "threads", "requests a second", "mean hold", "offered load, erlangs", "connections of each",
    ]  # fmt: skip
    assert table.notes[0].startswith("The same in both: Neo4j 5.26.1, places in the queue 0,")
    assert table.rows[3][2] == "same"


def test_fresh_requests_are_attempts_less_those_that_came_again():
    question = ask(read_case(facts()))
    assert question.before.offered_load == pytest.approx(5.0 * (1 - float(erlang_b(8, 5.0))))
    # Retried for ever and much later, the attempts are the report's again.
    again = closed_form(question.before).values["rejected"]
    assert again == pytest.approx(float(erlang_b(8, 5.0)), rel=1e-6)


def test_more_rejections_than_a_constant_load_gives_make_the_load_vary():
    constant = ask(read_case(facts(rejected=float(erlang_b(8, 5.0)))))
    assert constant.before.shape == (1.0,)
    varying = ask(read_case(facts(rejected=0.14)))
    assert len(varying.before.shape) > 1
    assert np.mean(varying.before.shape) == pytest.approx(1.0)
    assert "varies slowly" in str(varying)
    # What the report said was rejected comes out again.
    assert closed_form(varying.before).values["rejected"] == pytest.approx(0.14, rel=0.02)


def test_a_notebook_gives_more_names_than_a_question_knows():
    case = read_case(facts())
    given = {"facts": "x", "threads": 12, "runs": 5, "seed": 1}
    assert ask_given(case, given) == ask(case, threads=12)


def test_all_that_is_wrong_with_a_question_is_named_at_once():
    with pytest.raises(ParameterError) as raised:
        ask(read_case(facts()), threads=-1, load=0.0, pool_size=True, driver="cobol")
    for name in ("threads", "load", "pool_size", "driver"):
        assert f"`{name}`" in str(raised.value)


# --- theory ----------------------------------------------------------------------------------


def test_without_retries_it_rejects_as_erlang_b_says():
    setting = ask(read_case(facts()), threads=9, retry_seconds=0.0).after
    model = MMcc(9, setting.rate, 1 / setting.mean_hold)
    side = simulate_setting(setting, seed=3)
    assert side.theory.model == "M/M/c/c"
    assert side.theory.values["rejected"] == pytest.approx(model.blocking_probability)
    agrees(side.estimates["rejected"], model.blocking_probability, 0.08)
    agrees(side.estimates["failed"], model.blocking_probability, 0.08)
    agrees(side.estimates["held"], model.mean_busy, 0.02)
    assert list(side.errors) == ["no threads"]


def test_a_load_that_varies_rejects_as_its_average_says():
    setting = ask(read_case(facts(rejected=0.14)), retry_seconds=0.0).after
    side = simulate_setting(setting, seed=3)
    assert side.theory.model == "M/M/c/c, varying load"
    agrees(side.estimates["rejected"], side.theory.values["rejected"], 0.08)
    assert side.theory.values["rejected"] > float(erlang_b(8, setting.offered_load))


def test_small_pools_of_the_drivers_wait_as_theory_says_and_nobody_is_rejected():
    setting = ask(
        read_case(facts()), retry_seconds=0.0, pool_size=3, processes=2, acquisition_timeout=0.5
    ).after
    model = MMcD(3, setting.rate / 2, 1 / setting.mean_hold, 0.5)
    side = simulate_setting(setting, seed=3)
    assert side.estimates["rejected"].value == 0.0
    assert side.theory.values["rejected"] == 0.0
    assert side.theory.values["failed"] == pytest.approx(model.abandonment_probability)
    agrees(side.estimates["failed"], model.abandonment_probability, 0.08)
    agrees(side.estimates["waits"], model.waiting_probability, 0.08)
    agrees(side.estimates["wait"], model.mean_wait, 0.08)
    assert list(side.errors) == ["acquisition timeout"]


def test_a_transaction_timeout_cuts_holds_and_theory_knows():
    setting = ask(read_case(facts()), retry_seconds=0.0, transaction_timeout=0.5).after
    cut = setting.mean_hold * (1 - math.exp(-0.5 / setting.mean_hold))
    side = simulate_setting(setting, seed=3)
    assert side.theory.values["rejected"] == pytest.approx(float(erlang_b(8, setting.rate * cut)))
    agrees(side.estimates["rejected"], side.theory.values["rejected"], 0.15)
    agrees(side.estimates["failed"], side.theory.values["failed"], 0.03)
    assert set(side.errors) == {"no threads", "transaction timeout"}


def test_a_queue_before_the_pool_is_mmck():
    setting = ask(read_case(facts(queue=4)), retry_seconds=0.0).after
    model = MMcK(8, 12, setting.rate, 1 / setting.mean_hold)
    side = simulate_setting(setting, seed=3)
    assert side.theory.values["rejected"] == pytest.approx(model.blocking_probability)
    agrees(side.estimates["rejected"], model.blocking_probability, 0.25)


def test_retries_that_come_back_soon_are_worse_than_their_fixed_point():
    setting = ask(read_case(facts(hold=2.0))).after
    side = simulate_setting(setting, runs=10, seed=3)
    assert side.estimates["rejected"].low > side.theory.values["rejected"]
    assert any("too low" in reason for reason in side.theory.reasons)
    assert "failed" not in side.theory.values
    assert side.estimates["failed"].value < 0.2 * side.estimates["rejected"].value


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pool_size": 9}, "two limits in a row"),
        ({"load": 2.0}, "no steady state"),
        ({"pool_size": 4, "acquisition_timeout": 0.0, "load": 3.0}, "grows without end"),
    ],
)
def test_where_there_is_no_closed_form_the_reason_is_given(changes, words):
    form = closed_form(ask(read_case(facts()), **changes).after)
    assert form.values == {}
    assert any(words in reason for reason in form.reasons)


@pytest.mark.parametrize("driver", ["python", "dotnet", "java 5.27"])
def test_a_driver_whose_waiters_the_formula_does_not_know_is_named(driver):
    form = closed_form(ask(read_case(facts()), driver=driver, pool_size=6).after)
    plain = closed_form(ask(read_case(facts()), pool_size=6).after)
    assert len(form.reasons) == len(plain.reasons) + 1


# --- answering -------------------------------------------------------------------------------


def test_both_sides_meet_the_same_clients_and_show_theory_beside():
    question = ask(read_case(facts()), threads=14)
    done = answer(question, runs=6, seconds=400.0, seed=1)
    assert done.before.requests == pytest.approx(done.after.requests, rel=0.01)
    assert done.after.estimates["rejected"].high < done.before.estimates["rejected"].low
    html = done.to_html()
    assert html.startswith('<p class="boltkb-simulated"><b>Simulated.</b>')
    assert "Simulated: no server ran." in html
    assert html.count("M/M/c/c with retries") == 1  # said of both at once
    assert "M/M/c/c with retries" in str(done)
    told = done.facts()["what_if"]
    assert told["simulated"] is True
    assert json.dumps(told, allow_nan=False)


def test_without_a_change_both_sides_are_the_same():
    done = answer(ask(read_case(facts())), runs=3, seconds=100.0, seed=5)
    assert done.before.estimates == done.after.estimates


def test_a_sweep_falls_with_the_threads_and_holds_the_two_that_matter():
    sweep = sweep_threads(ask(read_case(facts()), threads=13), seconds=300.0, seed=1)
    assert {8, 13} <= set(sweep.threads)
    values = [told.value for told in sweep.rejected]
    assert values == sorted(values, reverse=True)
    curve = [value for _, value in sweep.curve]
    assert curve == sorted(curve, reverse=True)
    assert len(curve) >= 8


@pytest.mark.parametrize("changes", [{"runs": 1}, {"runs": True}, {"seconds": -1.0}])
def test_an_answer_needs_two_runs_and_some_seconds(changes):
    with pytest.raises(ParameterError):
        answer(ask(read_case(facts())), **{"runs": 2, "seconds": 10.0, **changes})


def test_a_run_too_large_to_keep_is_refused():
    direct = Client("x", Work(seconds=0.001), Poisson(100_000.0), None)
    with pytest.raises(ParameterError, match="too many to keep"):
        repeat(Server(threads=400), direct, seconds=45.0, warm_up=0.0, runs=2)


# --- intervals -------------------------------------------------------------------------------


def test_intervals_over_runs_cover_the_truth_as_often_as_they_say():
    truth = float(erlang_b(4, 3.0))
    clients = Client("x", Work(seconds=1.0), Poisson(3.0), None)
    inside = 0
    for seed in range(60):
        seen = repeat(
            Server(threads=4, core_threads=4), clients, seconds=150.0, warm_up=10.0, runs=6,
            seed=seed,
        )  # fmt: skip
        told = share_of(seen.rejected, seen.attempts)
        inside += told.low <= truth <= told.high
    # 57 are expected; fewer than 50 come once in ten thousand.
    assert inside >= 50


def test_nothing_seen_is_at_most_three_in_all_chances():
    told = share_of(np.zeros(4), np.full(4, 250.0))
    assert (told.value, told.low, told.high) == (0.0, 0.0, 0.003)
    assert share_of(np.zeros(4), np.zeros(4)).value is None


def test_a_mean_of_one_run_has_no_interval():
    assert interval_of(np.array([1.0, np.nan]), "s").value is None


def test_the_drivers_of_the_notebook_are_those_of_the_twin():
    for name in DRIVERS:
        assert WhatIfParameters(facts="x", driver=name).driver == name
    with pytest.raises(ValueError, match=", ".join(DRIVERS)):
        WhatIfParameters(facts="x", driver="cobol")


def test_what_runs_count_of_answers_rejections_and_connections():
    """Twelve users, hardly pausing, ask for more than eight threads, and have room in sixteen."""
    work = Work(seconds=Constant(1.0))
    full = Client(
        "shop", work, Users(12, Constant(0.1)), Driver.java(pool=20), latency=0.0, connect=0.0
    )
    server = Server(threads=8, core_threads=8, sign_in=None, housekeeping=None)
    seen = repeat(server, full, seconds=60.0, warm_up=10.0, tail=5.0, runs=2)
    assert seen.answer_95 == pytest.approx(1.0, abs=0.01)
    assert (seen.first_rejected < 5.0).all()
    assert (seen.connections >= 7.0).all()
    room = repeat(
        Server(threads=16, core_threads=16, sign_in=None, housekeeping=None), full, seconds=60.0,
        warm_up=10.0, runs=2,
    )  # fmt: skip
    assert np.isnan(room.first_rejected).all()
    assert room.held == pytest.approx(12.0 / 1.1, abs=0.5)
