"""The simulated server against a real one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from boltkb.figures.axes import percent
from boltkb.figures.model import draw_band

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["plot_held", "plot_rejected"]


def plot_held(
    name: str,
    server: Sequence[float],
    twin: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
) -> go.Figure:
    """Return how long so many threads were held, on the server and in the twin's runs.

    Parameters
    ----------
    name : str
        Of the run.
    server, twin, low, high : sequence of float
        Shares of time for 0, 1, ... threads: the server's, the twin's mean, and the middle
        95 % of its runs.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    counts = list(range(len(server)))
    figure = go.Figure()
    ends = percent(np.array(low)), percent(np.array(high))
    draw_band(figure, counts, ends[0], ends[1], "95 % of the twin's runs")
    figure.add_bar(
        x=counts, y=percent(np.array(server)), name="real server", meta={"role": "observed"},
        hovertemplate="%{y:.1f} %",
    )  # fmt: skip
    figure.add_scatter(
        x=counts, y=percent(np.array(twin)), mode="lines+markers", name="twin, mean",
        line={"width": 2}, marker={"size": 5}, meta={"role": "fit"}, hovertemplate="%{y:.1f} %",
    )  # fmt: skip
    figure.update_layout(
        height=340,
        bargap=0.25,
        xaxis={"title": {"text": "threads held at the same time"}, "rangemode": "tozero"},
        yaxis={"title": {"text": "share of the time"}, "ticksuffix": " %", "rangemode": "tozero"},
        meta={
            "title": "How many threads were held",
            "caption": f"{name}. The real server was measured; the twin was simulated under the "
            "same arrivals.",
            "alt": f"Bars of the share of time with so many threads held on the real server, "
            f"and the twin's line with its band: {name}.",
        },
    )
    return figure


def plot_rejected(
    names: Sequence[str],
    server: Sequence[float],
    twin: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
) -> go.Figure:
    """Return the share of rejections of several runs, on the server and in the twin's runs.

    Parameters
    ----------
    names : sequence of str
    server, twin, low, high : sequence of float
        Shares: the server's, the twin's mean, and the middle 95 % of its runs.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    middle = percent(np.array(twin))
    up = percent(np.array(high) - np.array(twin))
    down = percent(np.array(twin) - np.array(low))
    places = list(range(1, len(names) + 1))
    figure = go.Figure()
    figure.add_scatter(
        x=places, y=middle, mode="markers", name="twin, mean and 95 % of its runs",
        marker={"size": 5}, meta={"role": "fit"}, hovertemplate="%{y:.1f} %",
        error_y={"type": "data", "symmetric": False, "array": up, "arrayminus": down,
                 "thickness": 1.5, "width": 3},
    )  # fmt: skip
    figure.add_scatter(
        x=places, y=percent(np.array(server)), mode="markers", name="real server",
        text=list(names), marker={"size": 8, "symbol": "diamond"},
        meta={"role": "reject"}, hovertemplate="%{text}: %{y:.1f} %",
    )  # fmt: skip
    figure.update_layout(
        height=380,
        xaxis={"title": {"text": "run, in the order of the table"}},
        yaxis={"title": {"text": "rejected"}, "ticksuffix": " %", "rangemode": "tozero"},
        meta={
            "title": "Rejected by the real server, and by the twin",
            "caption": "Of every time that a connection asked for a thread. The real server was "
            "measured; the twin was simulated under the same arrivals.",
            "alt": "The share rejected in each run, the real server's beside the twin's mean with "
            "the middle 95 % of its runs.",
        },
    )
    return figure
