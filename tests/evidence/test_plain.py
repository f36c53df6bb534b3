"""A plain program with the same rules agrees with the twin, and with the real server."""

from __future__ import annotations

import numpy as np
import pytest

from evidence.plain import planned_work, play, table, told_exactly
from evidence.twin import PAGE, measured, stored

RUNS = {(run["name"], run["seed"]): run for run in measured()}
PLAIN = [(f"{threads} threads", seed) for threads in (2, 4, 8, 16) for seed in (21, 22)]


@pytest.mark.parametrize("key", PLAIN)
def test_with_work_drawn_from_the_law_it_finds_what_the_twin_finds(key):
    run = RUNS[key]
    (kept,) = (row for row in stored().rows if (row.name, row.seed) == key)
    law = np.array(run["streams"][0]["work"])
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        sizes = [len(steps) for steps in run["streams"][0]["arrivals"]]
        found.append(play(run, [rng.choice(law, size).tolist() for size in sizes]))
    for name in ("opened", "sign_ins_rejected"):
        values = np.array([one[name] for one in found])
        number = kept.numbers[name]
        spread = max((number.high - number.low) / 3.92, 1.0)
        assert abs(values.mean() - number.twin) < 4.0 * spread * np.sqrt(1 / 20 + 1 / 200)


def test_with_each_request_s_own_work_it_finds_what_the_server_did():
    off = []
    for key in PLAIN:
        run = RUNS[key]
        made = play(run, planned_work(run))
        real = run["counts"]
        off.append(made["opened"] / real["opened"] - 1.0)
        assert made["opened"] == pytest.approx(real["opened"], rel=0.12)
    assert np.mean(np.abs(off)) < 0.06


def test_the_page_shows_what_it_finds():
    assert table(measured()) in PAGE.read_text(encoding="utf-8"), "run `python -m evidence twin`"
    assert [(run["name"], run["seed"]) for run in told_exactly(measured())] == PLAIN
