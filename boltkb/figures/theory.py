"""The figures of the theory's pages, one a model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from boltkb.figures.curves import draw_curves
from boltkb.queueing import (
    BirthDeath,
    Engset,
    ErlangA,
    GGc,
    Hayward,
    MixedLoss,
    MMc,
    MMcc,
    MMcD,
    MMcK,
    MMcN,
    RetryLoss,
    TimeVaryingLoss,
    erlang_b,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = [
    "plot_abandonment", "plot_bursts", "plot_delay", "plot_finite_delay",
    "plot_finite_loss", "plot_fixed_patience", "plot_general_waits", "plot_loss", "plot_retries",
    "plot_slowing", "plot_through_time", "plot_varying", "plot_waiting_room",
]  # fmt: skip


def plot_loss() -> go.Figure:
    """Return Erlang's B at 8, 100 and 400 servers against utilisation."""
    use = np.linspace(0.4, 1.2, 81)
    return draw_curves(
        [
            (f"{c} servers", role, 100 * use, np.asarray(erlang_b(c, c * use)))
            for c, role in ((8, "reject"), (100, "fit"), (400, "running"))
        ],
        x="offered load, % of the servers",
        y="rejected",
        log=True,
        title="A large pool may be fuller",
        caption="At 80 % of its servers offered, a pool of 8 rejects one in seven, and a pool of "
        "400 two in a million. The larger the pool, the steeper the edge.",
    )


def plot_delay() -> go.Figure:
    """Return Erlang's C at 1, 8 and 400 servers against utilisation."""
    use = np.linspace(0.3, 0.995, 80)
    return draw_curves(
        [
            (f"{c} servers", role, 100 * use, [_delay(c, u) for u in use])
            for c, role in ((1, "reject"), (8, "fit"), (400, "running"))
        ],
        x="utilisation, %",
        y="has to wait",
        title="Who has to wait if everybody may",
        caption="With one server as many wait as there is load; with 400 hardly anybody does "
        "until 90 %.",
    )


def plot_waiting_room() -> go.Figure:
    """Return the share rejected against the places to wait, at 400 servers."""
    places = range(0, 121, 4)
    return draw_curves(
        [
            (f"{a} erlangs", role, places, [_room(m, a) for m in places])
            for a, role in ((360, "good"), (380, "running"), (400, "fit"), (440, "reject"))
        ],
        x="places to wait",
        y="rejected",
        log=True,
        title="What a waiting room in front of 400 servers does",
        caption="Below the servers' number dozens of places make rejection rare; above it, at 440 "
        "erlangs, no number of them does.",
    )


def plot_finite_loss() -> go.Figure:
    """Return Engset's congestions against the number of sources, at the same load."""
    many = range(9, 81, 3)
    models = [Engset(8, n, (5.0 / n) / (1 - 5.0 / n), 1.0) for n in many]
    return draw_curves(
        [
            ("rejected, of requests", "reject", many, [m.blocking_probability for m in models]),
            ("all busy, of time", "fit", many, [m.time_congestion for m in models]),
            ("endless sources, Erlang's B", "idle", many, [float(erlang_b(8, 5.0))] * len(many)),
        ],
        x="sources",
        y="share",
        title="Few clients reject themselves less",
        caption="8 servers; the sources would hold 5 of them if none were lacking. What requests "
        "meet and what a gauge shows differ, and both come up to Erlang's B.",
    )


def plot_finite_delay() -> go.Figure:
    """Return the mean wait against the number of sources that wait."""
    many = range(8, 61, 2)
    waits = [MMcN(8, n, 0.25, 1.0).mean_wait for n in many]
    return draw_curves(
        [
            ("mean wait", "running", many, waits),
            (
                "if all servers never rest",
                "idle",
                range(40, 61, 2),
                [n / 8 - 5 for n in range(40, 61, 2)],
            ),
        ],
        x="sources",
        y="mean wait, in holds",
        scale=1.0,
        lowest=0.0,
        suffix="",
        title="Past the knee every client waits for every other",
        caption="8 servers; each source thinks for 4 holds, then asks. From 40 sources on, 8 (1 + "
        "4), each further one makes all wait an eighth of a hold longer.",
    )


def plot_abandonment() -> go.Figure:
    """Return the share that gives up against utilisation, for three patiences."""
    use = np.linspace(0.6, 1.3, 71)
    return draw_curves(
        [
            (f"patience {p:g} holds", role, 100 * use,
             [ErlangA(100, 100 * u, 1.0, 1 / p).abandonment_probability for u in use])
            for p, role in ((0.1, "reject"), (1.0, "fit"), (10.0, "running"))
        ],
        x="offered load, % of the servers",
        y="gives up",
        title="Who gives up, at 100 servers",
        caption="Above 100 % the share that leaves tends to what cannot be served, whatever the "
        "patience; below, patience decides.",
    )  # fmt: skip


def plot_fixed_patience() -> go.Figure:
    """Return the share that times out against the timeout, for three loads."""
    patience = np.linspace(0.0, 3.0, 61)[1:]
    return draw_curves(
        [
            (f"{100 * u:.0f} % offered", role, patience,
             [MMcD(100, 100 * u, 1.0, d).abandonment_probability for d in patience])
            for u, role in ((0.95, "good"), (1.0, "fit"), (1.1, "reject"))
        ],
        x="timeout, in mean holds",
        y="times out",
        title="What a longer acquisition timeout buys, at 100 servers",
        caption="Below full load a timeout of one hold is plenty. Above it nobody is saved by "
        "waiting: the same share times out, only later.",
    )  # fmt: skip


