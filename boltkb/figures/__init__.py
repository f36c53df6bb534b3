"""Every chart of a report and of the theory's pages; the only room that imports plotly.

A figure holds data and roles, no colours: the page paints each role in its light or dark
palette.  Title, claim and alternative text ride in `layout.meta`, outside the drawing.
Only bars and scatter lines are used, which the small plotly bundle of the pages can draw.
"""

from boltkb.figures.curves import plot_blocking
from boltkb.figures.experiments import plot_growth, plot_leaks, plot_other_threads
from boltkb.figures.incident import plot_incident
from boltkb.figures.model import plot_busy, plot_sizing

__all__ = [
    "plot_blocking",
    "plot_busy",
    "plot_growth",
    "plot_incident",
    "plot_leaks",
    "plot_other_threads",
    "plot_sizing",
]
