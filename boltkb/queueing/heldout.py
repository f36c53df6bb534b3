"""The candidates side by side: how well each tells samples that it was not fitted to.

The samples are cut into runs longer than their memory; every fifth run is left out, each
candidate is fitted to the rest and asked for the probability of what was left out.  Whether
arrivals wait or are lost, and how many servers there are, is never chosen so: below 85 % of
the servers the samples cannot tell, and configuration can.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from boltkb.queueing.candidates import Candidate
from boltkb.queueing.changes import cut_steps
from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.evidence import Evidence, waiting_law
from boltkb.queueing.finite_fit import fit_mixture, fit_sources
from boltkb.queueing.models import busy_law
from boltkb.queueing.scales import CEILING_SHARE
from boltkb.queueing.series import Blocks, busy_moments, solve_load
from boltkb.queueing.smoothing import smooth_load

__all__ = ["score_candidates"]

FOLDS = 5
#: Runs at most, and samples in each at least.
MOST_RUNS = 40
FEWEST_SAMPLES = 5
#: Loads at which laws are tabulated; draws of the path.
GRID = 200
DRAWS = 100

Laws = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class _Fold:
    """The samples without some of their runs, and what was left out."""

    kept: Blocks
    left: NDArray[np.bool_]
    mean: float
    histogram: FloatArray


def score_candidates(evidence: Evidence, rng: np.random.Generator) -> tuple[Candidate, ...]:
    """Return the candidates, best first, scored on samples left out.

    Parameters
    ----------
    evidence : Evidence
    rng : numpy Generator

    Returns
    -------
    tuple of Candidate
        Empty when there are fewer than ten runs of samples, or none was ever busy.
    """
    blocks = evidence.blocks
    run = _runs(evidence)
    if int(run[-1]) + 1 < 2 * FOLDS or evidence.samples.busy.max() == 0:
        return ()
    taken = ~evidence.samples.censored
    counts = np.round(evidence.samples.busy[taken]).astype(np.int64)
    block = blocks.index[taken]
    wide = _ratio(np.bincount(counts).astype(float), evidence.ceiling) > 1.0
    scores: dict[str, FloatArray] = {}
    for number in range(FOLDS):
        left = run % FOLDS == number
        fold = _fold(evidence, left, counts, block)
        for name, law in _predictions(evidence, fold, wide, rng).items():
            per_sample = scores.setdefault(name, np.full(counts.size, np.nan))
            mine = left[block]
            rows = law[np.cumsum(left)[block[mine]] - 1] if law.ndim == 2 else law[None, :]
            columns = np.minimum(counts[mine], law.shape[-1] - 1)
            chosen = rows[np.arange(mine.sum()) if law.ndim == 2 else 0, columns]
            per_sample[mine] = np.log(np.maximum(chosen, 1e-12))
    return _ranked(evidence, scores, run[block])


def _runs(evidence: Evidence) -> NDArray[np.int64]:
    """Return the run of each block: blocks joined until they outlast the memory."""
    size = evidence.samples.busy.size
    wanted = max(FEWEST_SAMPLES, 4.0 * evidence.memory, size / MOST_RUNS)
    filled = np.cumsum(evidence.blocks.size) - evidence.blocks.size
    raw = np.floor(filled / wanted).astype(np.int64)
    return np.unique(raw, return_inverse=True)[1].astype(np.int64)


def _fold(
    evidence: Evidence,
    left: NDArray[np.bool_],
    counts: NDArray[np.int64],
    block: NDArray[np.int64],
) -> _Fold:
    blocks = evidence.blocks
    kept = replace(
        blocks,
        size=np.where(left, 0.0, blocks.size),
        censored=np.where(left, 0.0, blocks.censored),
        total=np.where(left, 0.0, blocks.total),
    )
    seen = counts[~left[block]]
    return _Fold(kept, left, float(seen.mean()), np.bincount(seen).astype(float))


def _predictions(
    evidence: Evidence, fold: _Fold, wide: bool, rng: np.random.Generator
) -> dict[str, FloatArray]:
    """Return each candidate's law: one for all samples, or a row for each block left out."""
    servers = evidence.observations.servers
    ceiling = evidence.ceiling
    reach = min(ceiling, int(4 * fold.histogram.size + 60))

    def lost(load: FloatArray) -> FloatArray:
        return np.atleast_2d(busy_law(reach, load))

    level = max(1e-9, solve_load(ceiling, fold.mean))
    path = smooth_load(
        fold.kept, ceiling=evidence.ceiling, thinning=evidence.thinning, draws=DRAWS, rng=rng,
        roughness=np.array([max(0.003, evidence.path.roughness)]),
    )  # fmt: skip
    draws = path.draws[:, fold.left]
    steps = cut_steps(evidence, fold.kept)
    levels = steps.load[steps.stretch[fold.left]]
    found = {
        "M/M/c/c": lost(np.array([level]))[0],
        "M/M/c/c, varying load": _averaged(draws, lost),
        "M/M/c/c, steps of load": _averaged(levels[None, :], lost),
    }
    if wide:  # and else neither adds anything to M/M/c/c
        found["M/M/c/c, mixed load"] = fit_mixture(fold.histogram, reach).law
    else:
        sources = fit_sources(fold.histogram, reach)
        found["M/M/c/c//N"] = found["M/M/c/c"] if sources is None else sources.law
    if servers is not None:

        def waited(load: FloatArray) -> FloatArray:
            carried = busy_moments(evidence.ceiling, load)[0]
            return waiting_law(servers, np.minimum(carried, servers * (1 - 1e-9)))

        found["M/M/c"] = waited(np.array([solve_load(evidence.ceiling, fold.mean)]))[0]
        found["M/M/c, varying load"] = _averaged(draws, waited)
    return found


