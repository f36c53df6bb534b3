"""The figures of the pages that explain: one idea each, from the formulas and one simulated run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from boltkb.figures.curves import draw_curves
from boltkb.queueing import (
    Exponential,
    PoissonArrivals,
    erlang_b,
    erlang_c,
    simulate_queue,
)
from boltkb.tables import share

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from boltkb.queueing import QueueRun

__all__ = ["day", "plot_around_the_mean", "plot_day", "plot_few_threads", "plot_lost_or_waiting"]

#: The pool and the load of the chapter's example: 20 requests a second of 0.3 s each.
SERVERS, RATE, HOLD = 8, 20.0, 0.3
#: The pool that meets a day's load, which swings between a night and a noon, in erlangs.
POOL, NIGHT, NOON = 20, 2.0, 20.0


def plot_around_the_mean() -> go.Figure:
    """Return half a minute of a simulated pool: threads held, their mean, what was rejected."""
    seconds = 30.0
    run = simulate_queue(
        PoissonArrivals(RATE), Exponential(HOLD), SERVERS, duration=seconds, seed=11
    )
    times, held = _held(run)
    rejected = run.arrivals[run.rejected & run.counted]
    load = RATE * HOLD
    figure = draw_curves(
        [
            ("threads held", "running", times, held),
            ("mean by Little's law", "fit", [0.0, seconds], [load, load]),
        ],
        x="seconds",
        y="threads held",
        scale=1.0,
        suffix="",
        title="Six on average, and now and then all eight",
        caption=f"Simulated. 20 requests a second of 0.3 s each, 8 threads. "
        f"{rejected.size} of {int(run.counted.sum())} requests found all of them taken in this "
        f"half minute; Erlang's B says {share(float(erlang_b(SERVERS, load)))} in the long run.",
    )
    figure.data[0].line.shape = "hv"
    figure.data[0].line.width = 1.2
    figure.add_scatter(
        x=[round(float(at), 2) for at in rejected], y=[SERVERS + 0.4] * rejected.size,
        mode="markers", name="rejected", marker={"size": 5}, meta={"role": "reject"},
        hovertemplate="rejected",
    )  # fmt: skip
    return figure


def day() -> tuple[np.ndarray, np.ndarray]:
    """Return the hours of the example's day, and the load at each, in erlangs."""
    hours = np.arange(0.0, 24.01, 0.25)
    return hours, (NOON + NIGHT) / 2 - (NOON - NIGHT) / 2 * np.cos(2 * np.pi * hours / 24)


def plot_day() -> go.Figure:
    """Return what a pool rejects through a day, and what it would at the day's mean load."""
    hours, loads = day()
    blocking = np.asarray(erlang_b(POOL, loads))
    # The day's last moment is the next one's first.
    mean = float(loads[:-1].mean())
    level = float(erlang_b(POOL, mean))
    lost = float((loads * blocking)[:-1].sum() / loads[:-1].sum())
    return draw_curves(
        [
            ("hour by hour", "reject", hours, blocking),
            (f"at the mean load, {mean:.0f} erlangs", "fit", hours, np.full(hours.size, level)),
        ],
        x="hour of the day",
        y="rejected",
        title="The mean hides the noon",
        caption=f"{POOL} threads; the load swings between {NIGHT:.0f} erlangs at night and "
        f"{NOON:.0f} at noon. Of the day's requests {share(lost)} are rejected; by the mean load "
        f"it would be {share(level)}.",
    )


def plot_few_threads() -> go.Figure:
    """Return the share rejected by the number of threads, at the example's load."""
    load = RATE * HOLD
    threads = np.arange(1, 21)
    return draw_curves(
        [("Erlang's B", "running", threads, np.asarray(erlang_b(threads, load)))],
        x="threads",
        y="rejected",
        log=True,
        title="Each further thread rejects less, and soon there is nothing left to reject",
        caption=f"{load:.0f} erlangs. From 8 to 15 threads the rejections fall from "
        f"{share(float(erlang_b(8, load)))} to {share(float(erlang_b(15, load)))}; after that "
        "hardly anything remains that a further thread could save.",
    )


def plot_lost_or_waiting() -> go.Figure:
    """Return Erlang's B and C over the load: the share lost, and the share that would wait."""
    loads = np.linspace(0.5, 12.0, 93)
    below = loads[loads < SERVERS]
    return draw_curves(
        [
            ("no waiting room: rejected, Erlang's B", "reject", loads,
             np.asarray(erlang_b(SERVERS, loads))),
            ("queue without end: must wait, Erlang's C", "fit", below,
             np.asarray(erlang_c(SERVERS, below))),
        ],
        x="offered load, erlangs",
        y="share of requests",
        title="One pool has an edge, the other has none",
        caption=f"{SERVERS} threads. The line of those that wait ends at {SERVERS} erlangs, where "
        "the queue grows without end. A pool that rejects goes on beyond, and rejects more.",
    )  # fmt: skip


def _held(run: QueueRun) -> tuple[np.ndarray, np.ndarray]:
    start = run.arrivals[run.served]
    times = np.concatenate([np.maximum(start, 0.0), start + run.holds[run.served]])
    steps = np.repeat([1, -1], start.size)
    order = np.argsort(times, kind="stable")
    times, held = times[order], np.cumsum(steps[order])
    inside = times <= run.duration
    return np.round(times[inside], 2), held[inside]
