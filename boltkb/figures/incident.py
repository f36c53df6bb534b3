"""The picture of the first screen: threads held, connections open, requests rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from boltkb.bolt import Diagnosis, PoolObservations
from boltkb.bolt.course import Pause, Shift
from boltkb.figures.axes import MANY_POINTS, clock, stamp, thinned, time_axis, whole
from boltkb.queueing import Fit
from boltkb.tables import number, span

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["plot_incident"]


def plot_incident(seen: PoolObservations, fit: Fit, diagnosis: Diagnosis) -> go.Figure:
    """Return busy threads, connections and rejections on one time axis.

    Parameters
    ----------
    seen : PoolObservations
    fit : Fit
        Its load, with the 95 % band, is drawn over the samples where it was not refused.
    diagnosis : Diagnosis
        Its incident is shaded.

    Returns
    -------
    plotly.graph_objects.Figure
        Three rows: threads held against the limit, open connections against the same limit
        (which does not apply to them), rejections.
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(
        rows=3, cols=1, shared_xaxes=True, row_heights=[0.48, 0.3, 0.22], vertical_spacing=0.07
    )
    limit = seen.servers
    times, busy = thinned(seen.times, seen.busy)
    figure.add_scatter(
        **time_axis(times),
        y=whole(busy),
        mode="lines",
        line={"width": 1.6 if busy.size <= MANY_POINTS else 0.7, "shape": "hv"},
        opacity=1 if busy.size <= MANY_POINTS else 0.75,
        name="threads held",
        meta={"role": "running"},
        hovertemplate="%{y}",
        row=1,
        col=1,
    )
    _load(figure, fit)
    for trace, name, role in (
        (seen.open_connections, "connections open", "idle"),
        (seen.idle_connections, "of these idle", "working"),
    ):
        if trace is None:
            continue
        at, values = thinned(*trace)
        figure.add_scatter(
            **time_axis(at),
            y=whole(values),
            mode="lines",
            line={"width": 1.3, "dash": "solid" if role == "idle" else "dot"},
            name=name,
            meta={"role": role},
            hovertemplate="%{y}",
            row=2,
            col=1,
        )
    _rejections(figure, seen)
    if limit is not None:
        for row in (1, 2):
            _limit(figure, row, limit)
    if diagnosis.incident is not None:
        for row in (1, 2, 3):
            figure.add_shape(
                type="rect",
                x0=stamp(diagnosis.incident.start),
                x1=stamp(diagnosis.incident.end),
                y0=0,
                y1=1,
                yref="y domain" if row == 1 else f"y{row} domain",
                xref="x" if row == 1 else f"x{row}",
                layer="below",
                name="satur",
            )
    for start, end in seen.gaps:
        _stretch(figure, start, end, "gap")
    for pause in _felt(seen, diagnosis):
        _stretch(figure, pause.start, pause.start + pause.seconds, "pause")
    for shift in _shifts(seen, diagnosis):
        _moment(figure, shift)
    ceiling = 1.12 * max(limit or 0, float(np.nanmax(seen.busy)) if seen.busy.size else 0, 1)
    figure.update_yaxes(title_text="threads", range=[0, ceiling], row=1, col=1)
    figure.update_yaxes(title_text="connections", rangemode="tozero", nticks=4, row=2, col=1)
    figure.update_yaxes(title_text="rejected", rangemode="tozero", nticks=3, row=3, col=1)
    figure.update_xaxes(
        type="date",
        range=[stamp(seen.start), stamp(seen.end)],
        tickformat=clock(seen.end - seen.start),
    )
    figure.update_layout(
        height=520,
        bargap=0,
        meta={
            "title": "Threads held, connections open, requests rejected",
            "caption": _incident_caption(seen, diagnosis) + _marks(seen, diagnosis),
            "alt": "Three charts over time: Bolt threads held against the thread limit, open and "
            "idle connections against the same limit, and rejections.",
        },
    )
    return figure


def _stretch(figure: go.Figure, start: float, end: float, name: str) -> None:
    figure.add_shape(
        type="rect", x0=stamp(start), x1=stamp(end), y0=0, y1=1,
        yref="y domain", xref="x", layer="below", name=name,
    )  # fmt: skip


def _felt(seen: PoolObservations, diagnosis: Diagnosis) -> list[Pause]:
    """Return the pauses that clients feel, the longest of them where there are very many."""
    long = [
        pause
        for pause in diagnosis.course.pauses
        if pause.seconds >= 1.0 and seen.start <= pause.start <= seen.end
    ]
    return sorted(long, key=lambda pause: -pause.seconds)[:60]


def _shifts(seen: PoolObservations, diagnosis: Diagnosis) -> list[tuple[str, Shift]]:
    """Return the steps of arrivals and holds that fall into the window, few of them."""
    names = {"arrivals": "arrivals", "hold": "holds"}
    return [
        (names[what], shift)
        for what in names
        for shift in diagnosis.course.shifts.get(what, ())[:2]
        if seen.start < shift.when < seen.end
    ]


