"""Each evidence against the truth of a capture: right within what it claims to say."""

from __future__ import annotations

import csv
import gzip
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

import boltkb
from boltkb.bolt import observe, read_pool
from boltkb.bolt.observing.evidence import BOUND_TIME, DUMPS, GAUGE, LIST, OPEN, QUERIES, TRACE
from boltkb.bolt.observing.traced import trace_steps
from boltkb.exports import Holds, Where, empty_export
from boltkb.twin.writing import Options, write_scenario

CAPTURES = Path(__file__).resolve().parents[3] / "data" / "captures"
REAL = sorted(
    path.name for path in CAPTURES.iterdir() if (path / "truth-acquisitions.csv.gz").is_file()
)
#: A moment's look may be this many seconds off: stamps of dumps have whole seconds.
STAMP = 1.5
#: How far sampled means may lie from what was carried, as a share.
SAMPLED = 0.08


def acquisitions(name):
    """The truth's holds, when each thread was taken and let go, and its rejections."""
    with gzip.open(CAPTURES / name / "truth-acquisitions.csv.gz", "rt") as file:
        every = list(csv.DictReader(file))
    rows = [row for row in every if row["outcome"] in {"held", "open"}]
    rejected = np.array([float(row["start"]) for row in every if row["outcome"] == "rejected"])
    starts = np.array([float(row["start"]) for row in rows])
    seconds = np.array([float(row["seconds"]) for row in rows])
    open_ = np.array([row["outcome"] == "open" for row in rows])
    return starts, np.where(open_, np.nan, starts + seconds), rejected


def held_at(starts, ends, moments):
    """The fewest and the most threads held about each moment."""
    low, high = [], []
    open_ends = np.where(np.isnan(ends), np.inf, ends)
    for moment in moments:
        around = np.arange(moment - STAMP, moment + STAMP, 0.01)
        held = np.searchsorted(np.sort(starts), around) - np.searchsorted(
            np.sort(open_ends), around
        )
        low.append(held.min())
        high.append(held.max())
    return np.array(low), np.array(high)


def seen_in(path):
    export = boltkb.open_export(path)
    return observe(export, read_pool(export))


def by_name(seen, name):
    return next(entry for entry in seen.evidence if entry.name == name)


@pytest.mark.parametrize("name", REAL)
def test_dumps_and_lists_of_a_real_server_agree_with_the_truth(name):
    seen = seen_in(CAPTURES / name)
    starts, ends, _ = acquisitions(name)
    dumps = by_name(seen, DUMPS)
    low, high = held_at(starts, ends, dumps.times)
    assert np.all(dumps.busy >= low)
    assert np.all(dumps.busy <= high)
    lists = by_name(seen, LIST)
    assert np.all(lists.busy <= held_at(starts, ends, lists.times)[1])


@pytest.mark.parametrize("name", REAL)
def test_samples_of_a_real_server_agree_with_what_it_carried(name):
    truth = json.loads((CAPTURES / name / "truth.json").read_text())
    seen = seen_in(CAPTURES / name)
    carried, gauge = truth["carried_load"], by_name(seen, GAUGE)
    # Samples a second apart miss most of a burst, or catch it whole.
    batches = [part.mean() for part in np.array_split(gauge.busy, 20)]
    chance = 3 * float(np.std(batches, ddof=1)) / 20**0.5
    assert gauge.mean == pytest.approx(carried, abs=max(0.05, chance, SAMPLED * carried))
    assert by_name(seen, OPEN).mean <= carried + max(0.05, chance, SAMPLED * carried)
    assert seen.disagreements == ()
    assert seen.pool.contradictions == ()
    assert seen.pool.threads == truth["threads"]
    assert seen.cuts == ()
    assert not seen.clock.differs


def as_trace(name):
    """The truth's acquisitions as a debug-level trace would tell of them."""
    truth = json.loads((CAPTURES / name / "truth.json").read_text())
    starts, ends, rejected = acquisitions(name)
    asked = np.concatenate([starts, rejected])
    order = np.argsort(asked, kind="stable")
    none = np.full(rejected.size, np.nan)
    starts, ends = np.concatenate([starts, none])[order], np.concatenate([ends, none])[order]
    begin, end = (datetime.fromisoformat(truth[key]).timestamp() for key in ("start", "end"))
    size = asked.size
    holds = Holds(
        asked[order], starts, ends, np.zeros(size), np.ones(size, dtype=np.int64),
        np.full(size, "bolt-1"), float(asked.min()), end, Where("debug.log", 1), np.isnan(starts),
    )  # fmt: skip
    return holds, begin, end, truth


