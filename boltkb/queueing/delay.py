"""M/M/c beside whatever applies: what waiting would be if arrivals could wait.

The same arrivals are offered to the same servers with a queue in front.
"""

from __future__ import annotations

import numpy as np

from boltkb.queueing import checks, losses, steadiness
from boltkb.queueing.erlang import FloatArray, erlang_c
from boltkb.queueing.evidence import Evidence, waiting_law
from boltkb.queueing.observations import PROBABILITY, Estimate
from boltkb.queueing.results import Check, ModelFit
from boltkb.queueing.verdicts import DOUBTS, from_draws

__all__ = ["fit_delay"]

#: For more loads Erlang C is interpolated.
MOST_EXACT = 30_000
UNSTABLE = "unstable: while the load reaches the servers, the wait grows without end"


def fit_delay(evidence: Evidence, gate: tuple[Check, ...], rng: np.random.Generator) -> ModelFit:
    """Return M/M/c fitted to the samples, with its own checks.

    Parameters
    ----------
    evidence : Evidence
    gate : tuple of Check
        Checks that every model shares.
    rng : numpy Generator
    """
    seen = evidence.observations
    made: list[Check] = [*gate, steadiness.constant_load(evidence), checks.poisson_counts(evidence)]
    loads = evidence.path.draws
    parameters = {
        "offered_load": from_draws(
            loads @ evidence.weights, "erlangs", "the same arrivals as in the model that applies"
        )
    }
    reasons: list[str] = []
    if seen.servers is None:
        reasons.append("the number of servers is unknown: waits cannot be told")
    else:
        servers = seen.servers
        law = evidence.weights @ waiting_law(servers, evidence.path.load)
        made += [
            checks.busy_distribution(evidence, law, rng),
            checks.time_at_ceiling(evidence, law[-1:]),
            losses.no_rejections(evidence),
            _stable(evidence, servers),
        ]
        parameters |= _waits(evidence, servers)
    reasons = [DOUBTS[check.name] for check in made if check.passed is False] + reasons
    if not seen.waits and seen.servers is not None and seen.capacity is not None:
        reasons.append("arrivals do not wait at these servers: this says what waiting would be")
    applies = seen.waits and not reasons
    return ModelFit(
        "M/M/c", "SOUND" if applies else "DOUBTFUL", parameters, tuple(made), tuple(reasons)
    )


def _stable(evidence: Evidence, servers: int) -> Check:
    busiest = float(evidence.path.load.max()) / servers
    return Check(
        "stable", busiest, "<=", 1.0, busiest < 1.0,
        "utilisation in the busiest window; from 1 on a queue grows without end",
    )  # fmt: skip


def _waits(evidence: Evidence, servers: int) -> dict[str, Estimate]:
    loads = evidence.path.draws[::5]
    offered = np.maximum(loads @ evidence.weights, 1e-300)
    if loads.size > MOST_EXACT:
        grid = np.linspace(float(loads.min()), float(loads.max()), MOST_EXACT // 10)
        waiting: FloatArray = np.interp(loads, grid, np.asarray(erlang_c(servers, grid)))
    else:
        waiting = np.asarray(erlang_c(servers, loads))
    found = {
        "utilisation": from_draws(offered / servers, "", "offered load over servers"),
        "waiting_probability": from_draws(
            (waiting * loads) @ evidence.weights / offered,
            PROBABILITY,
            "Erlang C of the windows' loads",
        ),
    }
    spare = servers - loads
    unstable = float(((evidence.path.load >= servers) * evidence.weights).sum())
    for name, unit, scale in (
        ("mean_wait_in_holds", "holds", 1.0),
        ("mean_wait", "s", evidence.observations.mean_hold),
    ):
        if unstable > 0 or (spare <= 0).any():
            share = "" if unstable == 0 else f" ({unstable:.0%} of the time)"
            found[name] = Estimate(None, None, None, unit, UNSTABLE + share)
        elif scale is None:
            found[name] = Estimate(None, None, None, unit, "the mean hold was not measured")
        else:
            wait = (waiting * loads / spare) @ evidence.weights / offered
            found[name] = from_draws(
                wait * scale, unit, "mean wait of all arrivals, if they could wait"
            )
    return found