def _ratio(histogram: FloatArray, ceiling: int) -> float:
    """Return the variance of all counts over that of the law at their mean."""
    k = np.arange(histogram.size)
    mean = float(histogram @ k / histogram.sum())
    found = float(histogram @ (k - mean) ** 2 / histogram.sum())
    load = np.array([solve_load(ceiling, mean)])
    return found / max(1e-300, float(busy_moments(ceiling, load)[1][0]))


def _averaged(draws: FloatArray, laws: Laws) -> FloatArray:
    """Return the mean law of each column of loads, laws interpolated between tabulated loads."""
    low, high = float(draws.min()), float(draws.max())
    grid = np.linspace(low, max(high, low * (1 + 1e-9) + 1e-12), GRID)
    place = np.clip((draws - low) / (grid[-1] - low) * (GRID - 1), 0, GRID - 1 - 1e-9)
    left = place.astype(np.int64)
    share = place - left
    columns = np.arange(draws.shape[1])[None, :] * GRID
    size = draws.shape[1] * GRID
    weight = np.bincount((columns + left).ravel(), (1 - share).ravel(), size)
    weight += np.bincount((columns + left + 1).ravel(), share.ravel(), size)
    return np.asarray(weight.reshape(draws.shape[1], GRID) @ laws(grid) / draws.shape[0])


def _ranked(
    evidence: Evidence, scores: dict[str, FloatArray], run: NDArray[np.int64]
) -> tuple[Candidate, ...]:
    mean = {name: float(score.mean()) for name, score in scores.items()}
    best = max(mean, key=lambda name: mean[name])
    servers = evidence.observations.servers
    alike = servers is not None and evidence.samples.seen.mean() < CEILING_SHARE * servers
    found = []
    for name in sorted(scores, key=lambda name: -mean[name]):
        gap = scores[best] - scores[name]
        of_runs = np.bincount(run, gap - gap.mean())
        error = float(np.sqrt((of_runs**2).sum() * of_runs.size / (of_runs.size - 1))) / gap.size
        comment = COMMENTS[name]
        if name.startswith("M/M/c") and not name.startswith("M/M/c/c") and alike:
            comment += "; below 85 % of the servers the samples cannot tell waiting from loss"
        found.append(Candidate(name, mean[name], float(gap.mean()), error, comment))
    return tuple(found)


COMMENTS = {
    "M/M/c/c": "one constant load; arrivals that find no server are lost",
    "M/M/c/c, varying load": "a load that moves smoothly",
    "M/M/c/c, steps of load": "a load that stays and jumps",
    "M/M/c/c, mixed load": "a load drawn anew for each sample, lognormal: what moves faster "
    "than the samples, and batches, look like this",
    "M/M/c/c//N": "few sources that take turns (Engset); servers held all the time look alike",
    "M/M/c": "one constant load; arrivals wait",
    "M/M/c, varying load": "a load that moves smoothly; arrivals wait",
}
