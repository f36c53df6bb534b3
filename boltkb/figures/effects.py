"""A measure before and after some changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from boltkb.queueing import Estimate

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["plot_effects"]

_PROBABILITY = "probability"


def plot_effects(
    names: Sequence[str], before: Sequence[Estimate], after: Sequence[Estimate], measure: str
) -> go.Figure:
    """Return bars of a measure before and after each of some changes, with their intervals.

    Parameters
    ----------
    names : sequence of str
        Of the changes.
    before, after : sequence of Estimate
        In one unit.
    measure : str
        What is drawn, as the title of the axis.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    scale = 100.0 if before[0].unit == _PROBABILITY else 1.0
    suffix = " %" if scale != 1.0 else ""
    places = list(range(1, len(names) + 1))
    figure = go.Figure()
    for words, role, side in (("before", "running", before), ("after", "fit", after)):
        middle = [scale * (told.value or 0.0) for told in side]
        up = [scale * (told.high or 0.0) - m for told, m in zip(side, middle, strict=True)]
        down = [m - scale * (told.low or 0.0) for told, m in zip(side, middle, strict=True)]
        figure.add_bar(
            x=places, y=middle, name=words, meta={"role": role}, text=list(names),
            textposition="none", hovertemplate=f"%{{text}}: %{{y:.3g}}{suffix}",
            error_y={"type": "data", "symmetric": False, "array": up, "arrayminus": down,
                     "thickness": 1.5, "width": 3},
        )  # fmt: skip
    listed = "; ".join(f"{place}: {name}" for place, name in zip(places, names, strict=True))
    figure.update_layout(
        height=280,
        barmode="group",
        bargap=0.35,
        xaxis={"tickvals": places, "ticktext": [str(place) for place in places]},
        yaxis={"title": {"text": measure}, "ticksuffix": suffix, "rangemode": "tozero"},
        meta={
            "title": f"{measure[:1].upper()}{measure[1:]}, before and after",
            "caption": f"Simulated; mean of the runs and its 95 % interval. {listed}.",
            "alt": f"Bars of {measure} before and after: {listed}.",
        },
    )
    return figure
