"""Every chart of a report; the only room that imports plotly.

A figure holds data and roles, no colours: the page paints each role in its light or dark
palette.  Title, claim and alternative text ride in `layout.meta`, outside the drawing.
Only bars and scatter lines are used, which the small plotly bundle of the pages can draw.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from boltkb.bolt import Diagnosis, Pool, PoolObservations
from boltkb.queueing import Fit, Sizing
from boltkb.tables import number, sentence, share, span

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["plot_busy", "plot_incident", "plot_sizing"]

Floats = npt.NDArray[np.float64]

#: More points than a screen has pixels only make a page heavy.
MOST_POINTS = 3000
#: From here on samples are drawn thin, so that the fitted load can be seen over them.
MANY_POINTS = 400


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
    times, busy = _thinned(seen.times, seen.busy)
    figure.add_scatter(
        **_time_axis(times),
        y=_whole(busy),
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
        at, values = _thinned(*trace)
        figure.add_scatter(
            **_time_axis(at),
            y=_whole(values),
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
                x0=_stamp(diagnosis.incident.start),
                x1=_stamp(diagnosis.incident.end),
                y0=0,
                y1=1,
                yref="y domain" if row == 1 else f"y{row} domain",
                xref="x" if row == 1 else f"x{row}",
                layer="below",
                name="satur",
            )
    for start, end in seen.gaps:
        figure.add_shape(
            type="rect", x0=_stamp(start), x1=_stamp(end), y0=0, y1=1,
            yref="y domain", xref="x", layer="below", name="gap",
        )  # fmt: skip
    ceiling = 1.12 * max(limit or 0, float(np.nanmax(seen.busy)) if seen.busy.size else 0, 1)
    figure.update_yaxes(title_text="threads", range=[0, ceiling], row=1, col=1)
    figure.update_yaxes(title_text="connections", rangemode="tozero", nticks=4, row=2, col=1)
    figure.update_yaxes(title_text="rejected", rangemode="tozero", nticks=3, row=3, col=1)
    figure.update_xaxes(
        type="date",
        range=[_stamp(seen.start), _stamp(seen.end)],
        tickformat=_clock(seen.end - seen.start),
    )
    figure.update_layout(
        height=520,
        bargap=0,
        meta={
            "title": "Threads held, connections open, requests rejected",
            "caption": _incident_caption(seen, diagnosis),
            "alt": "Three charts over time: Bolt threads held against the thread limit, open and "
            "idle connections against the same limit, and rejections.",
        },
    )
    return figure


def plot_busy(fit: Fit) -> go.Figure:
    """Return how often each number of threads was held, observed against the model.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    plotly.graph_objects.Figure
        Bars for what was seen, a line with its 95 % band for what the model expects; without
        samples an empty figure that says so.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    shape = fit.histogram
    if shape is not None:
        counts = shape.counts.astype(int).tolist()
        if shape.predicted.size:
            _band(figure, counts, _percent(shape.low), _percent(shape.high), "95 % of such samples")
        figure.add_bar(
            x=counts,
            y=_percent(shape.observed),
            name="observed",
            meta={"role": "observed"},
            hovertemplate="%{y:.1f} %",
        )
        if shape.predicted.size:
            figure.add_scatter(
                x=counts,
                y=_percent(shape.predicted),
                mode="lines+markers",
                name="model",
                line={"width": 2},
                marker={"size": 5},
                meta={"role": "fit"},
                hovertemplate="%{y:.1f} %",
            )
    nothing = "" if shape is not None else "There is nothing to compare: "
    figure.update_layout(
        height=340,
        bargap=0.25,
        xaxis={"title": {"text": "threads held at the same time"}, "rangemode": "tozero"},
        yaxis={"title": {"text": "share of samples"}, "ticksuffix": " %", "rangemode": "tozero"},
        meta={
            "title": "How many threads were held, seen and expected",
            "caption": f"{nothing}the model's verdict is {fit.verdict}. "
            + " ".join(map(sentence, fit.reasons[:1])),
            "alt": "Bars of the observed distribution of held threads with the model's line.",
        },
    )
    return figure


