"""The playground, run as an analyst runs it: with papermill, on numbers of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from boltkb.errors import ModelError, ParameterError, RunError
from boltkb.publish.execution import execute_notebook
from boltkb.publish.parameters import check_parameters
from boltkb.publish.run import run_report
from boltkb.queueing import (
    check_by_simulation,
    compare_models,
    erlang_b,
    observe_counts,
    plan_servers,
)

pytestmark = pytest.mark.slow

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "queueing_playground.ipynb"


def shown(executed) -> str:
    told = []
    for cell in executed.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            told.append(str(output.get("data", {}).get("text/html", "")))
            told.append(str(output.get("data", {}).get("text/plain", "")))
    return "\n".join(told)


def test_it_runs_on_its_defaults_and_shows_every_answer():
    text = shown(execute_notebook(NOTEBOOK, {}))
    for expected in ("M/M/c/c", "Engset", "M/M/c+D", "servers now", "blocking probability"):
        assert expected in text
    assert "each run began in the steady state" in text


def test_it_runs_on_other_numbers_without_the_models_that_are_left_out():
    given = {
        "servers": 400, "arrival_rate": 900.0, "sources": 0, "patience": 0.0,
        "busy": " ".join(str(350 + 7 * (i % 5)) for i in range(40)),
    }  # fmt: skip
    text = shown(execute_notebook(NOTEBOOK, given))
    assert "Engset" not in text
    assert "400" in text


def test_it_refuses_what_it_cannot_use():
    with pytest.raises(ParameterError, match="did you mean `servers`"):
        execute_notebook(NOTEBOOK, {"server": 8})
    with pytest.raises(ParameterError, match="target"):
        check_parameters("queueing_playground", {"target": 2.0})
    with pytest.raises(RunError, match="busy"):
        execute_notebook(NOTEBOOK, {"busy": "three four"})


def test_it_is_no_report(tmp_path):
    with pytest.raises(ParameterError, match="reads no export"):
        run_report("queueing_playground", {"export": str(tmp_path)}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_models_side_by_side_agree_where_theory_says_so():
    side = compare_models(
        servers=8, arrival_rate=12.5, mean_hold=0.4, sources=100_000, patience=1e-9, peakedness=2.0
    )
    lost = {name: told["rejected"] for name, told in side.answers.items()}
    assert lost["M/M/c/c"] == pytest.approx(erlang_b(8, 5.0))
    assert lost["Engset"] == pytest.approx(lost["M/M/c/c"], rel=1e-3)
    assert lost["Hayward"] > lost["M/M/c/c"]
    assert side.answers["M/M/c+D"]["gives_up"] == pytest.approx(lost["M/M/c/c"], rel=1e-6)
    assert "M/M/c" in str(side)
    assert "<table" in side.to_html()


def test_a_delay_system_without_steady_state_says_so():
    side = compare_models(servers=8, arrival_rate=30.0, mean_hold=0.4)
    assert "grows without end" in str(side)
    assert "without end" in side.to_html()


def test_a_plan_meets_its_target_and_one_server_less_does_not():
    plan = plan_servers(servers=8, offered_load=5.0, blocking=0.001)
    assert erlang_b(plan.needed, 5.0) <= 0.001 < erlang_b(plan.needed - 1, 5.0)
    assert erlang_b(8, plan.limit) == pytest.approx(0.001)
    assert "servers now" in str(plan)
    assert "<table" in plan.to_html()


def test_counts_may_be_pasted_in_any_way_that_is_clear():
    seen = observe_counts("3, 4;5\n- nan", interval=2.0, servers=8)
    assert seen.busy[:3].tolist() == [3.0, 4.0, 5.0]
    assert seen.times.tolist() == [2.0, 4.0, 6.0, 8.0, 10.0]
    assert seen.capacity == 8


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: observe_counts("", interval=1.0, servers=8), "busy"),
        (lambda: observe_counts("1 x", interval=1.0, servers=8), "busy"),
        (lambda: observe_counts("1 2", interval=0.0, servers=8), "interval"),
        (lambda: compare_models(servers=8, arrival_rate=1.0, mean_hold=0.0), "mean_hold"),
        (
            lambda: compare_models(servers=8, arrival_rate=10.0, mean_hold=1.0, sources=10),
            "sources",
        ),
        (lambda: check_by_simulation(servers=8, arrival_rate=0.0, mean_hold=1.0), "arrival_rate"),
    ],
)
def test_what_is_outside_the_domain_is_named(call, name):
    with pytest.raises(ModelError) as raised:
        call()
    assert raised.value.parameter == name
