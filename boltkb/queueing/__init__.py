"""The theory of servers: Erlang's formulas, models, fits with honest intervals, sizing.

Speaks of arrivals, holds, servers, load and blocking, and of nothing else; knows NumPy and
SciPy.  What a server is, its users say.  Where to look:

formulas
    `erlang`, at large numbers `erlang_large` and `erlang_loss`, turned round `erlang_inverse`
models
    `models` (M/M/c, M/M/c/c), `room`, `finite`, `patience`, `peaked`, `varying` with
    `transient`, `birth_death` with `chains`, `general`; what all are asked stands in
    `questions`, what their parameters may be in `domains`, side by side in `comparison`
the fit
    `inference` leads: `observations` in, `results` out.  Samples become evidence in `series`,
    `smoothing`, `evidence`, `losses`, `rates`; models are fitted in `loss_fit`, `delay`,
    `spread_fit`, `finite_fit`; held against the data in `checks`, `steadiness`, `crosschecks`;
    judged in `verdicts` and `refusals`; compared in `candidates` and `heldout`.  `scales`,
    `changes`, `resampling` and `forecast` look at spread, steps, blocks and other days
any series
    `shifts` (steps of a level), `scalability` (holds that grow with the busy servers)
sizing
    `sizing`, for the targets of `targets`
simulation
    `runs` and `paths` (one run), `replication` (many), `arrivals` and `laws` (what happens);
    `simulation` keeps the small loss simulator
"""

from boltkb.queueing.arrivals import (
    BurstArrivals,
    PoissonArrivals,
    RenewalArrivals,
    VaryingArrivals,
)
from boltkb.queueing.birth_death import BirthDeath
from boltkb.queueing.candidates import Candidate, ChangePoint, Scale
from boltkb.queueing.comparison import (
    Comparison,
    Plan,
    check_by_simulation,
    compare_models,
    observe_counts,
    plan_servers,
)
from boltkb.queueing.erlang import (
    erlang_b,
    erlang_b_derivative,
    erlang_c,
    load_for_blocking,
    log_erlang_b,
    log_erlang_c,
    servers_for_blocking,
    servers_for_wait,
)
from boltkb.queueing.finite import Engset, MMcN
from boltkb.queueing.forecast import Forecast
from boltkb.queueing.general import GGc, blocking_limit, delay_limit
from boltkb.queueing.inference import fit_queue
from boltkb.queueing.laws import (
    Constant,
    Empirical,
    Exponential,
    Gamma,
    Hyperexponential,
    Lognormal,
)
from boltkb.queueing.models import MMc, MMcc
from boltkb.queueing.observations import Counts, Estimate, Observations
from boltkb.queueing.paths import admitted, offered_waits
from boltkb.queueing.patience import ErlangA, MMcD
from boltkb.queueing.peaked import Hayward, RetryLoss
from boltkb.queueing.replication import Replications, replicate, simulate_markov
from boltkb.queueing.results import BusyHistogram, Check, Fit, LoadWindows, ModelFit
from boltkb.queueing.room import MMcK
from boltkb.queueing.runs import QueueRun, simulate_queue
from boltkb.queueing.simulation import LossRun, simulate_loss
from boltkb.queueing.sizing import Curve, Sizing, size_servers
from boltkb.queueing.varying import LoadPath, MixedLoss, TimeVaryingLoss

__all__ = [
    "BirthDeath",
    "BurstArrivals",
    "BusyHistogram",
    "Candidate",
    "ChangePoint",
    "Check",
    "Comparison",
    "Constant",
    "Counts",
    "Curve",
    "Empirical",
    "Engset",
    "ErlangA",
    "Estimate",
    "Exponential",
    "Fit",
    "Forecast",
    "GGc",
    "Gamma",
    "Hayward",
    "Hyperexponential",
    "LoadPath",
    "LoadWindows",
    "Lognormal",
    "LossRun",
    "MMc",
    "MMcD",
    "MMcK",
    "MMcN",
    "MMcc",
    "MixedLoss",
    "ModelFit",
    "Observations",
    "Plan",
    "PoissonArrivals",
    "QueueRun",
    "RenewalArrivals",
    "Replications",
    "RetryLoss",
    "Scale",
    "Sizing",
    "TimeVaryingLoss",
    "VaryingArrivals",
    "admitted",
    "blocking_limit",
    "check_by_simulation",
    "compare_models",
    "delay_limit",
    "erlang_b",
    "erlang_b_derivative",
    "erlang_c",
    "fit_queue",
    "load_for_blocking",
    "log_erlang_b",
    "log_erlang_c",
    "observe_counts",
    "offered_waits",
    "plan_servers",
    "replicate",
    "servers_for_blocking",
    "servers_for_wait",
    "simulate_loss",
    "simulate_markov",
    "simulate_queue",
    "size_servers",
]
