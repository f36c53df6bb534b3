"""What the twin's experiments draw; it takes their numbers, and imports nothing of the twin.

Every caption says that the picture is of a simulation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from boltkb.figures.axes import Floats, whole
from boltkb.queueing import Estimate
from boltkb.tables import number, share, span

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["plot_growth", "plot_leaks", "plot_other_threads"]

#: Shares below this are not drawn on a logarithmic axis: one of a million.
_FLOOR = 1e-6
#: Longer runs are drawn in minutes, and still longer ones in hours, s.
_MINUTES, _HOURS = 300.0, 14_400.0


class Growth(Protocol):
    """A run in which connections are added."""

    @property
    def threads(self) -> int: ...
    @property
    def times(self) -> Floats: ...
    @property
    def connections(self) -> Floats: ...
    @property
    def held(self) -> Floats: ...
    @property
    def rejected(self) -> int: ...


class Leaks(Protocol):
    """Two runs in which transactions are leaked."""

    @property
    def threads(self) -> int: ...
    @property
    def times(self) -> Floats: ...
    @property
    def leaked(self) -> Floats: ...
    @property
    def held(self) -> Floats: ...
    @property
    def held_with_timeout(self) -> Floats: ...
    @property
    def rejected(self) -> Floats: ...
    @property
    def timeout(self) -> float: ...


class Sweep(Protocol):
    """Shares rejected with other numbers of threads."""

    @property
    def threads(self) -> Sequence[int]: ...
    @property
    def rejected(self) -> Sequence[Estimate]: ...
    @property
    def curve(self) -> Sequence[tuple[int, float]]: ...
    @property
    def before(self) -> int: ...
    @property
    def after(self) -> int: ...
    @property
    def declined(self) -> Sequence[str]: ...


def plot_growth(seen: Growth) -> go.Figure:
    """Return open connections and held threads over time, on one axis with the limit.

    Parameters
    ----------
    seen : Growth
        Of the twin.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    unit, scale = _unit(float(seen.times[-1]))
    at = [round(float(t) / scale, 3) for t in seen.times]
    _line(figure, at, seen.connections, "connections open", "idle")
    _line(figure, at, seen.held, "threads held", "running")
    _limit(figure, seen.threads, f"{seen.threads:,} threads in the pool")
    end = round(float(seen.connections[-1]))
    rejected = "nobody was rejected" if seen.rejected == 0 else f"{seen.rejected:,} were rejected"
    figure.update_layout(
        height=340,
        xaxis={"title": {"text": unit}},
        yaxis={"title": {"text": "connections, threads"}, "rangemode": "tozero"},
        meta={
            "title": f"{end:,} connections, and the threads do not notice",
            "caption": f"Simulated. The number of connections grows to {end:,}; the threads that "
            f"are held stay where the work keeps them, at most {int(seen.held.max()):,} of "
            f"{seen.threads:,}, and {rejected}.",
            "alt": "Open connections climb over time while the threads held stay level, below the "
            "limit of the pool.",
        },
    )
    return figure


