"""The theory of servers: Erlang's formulas, models, fits with honest intervals, sizing.

Speaks of arrivals, holds, servers, load and blocking, and of nothing else; knows NumPy and
SciPy.  What a server is, its users say.
"""

from boltkb.queueing.erlang import (
    erlang_b,
    erlang_c,
    load_for_blocking,
    log_erlang_b,
    servers_for_blocking,
)
from boltkb.queueing.inference import fit_queue
from boltkb.queueing.models import MixedLoss, MMc, MMcc
from boltkb.queueing.observations import Counts, Estimate, Observations
from boltkb.queueing.results import BusyHistogram, Check, Fit, LoadWindows, ModelFit
from boltkb.queueing.simulation import LossRun, simulate_loss
from boltkb.queueing.sizing import Curve, Sizing, size_servers

__all__ = [
    "BusyHistogram",
    "Check",
    "Counts",
    "Curve",
    "Estimate",
    "Fit",
    "LoadWindows",
    "LossRun",
    "MMc",
    "MMcc",
    "MixedLoss",
    "ModelFit",
    "Observations",
    "Sizing",
    "erlang_b",
    "erlang_c",
    "fit_queue",
    "load_for_blocking",
    "log_erlang_b",
    "servers_for_blocking",
    "simulate_loss",
    "size_servers",
]
