"""The figures of the twin hold data and roles, and say that they are simulated."""

from __future__ import annotations

import json

import numpy as np
import pytest

from boltkb import figures
from boltkb.publish.fragments import figure_html
from boltkb.queueing import Estimate
from boltkb.twin import what_if
from boltkb.twin.experiments import grow_connections, leak_transactions
from tests.figures.test_figures import COLOURS, ROLES

SMALL = {"threads": 20, "arrival_rate": 10.0, "mean_hold": 0.3, "seconds": 200.0}


def sweep(**changes):
    told = {
        "threads": (4, 8, 12),
        "rejected": (
            Estimate(0.2, 0.18, 0.22, "probability"),
            Estimate(0.01, 0.0, 0.03, "probability"),
            Estimate(0.0, 0.0, 2e-5, "probability"),
        ),
        "curve": ((4, 0.2), (6, 0.07), (8, 0.012), (12, 1e-9)),
        "before": 4,
        "after": 8,
    }
    return what_if.Sweep(**{**told, **changes})


@pytest.fixture(scope="module")
def drawn():
    return {
        "growth": figures.plot_growth(grow_connections(**SMALL, connections=200)),
        "leaks": figures.plot_leaks(leak_transactions(**SMALL, timeout=10.0)),
        "sweep": figures.plot_other_threads(sweep()),
        "declined": figures.plot_other_threads(
            what_if.Sweep((), (), (), 0, 0, ("The report has no offered load.",))
        ),
    }


@pytest.mark.parametrize("name", ["growth", "leaks", "sweep", "declined"])
def test_only_roles_no_colours_and_words_for_who_cannot_see_it(drawn, name):
    figure = drawn[name]
    for trace in figure.data:
        assert trace.type == "scatter"
        assert trace.meta["role"] in ROLES
    for mark in (*figure.layout.shapes, *figure.layout.annotations):
        assert mark.name in ROLES
    plain = figure.to_plotly_json()
    plain["layout"].pop("template", None)
    assert not [word for word in COLOURS if word in json.dumps(plain, default=str)]
    assert all(figure.layout.meta[key] for key in ("title", "caption", "alt"))
    assert figure_html(json.loads(figure.to_json()), 1).startswith("<figure")


def test_each_says_that_it_is_simulated(drawn):
    for name in ("growth", "leaks", "sweep"):
        assert drawn[name].layout.meta["caption"].startswith("Simulated.")
    assert "no offered load" in drawn["declined"].layout.meta["caption"]
    assert not drawn["declined"].data


def test_the_limit_is_the_threads_and_not_the_connections(drawn):
    figure = drawn["growth"]
    assert figure.layout.shapes[0].y0 == 20
    connections, held = (np.asarray(trace.y) for trace in figure.data)
    assert connections[-1] > 200
    assert held.max() <= 20


def test_intervals_are_drawn_and_what_was_never_seen_is_a_bound():
    theory, seen, never = figures.plot_other_threads(sweep()).data
    assert list(theory.x) == [4, 6, 8]  # one in a thousand million is not drawn
    assert list(seen.x) == [4, 8]
    assert list(seen.y) == [20.0, 1.0]
    assert list(seen.error_y.array) == [2.0, 2.0]
    assert seen.error_y.arrayminus[1] < 1.0  # a bar to nothing would have no end
    assert (list(never.x), list(never.y)) == ([12], [0.002])


def test_the_marks_are_one_where_nothing_changed_and_the_caption_owns_up():
    same = figures.plot_other_threads(sweep(after=4, curve=()))
    assert [note.text.strip() for note in same.layout.annotations] == ["now: 4"]
    assert "No closed form" in same.layout.meta["caption"]
