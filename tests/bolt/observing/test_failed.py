"""Samples that failed because the pool was full are censored, not absent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import boltkb
from boltkb.bolt import observe, read_pool
from boltkb.exports import Series, Source, Where
from boltkb.queueing import simulate_loss

MAX = "server.bolt.thread_pool_max_size"
LOGGED = {MAX: "8", "server.bolt.enable_network_error_accounting": "false"}
SCRAPED = "scrape.txt"


def sampled(build, epoch, seconds, busy, *, file=SCRAPED):
    made = build.series("connections_running", list(busy))
    times = epoch + np.asarray(seconds, dtype=float)
    return Series(made.id, made.kind, times, made.values, None, Where(file, 1))


def scraped(make, several, **given):
    export = make(several=several, **given)
    source = Source(SCRAPED, "scraped-metrics", 100)
    return replace(export, sources=(*export.sources, source))


def seen_in(export):
    return observe(export, read_pool(export))


#: Every second but those from 100 to 119, in which all threads were held.
SECONDS = [*range(100), *range(120, 600)]


def test_samples_missing_exactly_at_rejections_are_full(make, build, epoch):
    busy = [2.0] * len(SECONDS)
    events = [build.event(t, connection=f"bolt-{t}") for t in range(100, 120)]
    export = scraped(make, [sampled(build, epoch, SECONDS, busy)], settings=LOGGED, events=events)
    seen = seen_in(export)
    assert seen.failed == 20
    assert seen.times.size == 600
    assert np.isnan(seen.busy[seen.censored]).all()
    assert seen.full_share == pytest.approx(20 / 600)
    assert seen.peak_at_least == 8
    assert seen.gaps == ()
    (cut,) = seen.cuts
    assert cut.kind == "censored"
    assert 99 <= cut.start - epoch <= 100
    assert 119 <= cut.end - epoch <= 120
    assert seen.incident is not None
    assert seen.incident.full_seconds == 20


def test_samples_that_the_server_wrote_itself_do_not_fail_so(make, build, epoch):
    """A CSV file has a gap when the process stands still, which fills no pool."""
    events = [build.event(t, connection=f"bolt-{t}") for t in range(100, 120)]
    series = sampled(build, epoch, SECONDS, [2.0] * len(SECONDS), file="metrics/running.csv")
    export = make(several=[series], settings=LOGGED, events=events)
    own = Source("metrics/running.csv", "metric", 100)
    seen = seen_in(replace(export, sources=(*export.sources, own)))
    assert seen.failed == 0
    assert [cut.kind for cut in seen.cuts] == ["gap"]
    assert [(a - epoch, b - epoch) for a, b in seen.gaps] == [(99, 120)]


def test_a_sampler_that_gets_through_a_full_pool_misses_samples_for_other_reasons(
    make, build, epoch
):
    """Rejections all the time, and one gap: the sampler is not refused with the others."""
    events = [build.event(t, connection=f"bolt-{t}") for t in range(600)]
    export = scraped(
        make, [sampled(build, epoch, SECONDS, [8.0] * len(SECONDS))], settings=LOGGED,
        events=events,
    )  # fmt: skip
    seen = seen_in(export)
    assert seen.failed == 0
    assert [cut.kind for cut in seen.cuts] == ["gap"]


def test_a_restart_is_no_full_pool(make, build, epoch):
    events = [build.event(t, connection=f"bolt-{t}") for t in range(100, 104)]
    export = scraped(
        make, [sampled(build, epoch, SECONDS, [2.0] * len(SECONDS))], settings=LOGGED,
        events=events, restarts=[epoch + 110],
    )  # fmt: skip
    seen = seen_in(export)
    assert seen.failed == 0
    assert [cut.kind for cut in seen.cuts] == ["restart"]
    assert [(a - epoch, b - epoch) for a, b in seen.gaps] == [(99, 120)]


def test_one_missing_sample_may_be_chance(make, build, epoch):
    seconds = [t for t in range(600) if t != 100]
    export = scraped(
        make, [sampled(build, epoch, seconds, [2.0] * 599)], settings=LOGGED,
        events=[build.event(100, connection="bolt-1")],
    )  # fmt: skip
    assert seen_in(export).failed == 0


def test_an_episode_without_lines_is_seen_by_messages_that_were_never_started(make, build, epoch):
    """By default 5.18 and later have one line for a whole episode."""
    seconds = np.array(SECONDS, dtype=float)
    started = 20.0 * seconds
    received = started + np.where(seconds >= 120, 60.0, 0.0)
    where = Where(SCRAPED, 1)
    counters = [
        Series(name, "counter", epoch + seconds, values, None, where)
        for name, values in (("messages_received", received), ("messages_started", started))
    ]
    busy = sampled(build, epoch, SECONDS, [2.0] * len(SECONDS))
    episode = [build.event(100, "starvation-increase")]
    seen = seen_in(scraped(make, [busy, *counters], events=episode))
    assert seen.failed == 20
    # Where they kept step, the gap is only that.
    even = [replace(counters[0], stored=started), counters[1]]
    assert seen_in(scraped(make, [busy, *even], events=())).failed == 0


def test_a_sampler_that_full_pools_refuse_does_not_bias_the_load(make, build, epoch):
    """Without its failed samples the load would be told too low."""
    servers, load, seconds = 8, 6.5, 3000
    run = simulate_loss(
        servers=servers, arrival_rate=load / 0.4, mean_hold=0.4, duration=float(seconds), seed=7
    )
    looked = run.observe(1.0)
    full = looked.busy >= servers
    at = looked.times[~full]
    events = [build.event(float(t), connection=f"bolt-{t:g}") for t in looked.times[full]]
    series = sampled(build, epoch, at, looked.busy[~full])
    export = scraped(make, [series], settings=LOGGED, events=events, seconds=float(seconds))
    seen = seen_in(export)
    # The very first and the very last failed sample have no other beyond them.
    assert seen.failed >= int(full.sum()) - 2
    fit = boltkb.fit_queue(seen)
    assert fit.offered_load.low < load < fit.offered_load.high
    # As a file of the server's own with the same holes: those left are all below the ceiling.
    bare = seen_in(make(several=[series], settings=LOGGED, seconds=float(seconds)))
    biased = boltkb.fit_queue(bare)
    assert biased.verdict != "SOUND"
    assert biased.offered_load.value < fit.offered_load.low
