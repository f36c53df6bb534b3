"""What is measured of a capture agrees with its truth, and with a plain count of its records."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from data.lab.errors import LabError
from data.lab.load import plan_arrivals
from data.lab.measured import measure
from data.lab.recorded import pair_attempts, read_attempts
from data.lab.setups import SETUPS

CAPTURES = Path(__file__).resolve().parents[2] / "data" / "captures"


@pytest.fixture(scope="module")
def saturated():
    return measure(CAPTURES / "neo4j-5.26-saturated")


def test_counts_agree_with_the_truth(saturated):
    truth = json.loads((CAPTURES / "neo4j-5.26-saturated" / "truth.json").read_text())
    counts = saturated["counts"]
    assert (counts["asked"], counts["rejected"]) == (truth["attempts"], truth["rejected"])
    assert counts["outcomes"] == truth["clients"]["outcomes"]
    held = sum(k * share for k, share in enumerate(saturated["busy"]))
    assert held == pytest.approx(truth["carried_load"], abs=1e-4)
    assert sum(saturated["busy"]) == pytest.approx(1.0, abs=1e-5)


def test_blocks_add_up_to_the_run(saturated):
    for name in ("asked", "rejected", "opened", "closed", "received", "started"):
        assert sum(saturated["blocks"][name]) == saturated["counts"][name]
    assert sum(saturated["blocks"]["requests"]) == sum(saturated["counts"]["outcomes"].values())


def test_arrivals_come_back_as_they_were(saturated):
    folder = CAPTURES / "neo4j-5.26-saturated"
    start = json.loads((folder / "truth.json").read_text())["start"]
    with gzip.open(folder / "truth-attempts.csv.gz", "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    first = np.datetime64(start[:-6]).astype("datetime64[ms]").astype(float) / 1000
    for stream in saturated["streams"]:
        seen = [float(r["start"]) - first for r in rows if r["client"] == stream["client"]]
        kept = np.sort(np.concatenate([np.cumsum(steps) for steps in stream["arrivals"]])) / 1000
        assert kept == pytest.approx(np.sort(seen), abs=0.0011)


def test_the_law_of_the_work_keeps_its_mean(saturated):
    # Weighed by the streams; a sign-in is a hold too, and hardly takes time.
    share = [len(np.concatenate(s["arrivals"])) for s in saturated["streams"]]
    mean = np.average([np.mean(s["work"]) for s in saturated["streams"]], weights=share)
    signs = saturated["counts"]["sign_ins"] / (
        saturated["counts"]["asked"] - saturated["counts"]["rejected"]
    )
    assert mean * (1 - signs) == pytest.approx(saturated["counts"]["mean_hold"], rel=0.03)


def test_another_plan_is_noticed():
    folder = CAPTURES / "neo4j-5.26-saturated"
    attempts = read_attempts(folder / "truth-attempts.csv.gz")
    with pytest.raises(LabError, match="plan"):
        pair_attempts(plan_arrivals(SETUPS[0].scenario, 100.0, 1), attempts, attempts[0].start)


def test_every_set_up_has_its_clients_and_a_name_of_its_own():
    assert len({set_up.name for set_up in SETUPS}) == len(SETUPS)
    for set_up in SETUPS:
        agents = {client.agent for client in set_up.scenario.clients}
        assert agents == {stream.client for stream in set_up.streams}
        assert plan_arrivals(set_up.scenario, 20.0, 1)
