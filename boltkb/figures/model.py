"""The model held against what was seen, and what other thread counts would have done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from boltkb.bolt import Pool
from boltkb.figures.axes import Floats, log_safe, percent
from boltkb.queueing import Fit, Sizing
from boltkb.tables import sentence, share

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["draw_band", "plot_busy", "plot_sizing"]


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
            draw_band(
                figure, counts, percent(shape.low), percent(shape.high), "95 % of such samples"
            )
        figure.add_bar(
            x=counts,
            y=percent(shape.observed),
            name="observed",
            meta={"role": "observed"},
            hovertemplate="%{y:.1f} %",
        )
        if shape.predicted.size:
            figure.add_scatter(
                x=counts,
                y=percent(shape.predicted),
                mode="lines+markers",
                name="model",
                line={"width": 2},
                marker={"size": 5},
                meta={"role": "fit"},
                hovertemplate="%{y:.1f} %",
            )
    nothing = "" if shape is not None else "There is nothing to compare. "
    figure.update_layout(
        height=340,
        bargap=0.25,
        xaxis={"title": {"text": "threads held at the same time"}, "rangemode": "tozero"},
        yaxis={"title": {"text": "share of samples"}, "ticksuffix": " %", "rangemode": "tozero"},
        meta={
            "title": "How many threads were held, seen and expected",
            "caption": f"{nothing}The model's verdict is {fit.verdict}. "
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
        draw_band(
            figure,
            threads,
            log_safe(curve.low[shown], floor),
            log_safe(curve.high[shown], floor),
            "95 % interval",
        )
        middle = log_safe(curve.probability[shown], floor)
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


def draw_band(
    figure: go.Figure, at: list[int], low: list[float], high: list[float], name: str
) -> None:
    """Draw the area between two lines.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
    at : list of int
        Points across.
    low, high : list of float
    name : str
        What the legend says.
    """
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