def plot_sizing(sizing: Sizing, pool: Pool) -> go.Figure:
    """Return the share of attempts rejected against the number of threads.

    Parameters
    ----------
    sizing : Sizing
    pool : Pool
        Its present number of threads is marked.

    Returns
    -------
    plotly.graph_objects.Figure
        A logarithmic axis, with the 95 % band, the present size and the size for the target;
        where the fit was refused an empty figure that says so.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    curve = sizing.curve
    floor = min(sizing.target, 1e-4) / 10
    if curve is not None:
        shown = _telling(curve.high, floor)
        threads = curve.servers[shown].astype(int).tolist()
        _band(
            figure,
            threads,
            _log_safe(curve.low[shown], floor),
            _log_safe(curve.high[shown], floor),
            "95 % interval",
        )
        middle = _log_safe(curve.probability[shown], floor)
        figure.add_scatter(
            x=threads,
            y=middle,
            mode="lines",
            name="rejected, model",
            line={"width": 2},
            meta={"role": "running"},
            hovertemplate="%{y:.2f} %",
        )
        needed = sizing.servers.value
        marks = [("now", pool.threads, "limit", "x")]
        if needed is not None:
            marks.append(("for the target", int(needed), "good", "circle"))
        for words, at, role, symbol in marks:
            if at in threads:
                figure.add_scatter(
                    x=[at],
                    y=[middle[threads.index(at)]],
                    mode="markers",
                    name=f"{words}: {at}",
                    cliponaxis=False,
                    marker={"size": 11, "symbol": symbol},
                    meta={"role": role},
                    hovertemplate="%{y:.2f} %",
                )
        figure.add_shape(
            type="line",
            xref="x domain",
            x0=0,
            x1=1,
            y0=100 * sizing.target,
            y1=100 * sizing.target,
            line={"dash": "4px,4px", "width": 1.2},
            name="limit",
        )
        figure.add_annotation(
            xref="x domain",
            x=0.005,
            y=float(np.log10(100 * sizing.target)),
            xanchor="left",
            yanchor="bottom",
            showarrow=False,
            text=f"target {share(sizing.target)}",
            name="limit",
        )
    caption = (
        "The load of this window with other thread counts, if holding times stay what they were. "
        "Beyond the present size this is an extrapolation: more threads share the same cores, "
        "locks and memory."
        if curve is not None
        else f"No curve: {sizing.servers.reason}"
    )
    figure.update_layout(
        height=340,
        xaxis={"title": {"text": "threads in the pool"}},
        yaxis={"title": {"text": "attempts rejected"}, "type": "log", "ticksuffix": " %"},
        meta={
            "title": "What another number of threads would have done in this window",
            "caption": caption,
            "alt": "Curve of the modelled share of rejected attempts against the number of "
            "threads, with the present number and the number for the target marked.",
        },
    )
    return figure


def _band(figure: go.Figure, at: list[int], low: list[float], high: list[float], name: str) -> None:
    figure.add_scatter(
        x=at,
        y=high,
        mode="lines",
        line={"width": 0},
        showlegend=False,
        hoverinfo="skip",
        meta={"role": "band"},
    )
    figure.add_scatter(
        x=at,
        y=low,
        mode="none",
        fill="tonexty",
        name=name,
        meta={"role": "band"},
        hoverinfo="skip",
    )


def _telling(high: Floats, floor: float) -> npt.NDArray[np.bool_]:
    """Return which part of a curve says something: all down to the floor, and a little below."""
    below = np.flatnonzero(high < floor)
    shown = np.ones(high.size, dtype=bool)
    if below.size:
        shown[below[0] + 2 :] = False
    return shown


def _incident_caption(seen: PoolObservations, diagnosis: Diagnosis) -> str:
    incident = diagnosis.incident
    limit = "an unknown number of" if seen.servers is None else str(seen.servers)
    if incident is None:
        return (
            f"The pool was never seen full: at most {number(seen.peak)} of {limit} threads. "
            "Connections are not limited by the thread count."
        )
    tail = ", and was still going on when the export ends" if incident.ongoing else ""
    return (
        f"In the shaded {span(incident.seconds)} all {limit} threads were taken again and again"
        f"{tail}. Connections may exceed the threads; the dashed limit does not apply to them."
    )


def _load(figure: go.Figure, fit: Fit) -> None:
    """Draw the fitted load, what clients asked for, over the threads that were held."""
    windows = fit.windows
    if windows is None or windows.load.size == 0:
        return
    at = [_stamp(float(t)) for t in (windows.start + windows.end) / 2]
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
            x=[_stamp(t + group * width / 2) for t in edges[keep]],
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
        x=[_stamp(t) for t in episodes or (seen.start,)],
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


def _clock(seconds: float) -> str:
    """Return how times are written on an axis of this length."""
    return "%H:%M:%S\n%d %b" if seconds < 600 else "%H:%M\n%d %b"


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


def _thinned(times: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Return at most `MOST_POINTS` points; of each stretch the greatest value stays."""
    if times.size <= MOST_POINTS:
        return times, values
    group = -(-times.size // MOST_POINTS)
    starts = np.arange(0, times.size, group)
    filled = np.where(np.isnan(values), -1.0, values)
    peaks = np.maximum.reduceat(filled, starts)
    return times[starts], np.where(peaks < 0, np.nan, peaks)


def _time_axis(times: Floats) -> dict[str, object]:
    """Return the x of a trace: a start and a step where samples are regular, else stamps."""
    if times.size >= 2:
        steps = np.diff(times)
        step = float(np.median(steps))
        if step > 0 and np.all(np.abs(times - times[0] - step * np.arange(times.size)) < step / 2):
            return {"x0": _stamp(float(times[0])), "dx": 1000 * step}
    return {"x": [_stamp(float(t)) for t in times]}


def _stamp(moment: float) -> str:
    text = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text[:-7] if text.endswith(".000000") else text[:-3]


def _whole(values: Floats) -> npt.NDArray[np.int32] | list[int | None]:
    if values.size == 0 or np.isnan(values).any():
        return [None if np.isnan(v) else int(v) for v in values]
    return values.astype(np.int16 if values.max() < 32000 else np.int32)


def _percent(values: Floats) -> list[float]:
    return [round(100 * float(v), 4) for v in values]


def _log_safe(values: Floats, floor: float) -> list[float]:
    return [float(f"{100 * max(float(v), floor):.5g}") for v in values]
