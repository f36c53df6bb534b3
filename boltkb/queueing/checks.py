"""Checks: each assumption of a model held against the data, with a threshold that noise respects.

A threshold is what chance exceeds about once in a few hundred fits when the model holds, plus
a tolerance below which a departure would not change a conclusion: with enough samples every
model is wrong, and that is no news.
"""

from __future__ import annotations

import numpy as np

from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.evidence import Evidence, mixed_law, waiting_law
from boltkb.queueing.results import BusyHistogram, Check
from boltkb.queueing.steadiness import FEWEST_SAMPLES, SURE

__all__ = [
    "busy_distribution",
    "histogram",
    "peak_as_predicted",
    "poisson_arrivals",
    "poisson_counts",
    "predicted_laws",
    "time_at_ceiling",
]


def poisson_counts(evidence: Evidence) -> Check:
    """Return whether the busy servers vary as much as Poisson arrivals make them vary."""
    threshold = 0.05 + SURE * evidence.dispersion_error
    name = "poisson_counts"
    if not np.isfinite(threshold):
        return Check(name, None, "<=", 1.0, None, "nothing was ever busy")
    off = abs(evidence.dispersion - 1.0)
    word = "more" if evidence.dispersion > 1 else "less"
    hint = (
        "arrivals come in batches, or the load jumps within a window"
        if evidence.dispersion > 1
        else "few sources take turns, or some servers are held all the time"
    )
    end = "" if off <= threshold else f": {word} than Poisson arrivals make; {hint}"
    return Check(
        name, off, "<=", threshold, off <= threshold,
        f"variance of the busy servers within windows is {evidence.dispersion:.2f} of the "
        f"law's (1 expected){end}",
    )  # fmt: skip


def poisson_arrivals(evidence: Evidence) -> Check:
    """Return whether counted arrivals vary as a Poisson process does."""
    counts = evidence.observations.arrivals
    name = "poisson_arrivals"
    if counts is None:
        return Check(name, None, "<=", 1.0, None, "arrivals were not counted")
    widths = np.diff(counts.edges)
    group = 1
    mean = float(np.nanmean(counts.counts)) if counts.counts.size else 0.0
    if mean > 0:
        group = int(np.ceil(2.0 / mean))
    whole = counts.counts.size // group * group
    events = counts.counts[:whole].reshape(-1, group).sum(axis=1)
    width = widths[:whole].reshape(-1, group).sum(axis=1)
    pair = ~np.isnan(events[1:] + events[:-1])
    pair &= np.abs(width[1:] - width[:-1]) < 0.01 * width[1:]
    if int(pair.sum()) < FEWEST_SAMPLES or mean == 0:
        return Check(name, None, "<=", 1.0, None, "too few counts of arrivals")
    steps = (events[1:] - events[:-1])[pair]
    level = float((events[1:] + events[:-1])[pair].mean()) / 2
    index = float(np.mean(steps**2)) / 2 / level
    threshold = 0.1 + SURE * float(np.sqrt((3.0 + 1.0 / level) / pair.sum()))
    return Check(
        name, abs(index - 1.0), "<=", threshold, abs(index - 1.0) <= threshold,
        f"index of dispersion of the counted arrivals is {index:.2f} (1 expected)",
    )  # fmt: skip


def busy_distribution(evidence: Evidence, law: FloatArray, rng: np.random.Generator) -> Check:
    """Return whether the busy servers are distributed as the model says."""
    name = "busy_distribution"
    comment = "share of the samples that lie elsewhere than the model puts them"
    seen = np.round(evidence.samples.seen).astype(np.int64)
    known = np.clip(seen, 0, law.size - 1)
    observed = np.bincount(known, minlength=law.size).astype(float)
    missing = evidence.samples.censored.sum()
    if missing:
        tail = np.where(np.arange(law.size) >= evidence.samples.near, law, 0.0)
        observed += missing * tail / max(1e-300, float(tail.sum()))
    observed /= max(1.0, float(observed.sum()))
    cells = _cells(law)
    expected = np.add.reduceat(law, cells)
    found = np.add.reduceat(observed, cells)
    if cells.size < 2:
        return Check(name, None, "<=", 1.0, None, "the model puts every sample in one place")
    size = max(1, round(seen.size / evidence.memory))
    simulated = rng.multinomial(size, expected / expected.sum(), 2_000) / size
    distances = 0.5 * np.abs(simulated - expected).sum(axis=1)
    threshold = 0.02 + float(np.quantile(distances, 0.9985))
    distance = 0.5 * float(np.abs(found - expected).sum())
    return Check(name, distance, "<=", threshold, distance <= threshold, comment)


