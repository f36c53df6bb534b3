"""Curves of a formula: what the theory's pages and the playground draw."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from boltkb.queueing import erlang_b
from boltkb.tables import share

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["Line", "draw_curves", "plot_blocking"]

#: A line: its name, its role, and its points.
Line = tuple[str, str, Iterable[float], Iterable[float]]

#: Below this share a curve is not drawn: one of ten million.
FLOOR = 1e-7


def plot_blocking(servers: int, offered_load: float, target: float) -> go.Figure:
    """Return the share rejected against the load, with the load and a target marked.

    Parameters
    ----------
    servers : int, >= 1
    offered_load : float, erlangs, > 0
    target : float, between 0 and 1

    Returns
    -------
    plotly.graph_objects.Figure
    """
    loads = np.linspace(0.0, 1.5 * max(float(servers), offered_load), 241)[1:]
    here = float(erlang_b(servers, offered_load))
    figure = draw_curves(
        [("Erlang's B", "running", loads, np.asarray(erlang_b(servers, loads)))],
        x="offered load, erlangs",
        y="rejected",
        log=True,
        title=f"What {servers:,} servers reject",
        caption=f"At {offered_load:,.1f} erlangs {share(here)}. The dashed line is the target.",
    )
    if here > FLOOR:
        figure.add_scatter(
            x=[offered_load], y=[_digits(100 * here)], mode="markers", name="now",
            marker={"size": 11}, meta={"role": "good" if here <= target else "limit"},
            hovertemplate="%{y:.2g} %",
        )  # fmt: skip
    figure.add_shape(
        type="line", xref="x domain", x0=0, x1=1, y0=100 * target, y1=100 * target,
        line={"dash": "4px,4px", "width": 1.2}, name="limit",
    )  # fmt: skip
    return figure


def draw_curves(
    lines: Sequence[Line],
    *,
    x: str,
    y: str,
    title: str,
    caption: str,
    log: bool = False,
    scale: float = 100.0,
    suffix: str = " %",
    lowest: float = FLOOR,
) -> go.Figure:
    """Return lines over one another, without colours, to four digits.

    Parameters
    ----------
    lines : sequence of (name, role, points across, points up)
    x, y : str
        What the axes say.
    title, caption : str
    log : bool
        Whether the axis is logarithmic; then points below `lowest` are left out.
    scale : float
        By what the points up are multiplied: 100 for shares.
    suffix : str
        What follows the numbers of the axis.
    lowest : float

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, role, across, up in lines:
        points = [
            (_digits(float(a)), _digits(scale * float(b)))
            for a, b in zip(across, up, strict=True)
            if math.isfinite(float(b)) and (not log or float(b) >= lowest)
        ]
        figure.add_scatter(
            x=[a for a, _ in points],
            y=[b for _, b in points],
            mode="lines",
            name=name,
            line={"width": 2},
            meta={"role": role},
            hovertemplate="%{y:.3g}" + suffix,
        )
    axis: dict[str, object] = {"title": {"text": y}, "ticksuffix": suffix}
    axis |= {"type": "log", "exponentformat": "none"} if log else {"rangemode": "tozero"}
    alt = f"{title}: {y} against {x}, for {', '.join(line[0] for line in lines)}."
    figure.update_layout(
        height=340,
        xaxis={"title": {"text": x}},
        yaxis=axis,
        meta={"title": title, "caption": caption, "alt": alt},
    )
    return figure


def _digits(value: float) -> float:
    # Four digits: a page is regenerated to the same text on any machine.
    return float(f"{value:.4g}")