@pytest.mark.parametrize("name", REAL)
def test_the_holds_of_a_real_server_make_its_carried_load(name):
    holds, begin, end, truth = as_trace(name)
    steps = trace_steps(holds, ())
    assert steps.mean(begin, end) == pytest.approx(truth["carried_load"], rel=0.01)
    # Stamps of different threads overlap by a millisecond: nine of eight would be wrong.
    assert steps.peak(begin, end) <= truth["threads"]


#: In these, rejections fall where threads come and go in the same millisecond, or there are few.
MIXED = ("host-stall", "transaction-limit")


@pytest.mark.parametrize("name", REAL)
def test_a_real_servers_holds_at_its_rejections_are_its_threads(name):
    holds, _, _, truth = as_trace(name)
    pool = read_pool(replace(empty_export(), holds=holds, version="5.26.0"))
    if name.endswith(MIXED):
        assert pool.threads in {None, truth["threads"]}
    else:
        assert pool.threads == (truth["threads"] if truth["rejected"] else None)


@pytest.mark.parametrize("name", REAL)
def test_a_real_servers_holds_give_arrivals_and_the_fit_its_load(name):
    holds, begin, end, truth = as_trace(name)
    export = replace(
        boltkb.open_export(CAPTURES / name), holds=holds, series={}, start=begin, end=end
    )
    seen = observe(export, read_pool(export))
    assert seen.arrivals.total == pytest.approx(truth["attempts"], abs=2)
    assert seen.rejections.total == truth["rejected"]
    if truth["never_ended_holds"]:
        assert seen.mean_hold is None
    else:
        assert seen.mean_hold == pytest.approx(truth["mean_hold_seconds"], rel=0.02)
    fit = boltkb.fit_queue(seen)
    if name.endswith(("saturated", "quiet")):
        assert fit.offered_load.low < truth["offered_load"] < fit.offered_load.high


TRACED = CAPTURES / "neo4j-5.26-traced"


def test_a_real_trace_has_every_hold():
    """Against what a listener inside the server saw, which the trace knows nothing of."""
    truth = json.loads((TRACED / "truth.json").read_text())
    begin, end = (datetime.fromisoformat(truth[key]).timestamp() for key in ("start", "end"))
    export = boltkb.open_export(TRACED)
    steps = trace_steps(export.holds, export.restarts)
    assert steps.mean(begin, end) == pytest.approx(truth["carried_load"], rel=0.005)
    assert steps.peak(begin, end) == truth["threads"]
    seen = observe(export, read_pool(export))
    assert seen.chosen.name == TRACE
    assert seen.arrivals.total == pytest.approx(truth["attempts"], abs=2)
    assert seen.rejections.total == truth["rejected"]
    assert seen.mean_hold == pytest.approx(truth["mean_hold_seconds"], rel=0.01)
    assert seen.disagreements == ()
    fit = boltkb.fit_queue(seen)
    assert fit.offered_load.low < truth["offered_load"] < fit.offered_load.high


def test_a_real_trace_tells_the_pools_size_by_itself():
    truth = json.loads((TRACED / "truth.json").read_text())
    export = replace(
        boltkb.open_export(TRACED), settings={}, outranked=(), started_with=None, series={},
        thread_dumps=(), sources=(),
    )  # fmt: skip
    pool = read_pool(export)
    assert (pool.threads, pool.max_threads.rank) == (truth["threads"], "moment")


SCENARIOS = ("pool_too_small", "client_think_time")


@pytest.fixture(scope="module", params=SCENARIOS)
def simulated(request, tmp_path_factory):
    place = tmp_path_factory.mktemp("simulated") / "export"
    options = Options(evidence="all")
    write_scenario(request.param, place, hours=0.25, seed=17, options=options)
    return request.param, seen_in(place), json.loads((place / "truth.json").read_text())


def test_lower_bounds_of_a_simulated_server_are_lower_bounds(simulated):
    name, seen, truth = simulated
    carried = truth["carried_load"]
    queries = by_name(seen, QUERIES)
    assert queries.mean <= 1.02 * carried
    if name == "client_think_time":
        # Threads that wait for their client run no query.
        assert queries.mean < 0.5 * carried
    else:
        assert queries.mean == pytest.approx(carried, rel=SAMPLED)
    assert by_name(seen, BOUND_TIME).mean == pytest.approx(carried, rel=2 * SAMPLED)
    assert queries.peak <= truth["threads"] + 1e-9
    assert seen.disagreements == ()


def test_without_metrics_a_simulated_servers_query_log_makes_no_load(simulated, tmp_path):
    _, seen, truth = simulated
    alone = [entry for entry in seen.evidence if entry.name == QUERIES]
    assert alone[0].bound
    assert seen.peak_at_least is not None
    assert seen.peak_at_least <= truth["threads"]