def peak_as_predicted(evidence: Evidence, law: FloatArray) -> Check:
    """Return whether samples are absent above the highest seen where the model expects some."""
    name = "peak"
    seen = evidence.samples.seen
    above = int(np.floor(seen.max(initial=0.0))) + 1
    expected = float(law[above:].sum()) * seen.size / evidence.memory
    limit = float(-np.log(1e-3))
    return Check(
        name,
        expected,
        "<=",
        limit,
        expected <= limit,
        f"independent samples expected above {above - 1}, the most seen busy; many mean that "
        "there are fewer servers than was said, or that full samples are missing",
    )


def time_at_ceiling(evidence: Evidence, full_draws: FloatArray) -> Check:
    """Return whether all servers were busy as often as the model says."""
    servers = evidence.observations.servers
    name = "time_at_ceiling"
    comment = "difference of the share of samples with every server busy, seen and predicted"
    if servers is None:
        return Check(name, None, "<=", 0.0, None, "the number of servers is unknown")
    predicted = float(np.median(full_draws))
    seen = evidence.samples.seen
    everything = evidence.samples.busy.size
    least = float((seen >= servers).sum()) / everything
    most = float((evidence.samples.busy >= servers).mean())
    observed = float(np.clip(predicted, least, most))
    size = seen.size / evidence.memory
    noise = np.sqrt(max(predicted * (1 - predicted), 0.25 / size) / size)
    error = float(np.hypot(noise, full_draws.std()))
    threshold = SURE * error + 0.1 * predicted
    off = abs(observed - predicted)
    return Check(
        name, off, "<=", threshold, off <= threshold,
        f"{comment}: {observed:.3f} and {predicted:.3f}",
    )  # fmt: skip


def histogram(
    evidence: Evidence, laws: FloatArray, rng: np.random.Generator, band: float = 0.95
) -> BusyHistogram:
    """Return observed and predicted shares of each number of busy servers, with a band."""
    seen = np.round(evidence.samples.seen).astype(np.int64)
    top = laws.shape[1] - 1
    if evidence.observations.servers is None:
        top = min(top, int(seen.max(initial=0)) + 3)
    observed = np.bincount(np.clip(seen, 0, laws.shape[1] - 1), minlength=laws.shape[1])
    size = max(1, round(evidence.effective_samples))
    shown = rng.binomial(size, np.clip(laws, 0.0, 1.0)) / size
    tails = [(1 - band) / 2, (1 + band) / 2]
    low, high = np.quantile(shown, tails, axis=0)
    counts = np.arange(top + 1).astype(float)
    share = (observed / max(1, seen.size))[: top + 1]
    return BusyHistogram(
        counts, share, laws.mean(axis=0)[: top + 1], low[: top + 1], high[: top + 1]
    )


def predicted_laws(evidence: Evidence, waits: bool, draws: int = 200) -> FloatArray:
    """Return the law of the busy servers over the whole window, one row a draw."""
    loads = evidence.path.draws[:: max(1, evidence.path.draws.shape[0] // draws)]
    servers = evidence.observations.servers
    if waits and servers is not None:
        flat = np.median(loads, axis=0)
        return (evidence.weights @ waiting_law(servers, flat))[None, :]
    reach = evidence.ceiling if servers is None else servers
    return mixed_law(reach, loads, evidence.weights)


def _cells(law: FloatArray, share: float = 0.05) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Return where cells begin that each hold at least a share of the law."""
    starts, held = [0], 0.0
    for index, probability in enumerate(law):
        if held >= share and law[index:].sum() >= share:
            starts.append(index)
            held = 0.0
        held += probability
    return np.array(starts, dtype=np.int64)
