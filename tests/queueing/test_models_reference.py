"""Every reference row about a model, and published examples by number in the test's name."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from boltkb.queueing import (
    Engset,
    ErlangA,
    GGc,
    Hayward,
    MMc,
    MMcD,
    MMcK,
    MMcN,
    RetryLoss,
    blocking_limit,
    delay_limit,
    erlang_b,
)
from boltkb.queueing.questions import Model

REFERENCE = Path(__file__).parent / "reference" / "queueing_reference.json"
ROWS = json.loads(REFERENCE.read_text())["rows"]
#: Floor of the relative error, and multiples of what rounding the load alone costs.
FLOOR = 1e-14
ROUNDINGS = 16 * 1.1e-16
#: Kernels have their own tests.
KERNELS = {
    ("M/M/c/c", "B"),
    ("M/M/c/c", "ln_B"),
    ("M/M/c/c", "dB_da"),
    ("M/M/c", "C"),
    ("M/M/c", "ln_C"),
    ("M/M/c/c continued", "B"),
    ("M/M/c/c inverse", "a"),
    ("M/M/c/c inverse", "c_min"),
}

Params = dict[str, float]


def params_of(row: dict[str, object]) -> Params:
    return {name: float(Fraction(str(value))) for name, value in row["params"].items()}


def mmc(p: Params) -> Model:
    return MMc(int(p["c"]), p["lam"], p["mu"])


def engset(p: Params) -> Model:
    return Engset(int(p["c"]), int(p["N"]), p["alpha"], 1.0)


MODELS: dict[str, Callable[[Params], object]] = {
    "M/M/c": mmc,
    "M/M/c/K": lambda p: MMcK(int(p["c"]), int(p["K"]), p["lam"], p["mu"]),
    "Engset M/M/c/c//N": engset,
    "M/M/c//N": lambda p: MMcN(int(p["c"]), int(p["N"]), p["alpha"], 1.0),
    "M/M/c+M": lambda p: ErlangA(int(p["c"]), p["lam"], p["mu"], p["theta"]),
    "M/M/c+D": lambda p: MMcD(int(p["c"]), p["lam"], p["mu"], p["D"]),
    "Hayward": lambda p: Hayward(int(p["c"]), p["a"], p["z"]),
    "extended Erlang B": lambda p: RetryLoss(int(p["c"]), p["a"], 1.0, p["r"]),
    "G/G/c Allen-Cunneen": lambda p: GGc(int(p["c"]), p["lam"], p["mu"], p["ca2"], p["cs2"]),
    "Halfin-Whitt": lambda p: p["beta"],
}

QUESTIONS: dict[str, Callable[[object, Params], float]] = {
    "W": lambda m, p: m.mean_sojourn,
    "Wq": lambda m, p: m.mean_wait_simple if isinstance(m, GGc) else m.mean_wait,
    "Wq_all": lambda m, p: m.mean_wait,
    "Wq_times_mu": lambda m, p: m.mean_wait,
    "E[Wq|wait]": lambda m, p: m.mean_wait / m.waiting_probability,
    "L": lambda m, p: m.mean_number,
    "Lq": lambda m, p: m.mean_queue_length,
    "P_wait": lambda m, p: m.waiting_probability,
    "P_wait_accepted": lambda m, p: m.waiting_probability,
    "P_wait_arrival": lambda m, p: m.waiting_probability,
    "P_loss": lambda m, p: m.blocking_probability,
    "P_abandon": lambda m, p: m.abandonment_probability,
    "P(Wq>t)": lambda m, p: m.wait_exceeds(p["t"]),
    "P(Wq>t|accepted)": lambda m, p: m.wait_exceeds(p["t"]),
    "P(W>t)": lambda m, p: m.sojourn_exceeds(p["t"]),
    "Wq_quantile": lambda m, p: m.wait_quantile(p["q"]),
    "W_quantile": lambda m, p: m.sojourn_quantile(p["q"]),
    "throughput": lambda m, p: m.throughput,
    "throughput_over_mu": lambda m, p: m.throughput,
    "carried": lambda m, p: m.mean_busy,
    "time_congestion": lambda m, p: m.time_congestion,
    "call_congestion": lambda m, p: m.blocking_probability,
    "B": lambda m, p: m.blocking_probability,
    "B_attempt": lambda m, p: m.blocking_probability,
    "a_total": lambda m, p: m.total_load,
    "alpha": lambda m, p: delay_limit(m),
    "sqrt_c_times_B": lambda m, p: blocking_limit(m),
}

MODEL_ROWS = [row for row in ROWS if (row["model"], row["quantity"]) not in KERNELS]


def tolerance(p: Params) -> float:
    if "c" not in p or "N" in p:
        return FLOOR
    servers, load = p["c"], p["a"] if "a" in p else p["lam"] / p["mu"]
    return max(FLOOR, ROUNDINGS * abs(servers - load + load * erlang_b(servers, load)))


def test_the_reference_has_its_rows_and_each_is_claimed():
    assert len(MODEL_ROWS) >= 170
    assert {row["model"] for row in MODEL_ROWS} == set(MODELS)
    assert {row["quantity"] for row in MODEL_ROWS} == set(QUESTIONS)


@pytest.mark.parametrize(
    "row", MODEL_ROWS, ids=lambda r: f"{r['model']}: {r['quantity']} {r['params']}"
)
def test_model_against_reference(row):
    p = params_of(row)
    found = QUESTIONS[row["quantity"]](MODELS[row["model"]](p), p)
    assert found == pytest.approx(float(row.get("exact", row["value"])), rel=tolerance(p))


def test_bronson_1982_problem_23_3_one_server():
    model = MMc(1, 24.0, 30.0)
    assert model.mean_number == pytest.approx(4.0)
    assert model.mean_sojourn == pytest.approx(1 / 6)


def test_bronson_1982_problem_24_6_three_servers():
    assert MMc(3, 300.0, 182.5).mean_queue_length == pytest.approx(0.352, abs=6e-4)


def test_garnett_mandelbaum_reiman_2002_example_of_50_agents():
    # 48 calls a minute of one minute each; patience of two minutes.
    patient, impatient = MMc(50, 48.0, 1.0), ErlangA(50, 48.0, 1.0, 0.5)
    assert patient.mean_wait * 60 == pytest.approx(20.8, abs=0.1)
    assert impatient.mean_wait * 60 == pytest.approx(3.7, abs=0.05)
    assert patient.wait_quantile(0.9) * 60 == pytest.approx(58.1, abs=0.05)
    assert patient.mean_queue_length == pytest.approx(17, abs=0.5)
    assert impatient.mean_queue_length == pytest.approx(3, abs=0.5)
    assert impatient.abandonment_probability == pytest.approx(0.031, abs=0.0005)
    assert patient.mean_busy / 50 == pytest.approx(0.96, abs=0.005)
    assert impatient.mean_busy / 50 == pytest.approx(0.93, abs=0.005)