def plot_leaks(seen: Leaks) -> go.Figure:
    """Return held threads over time while transactions are leaked, without and with a time-out.

    Parameters
    ----------
    seen : Leaks
        Of the twin.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    unit, scale = _unit(float(seen.times[-1]))
    at = [round(float(t) / scale, 3) for t in seen.times]
    limit = span(seen.timeout)
    _line(figure, at, seen.held, "threads held, no time-out", "running")
    _line(figure, at, seen.leaked, "of these by leaked transactions", "client", dash="dot")
    _line(figure, at, seen.held_with_timeout, f"threads held, time-out {limit}", "good")
    _limit(figure, seen.threads, f"{seen.threads:,} threads in the pool")
    end = int(seen.leaked[-1])
    figure.update_layout(
        height=340,
        xaxis={"title": {"text": unit}},
        yaxis={"title": {"text": "threads"}, "range": [0, 1.13 * seen.threads]},
        meta={
            "title": "Each transaction that nobody ends keeps a thread for good",
            "caption": f"Simulated. {end:,} leaked transactions hold {end:,} threads; "
            f"{int(seen.rejected[-1]):,} requests of the others were rejected. With a transaction "
            f"time-out of {limit} the threads come back.",
            "alt": "Threads held rise in a straight line with the leaked transactions up to the "
            "limit; with a time-out they stay level.",
        },
    )
    return figure


def plot_other_threads(sweep: Sweep) -> go.Figure:
    """Return the share rejected against the number of threads, simulated and by theory.

    Parameters
    ----------
    sweep : Sweep
        Of the twin.

    Returns
    -------
    plotly.graph_objects.Figure
        On a logarithmic axis, with 95 % intervals; empty, and saying why, where the question
        was declined.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    line = [(n, 100 * p) for n, p in sweep.curve if p >= _FLOOR]
    if line:
        figure.add_scatter(
            x=[n for n, _ in line], y=[_digits(p) for _, p in line], mode="lines",
            name="by theory", line={"width": 2}, meta={"role": "fit"}, hovertemplate="%{y:.2g} %",
        )  # fmt: skip
    points = list(zip(sweep.threads, sweep.rejected, strict=True))
    _points(figure, [(n, told) for n, told in points if (told.value or 0.0) >= _FLOOR])
    never = [(n, told.high or 0.0) for n, told in points if (told.value or 0.0) < _FLOOR]
    shown = [(n, high) for n, high in never if high >= _FLOOR]
    if shown:
        figure.add_scatter(
            x=[n for n, _ in shown], y=[_digits(100 * high) for _, high in shown], mode="markers",
            name="none seen: at most", marker={"size": 9, "symbol": "triangle-down"},
            meta={"role": "idle"}, hovertemplate="below %{y:.2g} %",
        )  # fmt: skip
    for count, words in _marked(sweep):
        figure.add_shape(
            type="line", yref="y domain", y0=0, y1=1, x0=count, x1=count, name="idle",
            line={"dash": "4px,4px", "width": 1.2},
        )  # fmt: skip
        figure.add_annotation(
            x=count, yref="y domain", y=1, xanchor="left", yanchor="top", showarrow=False,
            text=f" {words}: {count:,}", name="idle",
        )  # fmt: skip
    caption = f"Simulated. {_tells(sweep)}"
    if sweep.declined:
        caption = f"Nothing is simulated. {sweep.declined[0]}"
    figure.update_layout(
        height=360,
        xaxis={"title": {"text": "threads in the pool"}},
        yaxis={
            "title": {"text": "requests for a thread rejected"},
            "type": "log",
            "ticksuffix": " %",
            "exponentformat": "none",
        },
        meta={
            "title": "What another number of threads does, all else as asked",
            "caption": caption,
            "alt": "The share of requests for a thread that are rejected against the number of "
            "threads: simulated points with their intervals, and a formula's curve.",
        },
    )
    return figure


def _points(figure: go.Figure, points: Sequence[tuple[int, Estimate]]) -> None:
    if not points:
        return
    middle = [100 * (told.value or 0.0) for _, told in points]
    above = [100 * (told.high or 0.0) - y for (_, told), y in zip(points, middle, strict=True)]
    # A bar down to nothing has no end on a logarithmic axis.
    below = [
        y - max(100 * (told.low or 0.0), 100 * _FLOOR)
        for (_, told), y in zip(points, middle, strict=True)
    ]
    figure.add_scatter(
        x=[n for n, _ in points],
        y=[_digits(y) for y in middle],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [_digits(max(y, 0.0)) for y in above],
            "arrayminus": [_digits(max(y, 0.0)) for y in below],
            "thickness": 1.4,
            "width": 4,
        },
        mode="markers",
        name="simulated, 95 % interval",
        marker={"size": 8},
        meta={"role": "running"},
        hovertemplate="%{y:.2g} %",
    )


def _marked(sweep: Sweep) -> list[tuple[int, str]]:
    if sweep.declined:
        return []
    if sweep.before == sweep.after:
        return [(sweep.before, "now")]
    return sorted([(sweep.before, "now"), (sweep.after, "asked")])


def _tells(sweep: Sweep) -> str:
    found = dict(zip(sweep.threads, sweep.rejected, strict=True))
    said = [
        f"{number(count)} threads: "
        + (share(found[count].value) if found[count].value else "none seen")
        for count in dict.fromkeys((sweep.before, sweep.after))
        if count in found
    ]
    tail = "" if sweep.curve else " No closed form speaks of this question."
    return f"Rejected with {', with '.join(said)}.{tail}"


def _line(
    figure: go.Figure, at: list[float], values: Floats, name: str, role: str, dash: str = "solid"
) -> None:
    figure.add_scatter(
        x=at,
        y=[int(value) for value in whole(values) if value is not None],
        mode="lines",
        name=name,
        line={"width": 1.8, "dash": dash},
        meta={"role": role},
        hovertemplate="%{y:,}",
    )


def _limit(figure: go.Figure, at: float, words: str) -> None:
    figure.add_shape(
        type="line", xref="x domain", x0=0, x1=1, y0=at, y1=at, name="limit",
        line={"dash": "4px,4px", "width": 1.2},
    )  # fmt: skip
    figure.add_annotation(
        xref="x domain", x=0.005, y=at, xanchor="left", yanchor="bottom", showarrow=False,
        text=words, name="limit",
    )  # fmt: skip


def _unit(seconds: float) -> tuple[str, float]:
    if seconds >= _HOURS:
        return "hours", 3600.0
    return ("minutes", 60.0) if seconds >= _MINUTES else ("seconds", 1.0)


def _digits(value: float) -> float:
    return float(f"{value:.4g}") if math.isfinite(value) else 0.0