def plot_bursts() -> go.Figure:
    """Return Hayward's approximation against load for three peakednesses."""
    loads = np.linspace(280.0, 440.0, 81)
    return draw_curves(
        [
            (f"peakedness {z:g}", role, loads,
             [Hayward(400, a, z).blocking_probability for a in loads])
            for z, role in ((1.0, "running"), (2.0, "fit"), (4.0, "reject"))
        ],
        x="offered load, erlangs",
        y="rejected",
        log=True,
        title="What bursts do to 400 servers",
        caption="The same load, come in bursts. At 320 erlangs and a peakedness of 4 some two "
        "thousand times as many are rejected as without bursts.",
    )  # fmt: skip


def plot_slowing() -> go.Figure:
    """Return completions a second against threads, with and without contention."""
    threads = range(2, 65, 2)
    rate, laws = (
        30.0,
        (("none", 0.0, 0.0), ("contention", 0.05, 0.0), ("and coherency", 0.05, 2e-3)),
    )
    return draw_curves(
        [
            (name, role, threads,
             [BirthDeath.with_scalability(
                 c, rate, 1.0, contention=alone, coherency=pairs).throughput for c in threads])
            for (name, alone, pairs), role in zip(laws, ("good", "fit", "reject"), strict=True)
        ],
        x="threads",
        y="completed, a second",
        scale=1.0,
        lowest=0.0,
        suffix="",
        title="When more threads complete less",
        caption="30 requests a second, one second each if alone. With 5 % of the work that only "
        "one thread at a time can do, threads soon stop helping; with a price for every pair "
        "they begin to hurt.",
    )  # fmt: skip


def plot_varying() -> go.Figure:
    """Return the share rejected against how much the load varies."""
    spreads = np.linspace(0.0, 0.2, 41)
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)

    def rejected(mean: float, spread: float) -> float:
        loads = mean * np.exp(spread * nodes - spread**2 / 2)
        return MixedLoss(400, tuple(loads.tolist()), tuple(weights.tolist())).blocking_probability

    return draw_curves(
        [
            (f"mean {mean:.0f} erlangs", role, 100 * spreads,
             [rejected(mean, s) for s in spreads])
            for mean, role in ((280.0, "good"), (300.0, "running"), (340.0, "reject"))
        ],
        x="variation of the load, % of its mean",
        y="rejected",
        log=True,
        title="A load that varies rejects more than its mean",
        caption="400 servers. At a mean of 300 erlangs a variation of 10 % multiplies rejections "
        "some seventy thousand times.",
    )  # fmt: skip


def plot_through_time() -> go.Figure:
    """Return the chance of finding all busy through a cycle, exact and pointwise."""
    model = TimeVaryingLoss.from_rate(
        40,
        lambda t: 34.0 * (1 + 0.3 * math.sin(2 * math.pi * t / 10)),
        1.0,
        duration=10.0,
        pieces=80,
    )
    path = model.path()
    return draw_curves(
        [
            ("exact", "running", path.times, path.congestion),
            ("as if each load lasted for ever", "fit", path.times, path.pointwise),
        ],
        x="time, in mean holds",
        y="all busy",
        title="A fast wave is smaller than it looks, and late",
        caption="40 servers; the load swings by 30 % around 34 erlangs once in 10 holds. The "
        "servers remember: the peak comes later and lower, and fades more slowly.",
    )


def plot_retries() -> go.Figure:
    """Return the share of attempts rejected when all come back, against fresh load."""
    loads = np.linspace(300.0, 396.0, 49)
    again = [RetryLoss(400, a, 1.0, retry_probability=1.0, backoff=100.0) for a in loads]
    return draw_curves(
        [
            ("all come back", "reject", loads, [m.blocking_probability for m in again]),
            ("nobody does", "running", loads, np.asarray(erlang_b(400, loads))),
        ],
        x="fresh load, erlangs",
        y="attempts rejected",
        log=True,
        title="Retries feed on rejections",
        caption="400 servers, pauses much longer than a hold. Towards 400 erlangs of fresh load "
        "there is no balance left.",
    )


def plot_general_waits() -> go.Figure:
    """Return the mean wait against utilisation for three variabilities of holds."""
    use = np.linspace(0.8, 0.99, 77)
    return draw_curves(
        [
            (name, role, 100 * use, [GGc(8, 8 * u, 1.0, 1.0, v).mean_wait for u in use])
            for name, v, role in (
                ("constant holds", 0.0, "good"), ("exponential holds", 1.0, "running"),
                ("variable holds (4)", 4.0, "reject"),
            )
        ],
        x="utilisation, %",
        y="mean wait, in holds",
        scale=1.0,
        suffix="",
        log=True,
        lowest=1e-3,
        title="How long one waits depends on how much holds differ",
        caption="8 servers, Poisson arrivals, Whitt's approximation. In brackets: variance over "
        "squared mean.",
    )  # fmt: skip


def _delay(servers: int, use: float) -> float:
    return MMc(servers, servers * use, 1.0).waiting_probability


def _room(places: float, load: float) -> float:
    if places == 0:
        return MMcc(400, load, 1.0).blocking_probability
    return MMcK(400, 400 + int(places), load, 1.0).blocking_probability
