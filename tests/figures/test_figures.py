"""Figures hold data and roles, no colours, in the few kinds that the pages can draw."""

from __future__ import annotations

import json

import numpy as np
import pytest

import boltkb
from boltkb.figures.axes import MOST_POINTS, log_safe, thinned, time_axis

ROLES = {
    "running", "idle", "limit", "reject", "fit", "observed", "good", "band", "satur", "working",
    "client", "lock", "gap", "pause", "shift",
}  # fmt: skip
COLOURS = ("rgb(", "rgba(", '"#')


@pytest.fixture(scope="module", params=["saturated", "leaked", "think-time", "quiet"])
def figures(request):
    export = boltkb.open_export(f"data/captures/neo4j-5.26-{request.param}")
    pool = boltkb.read_pool(export)
    seen = boltkb.observe(export, pool)
    fit = boltkb.fit_queue(seen)
    sizing = boltkb.size_threads(fit)
    diagnosis = boltkb.diagnose(export, pool, seen, fit)
    return (
        boltkb.plot_incident(seen, fit, diagnosis),
        boltkb.plot_busy(fit),
        boltkb.plot_sizing(sizing, pool),
    )


def test_only_bars_and_scatters_with_a_role_each(figures):
    for figure in figures:
        for trace in figure.data:
            assert trace.type in {"bar", "scatter"}
            assert trace.meta["role"] in ROLES
        for mark in (*figure.layout.shapes, *figure.layout.annotations):
            assert mark.name in ROLES


def test_no_colour_is_stored(figures):
    for figure in figures:
        plain = figure.to_plotly_json()
        plain["layout"].pop("template", None)
        text = json.dumps(plain, default=str)
        assert not [word for word in COLOURS if word in text]


def test_each_has_a_title_a_claim_and_words_for_who_cannot_see_it(figures):
    for figure in figures:
        assert {"title", "caption", "alt"} <= set(figure.layout.meta)
        assert all(figure.layout.meta[key] for key in ("title", "caption", "alt"))


def test_thinning_keeps_every_peak():
    times = np.arange(100_000.0)
    values = np.zeros(times.size)
    values[[7, 50_001, 99_999]] = 400
    at, kept = thinned(times, values)
    assert at.size <= MOST_POINTS
    assert np.count_nonzero(kept == 400) == 3


def test_thinning_does_not_invent_a_sample_where_all_are_missing():
    times = np.arange(100_000.0)
    values = np.full(times.size, np.nan)
    assert np.isnan(thinned(times, values)[1]).all()


def test_regular_samples_need_no_stamp_each():
    assert time_axis(1_795_000_000.0 + np.arange(5.0))["dx"] == 1000
    assert "x" in time_axis(np.array([0.0, 1.0, 50.0]))


def test_a_zero_can_stand_on_a_logarithmic_axis():
    assert min(log_safe(np.array([0.0, 0.5]), 1e-5)) == pytest.approx(1e-3)