def _moment(figure: go.Figure, named: tuple[str, Shift]) -> None:
    what, shift = named
    figure.add_shape(
        type="line", x0=stamp(shift.when), x1=stamp(shift.when), y0=0, y1=1,
        yref="y domain", xref="x", line={"dash": "2px,3px", "width": 1.2}, name="shift",
    )  # fmt: skip
    times = shift.after / shift.before if shift.before > 0 else float("inf")
    words = f"{what} × {number(times, uncertainty=0.05 * times)}" if times < 1e3 else f"{what} rose"
    figure.add_annotation(
        x=stamp(shift.when), xref="x", y=1, yref="y domain", yanchor="top", showarrow=False,
        xanchor="left", xshift=4, yshift=0 if what == "arrivals" else -14, text=words, name="shift",
    )  # fmt: skip


def _incident_caption(seen: PoolObservations, diagnosis: Diagnosis) -> str:
    incident = diagnosis.incident
    limit = "an unknown number of" if seen.servers is None else str(seen.servers)
    if incident is None:
        return (
            f"The pool was never seen full: at most {number(seen.peak)} of {limit} threads. "
            "Connections are not limited by the thread count."
        )
    tail = ", and was still going on when the export ends" if incident.ongoing else ""
    if incident.full_seconds == 0:
        return (
            f"In the shaded {span(incident.seconds)} rejections were logged{tail}; no sample "
            "caught the pool full. Connections may exceed the threads; the limit does not apply "
            "to them."
        )
    return (
        f"In the shaded {span(incident.seconds)} all {limit} threads were taken again and again"
        f"{tail}. Connections may exceed the threads; the dashed limit does not apply to them."
    )


def _marks(seen: PoolObservations, diagnosis: Diagnosis) -> str:
    """Return what the other marks of this picture mean, those that are there."""
    words = []
    if seen.gaps:
        words.append("Grey: nothing was observed.")
    if _felt(seen, diagnosis):
        words.append("Violet: the server stood still.")
    if _shifts(seen, diagnosis):
        words.append("Dotted: arrivals or holds changed to so many times what they were.")
    return "".join(f" {sentence}" for sentence in words)


def _load(figure: go.Figure, fit: Fit) -> None:
    """Draw the fitted load, what clients asked for, over the threads that were held."""
    windows = fit.windows
    if windows is None or windows.load.size == 0:
        return
    at = [stamp(float(t)) for t in (windows.start + windows.end) / 2]
    for values, more in (
        (windows.high, {"line": {"width": 0}, "mode": "lines", "showlegend": False}),
        (windows.low, {"fill": "tonexty", "mode": "none", "name": "95 % interval"}),
    ):
        figure.add_scatter(
            x=at,
            y=[round(float(v), 3) for v in values],
            hoverinfo="skip",
            meta={"role": "band"},
            row=1,
            col=1,
            **more,
        )
    figure.add_scatter(
        x=at,
        y=[round(float(v), 3) for v in windows.load],
        mode="lines",
        line={"width": 2.2},
        name="offered load, fitted",
        meta={"role": "fit"},
        hovertemplate="%{y:.1f} erlangs",
        row=1,
        col=1,
    )


def _rejections(figure: go.Figure, seen: PoolObservations) -> None:
    counts = seen.rejections
    if counts is not None and counts.counts.sum() > 0:
        width = float(np.median(np.diff(counts.edges)))
        group = max(1, round(max(10.0, (seen.end - seen.start) / 240) / width))
        total = np.add.reduceat(counts.counts, np.arange(0, counts.counts.size, group))
        edges = counts.edges[:-1][::group]
        keep = total > 0
        figure.add_bar(
            x=[stamp(t + group * width / 2) for t in edges[keep]],
            y=total[keep].astype(int).tolist(),
            width=1000 * group * width,
            name=f"rejected in {span(group * width)}",
            meta={"role": "reject"},
            hovertemplate="%{y}",
            row=3,
            col=1,
        )
        return
    episodes = seen.rejected.episodes
    figure.add_scatter(
        x=[stamp(t) for t in episodes or (seen.start,)],
        y=[1 if episodes else None for _ in episodes or (seen.start,)],
        mode="markers",
        marker={"symbol": "triangle-up", "size": 11},
        name="starvation logged (count unknown)" if episodes else "no rejection known",
        meta={"role": "reject"},
        hovertemplate="starvation logged",
        cliponaxis=False,
        row=3,
        col=1,
    )


def _limit(figure: go.Figure, row: int, limit: int) -> None:
    suffix = "" if row == 1 else str(row)
    figure.add_shape(
        type="line", xref=f"x{suffix} domain", x0=0, x1=1, yref=f"y{suffix}", y0=limit, y1=limit,
        line={"dash": "5px,4px", "width": 1.4}, name="limit",
    )  # fmt: skip
    figure.add_annotation(
        xref=f"x{suffix} domain", x=0.005, yref=f"y{suffix}", y=limit, yshift=9, xanchor="left",
        showarrow=False, name="limit",
        text=f"{limit} threads" + ("" if row == 1 else " (no limit for connections)"),
    )  # fmt: skip
