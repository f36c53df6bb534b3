"""Checks of steadiness: samples enough, a load that stays put, servers that come back.

Thresholds as in `boltkb.queueing.checks`.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.evidence import Evidence
from boltkb.queueing.models import busy_law
from boltkb.queueing.results import Check
from boltkb.queueing.series import busy_moments, solve_load

__all__ = [
    "FEWEST_SAMPLES",
    "SURE",
    "below_ceiling",
    "comes_back",
    "constant_law",
    "constant_load",
    "enough_samples",
    "longest_run",
    "not_pinned",
    "pooled_load",
    "slow_load",
    "unchanging_within_windows",
    "whole_counts",
    "worth_enough",
]

#: Fewer samples than this carry no model.
FEWEST_SAMPLES = 20
#: Samples of a stretch over which short memory is told.
_STRETCH = 40
#: Standard errors that chance exceeds about once in 400 fits.
SURE = 3.0
#: A change of the load by this share within a window changes no conclusion.
SMALL_CHANGE = 0.02


def whole_counts() -> Check:
    """Return the failure of counts that leave servers out."""
    comment = "servers were left out of the counts, and how many is not known"
    return Check("whole_counts", None, "<=", 0.0, False, comment)


def enough_samples(evidence: Evidence) -> Check:
    """Return whether there are samples enough for any model."""
    count = evidence.samples.seen.size
    return Check(
        "enough_samples", float(count), ">=", FEWEST_SAMPLES, count >= FEWEST_SAMPLES,
        "samples that were taken; fewer carry no model",
    )  # fmt: skip


def worth_enough(evidence: Evidence) -> Check:
    """Return whether the samples are worth enough independent ones."""
    worth = evidence.effective_samples
    return Check(
        "effective_samples",
        worth,
        ">=",
        FEWEST_SAMPLES,
        worth >= FEWEST_SAMPLES,
        "independent samples that the samples are worth, given how slowly the count changes",
    )


def below_ceiling(evidence: Evidence) -> Check:
    """Return whether no more servers were seen busy than there are."""
    servers = evidence.observations.servers
    peak = float(evidence.samples.seen.max(initial=0.0))
    if servers is None:
        return Check("below_ceiling", peak, "<=", np.inf, None, "the number of servers is unknown")
    return Check(
        "below_ceiling", peak, "<=", float(servers), peak <= servers,
        "most servers seen busy; more than there are means the number of servers is wrong",
    )  # fmt: skip


def not_pinned(evidence: Evidence) -> Check:
    """Return whether the servers were never all busy without a break for very long."""
    servers = evidence.observations.servers
    name = "not_pinned"
    if servers is None:
        return Check(name, None, "<=", FEWEST_SAMPLES, None, "the number of servers is unknown")
    full = evidence.samples.busy >= servers
    start, length = longest_run(full)
    outside = np.delete(full, slice(start, start + length))
    memory = _short_memory(np.delete(evidence.samples.busy, slice(start, start + length)))
    # Chance of such a run, at the share of full samples outside it (at least one in `size`).
    usual = (outside.sum() + 1.0) / (outside.size + 2.0)
    allowed = float(np.log(1e-3 / max(full.size, 1)) / np.log(min(usual, 0.999)))
    threshold = max(float(FEWEST_SAMPLES), allowed * memory)
    return Check(
        name, float(length), "<=", threshold, length <= threshold,
        "longest run of samples with every server busy; a longer one means that nothing came "
        "free, so the load is only known to be at least that high",
    )  # fmt: skip


def _short_memory(busy: FloatArray) -> float:
    """Return how many samples one sample is remembered for, apart from slow movement.

    Steps and trends would count as memory over the whole series, and excuse any length of
    run; within stretches of forty samples they hardly do.
    """
    stretches = busy.size // _STRETCH
    if stretches == 0:
        return 1.0
    parts = busy[: stretches * _STRETCH].reshape(stretches, _STRETCH)
    parts = parts - parts.mean(axis=1, keepdims=True)
    power = float((parts**2).sum())
    if power == 0:
        return 1.0
    lag = float((parts[:, 1:] * parts[:, :-1]).sum()) / power
    # A mean taken out of a stretch lowers the correlation by about this much.
    correlation = min(0.95, max(0.0, lag + 1.0 / _STRETCH))
    return (1.0 + correlation) / (1.0 - correlation)


def comes_back(evidence: Evidence) -> Check:
    """Return whether the fewest busy servers of a window come down again.

    Servers that are taken and never given back raise the floor step by step, and the count
    then varies less than its mean allows; a load that grows raises both.
    """
    name = "comes_back"
    busy = evidence.samples.busy
    comment = (
        "rise of the floor (fewest busy servers of a stretch) that never came down, where the "
        "count varies too little for a load; servers taken and not given back look like this"
    )
    if busy.size < 5 * FEWEST_SAMPLES:
        return Check(name, None, "<=", 1.0, None, comment + "; too few samples to see it")
    floors = np.array([np.quantile(part, 0.1) for part in np.array_split(busy, 10)])
    back = float(np.max(np.maximum.accumulate(floors) - floors))
    rise = float(floors[-1] - floors[0]) if back <= 0.1 * (floors[-1] - floors[0]) else 0.0
    held = max(0.0, rise)
    late = busy[busy.size // 2 :]
    expected = busy_moments(evidence.ceiling, evidence.path.load)[1][evidence.blocks.index]
    mean = busy_moments(evidence.ceiling, evidence.path.load)[0][evidence.blocks.index]
    spread = float(((late - mean[busy.size // 2 :]) ** 2).sum())
    ratio = spread / max(1e-12, float(expected[busy.size // 2 :].sum()))
    calm = ratio < 0.7 and ratio < 1.0 - SURE * evidence.dispersion_error
    limit = max(1.5, 0.05 * float(busy.max()))
    return Check(name, held if calm else 0.0, "<=", limit, not (calm and held > limit), comment)


def constant_load(evidence: Evidence) -> Check:
    """Return whether one load explains all windows."""
    size, total = _coarse(evidence, 20)
    name = "stationarity"
    comment = "spread of the windows' mean busy servers over what one constant load gives"
    if size.size < 3:
        return Check(name, None, "<=", 1.0, None, comment + "; too few samples for windows")
    pooled = total.sum() / size.sum()
    variance = _variance_at_mean(evidence, float(pooled)) * max(1.0, evidence.dispersion)
    chi = float((size * (total / size - pooled) ** 2).sum())
    freedom = size.size - 1
    statistic = chi / freedom / max(variance * evidence.memory, 1e-300)
    threshold = float(stats.chi2.ppf(0.999, freedom)) / freedom
    return Check(name, statistic, "<=", threshold, statistic <= threshold, comment)


def unchanging_within_windows(evidence: Evidence) -> Check:
    """Return whether the load stays put inside a window: first half against second half."""
    name = "stationarity"
    comment = "difference of a window's halves over what a load constant inside windows gives"
    blocks, busy = evidence.blocks, evidence.samples.busy
    position = np.arange(busy.size) - np.searchsorted(blocks.index, blocks.index, side="left")
    early = position < blocks.size[blocks.index] / 2
    count = blocks.size.size
    first = np.bincount(blocks.index, early, count)
    second = blocks.size - first
    usable = (first >= 2) & (second >= 2)
    if int(usable.sum()) < 3:
        return Check(name, None, "<=", 1.0, None, comment + "; too few windows")
    gap = np.bincount(blocks.index, busy * early, count)[usable] / first[usable]
    gap = gap - np.bincount(blocks.index, busy * ~early, count)[usable] / second[usable]
    variance = busy_moments(evidence.ceiling, evidence.path.load)[1][usable]
    variance = variance * evidence.memory * max(1.0, evidence.dispersion)
    scale = variance * (1 / first[usable] + 1 / second[usable])
    known = int(usable.sum())
    harmless = float(((SMALL_CHANGE * evidence.path.load[usable]) ** 2).sum() / scale.sum())
    statistic = float((gap**2).sum() / max(scale.sum(), 1e-300))
    threshold = 0.1 + harmless + float(stats.chi2.ppf(0.999, known)) / known
    return Check(name, statistic, "<=", threshold, statistic <= threshold, comment)


def slow_load(evidence: Evidence) -> Check:
    """Return whether the load moves slowly against the time that busy servers remember."""
    name = "slow_load"
    comment = "relative change of the load within the memory of the busy servers"
    if evidence.path.load.size < 3 or evidence.path.load.min() <= 0:
        return Check(name, None, "<=", 0.1, None, comment + "; too few windows")
    pace = np.abs(np.diff(np.log(evidence.path.load))) / np.diff(evidence.blocks.centre)
    change = float(np.quantile(pace, 0.9)) * evidence.memory * evidence.samples.interval
    return Check(name, change, "<=", 0.1, change <= 0.1, comment)


def longest_run(flags: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[int, int]:
    """Return start and length of the longest run of true values."""
    padded = np.concatenate([[0], flags.astype(np.int8), [0]])
    change = np.diff(padded)
    begin, end = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    if begin.size == 0:
        return 0, 0
    best = int(np.argmax(end - begin))
    return int(begin[best]), int(end[best] - begin[best])


def _coarse(evidence: Evidence, most: int) -> tuple[FloatArray, FloatArray]:
    busy = evidence.samples.busy
    count = int(min(most, busy.size // max(1.0, 5 * evidence.memory)))
    if count < 1:
        return np.zeros(0), np.zeros(0)
    parts = np.array_split(busy, count)
    return np.array([float(p.size) for p in parts]), np.array([p.sum() for p in parts])


def _variance_at_mean(evidence: Evidence, mean: float) -> float:
    load = solve_load(evidence.ceiling, mean)
    return float(busy_moments(evidence.ceiling, np.array([load]))[1][0])


def pooled_load(evidence: Evidence) -> float:
    """Return the one constant load that gives the mean number of busy servers seen."""
    return solve_load(evidence.ceiling, float(evidence.samples.busy.mean()))


def constant_law(evidence: Evidence) -> FloatArray:
    """Return the law of the busy servers at that one constant load."""
    reach = evidence.observations.servers or evidence.ceiling
    return busy_law(reach, pooled_load(evidence))
