"""How many servers a target needs: in the window that was seen, and no further.

Every number is computed on the posterior draws of the load's path, so that its interval
carries both the samples' noise and the load's movement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from boltkb.errors import ModelError
from boltkb.queueing.erlang import FloatArray
from boltkb.queueing.evidence import condensed
from boltkb.queueing.observations import Estimate
from boltkb.queueing.rates import OTHER_LAWS
from boltkb.queueing.results import Fit, Verdict, estimate_table, verdict_html
from boltkb.queueing.targets import BlockingTarget, Target, WaitTarget, smallest_servers
from boltkb.tables import Shown, Table

__all__ = ["Curve", "Sizing", "size_servers"]

#: Length of a "busiest stretch", seconds.
STRETCH = 300.0


@dataclass(frozen=True, slots=True)
class Curve:
    """What arrivals meet against the number of servers, at the load of this window.

    Parameters
    ----------
    servers : (k,) array of int
    probability, low, high : (k,) arrays
    """

    servers: FloatArray
    probability: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True)
class Sizing(Shown):
    """The servers that a target needs.

    Parameters
    ----------
    target : float
        Share of arrivals that may be rejected (or wait too long, when only that was asked).
    servers : Estimate
        Servers for the target in the window seen; absent when the fit is refused.
    curve : Curve or None
    margin : Estimate, erlangs
        Constant load at which the present servers pass the target.
    headroom : Estimate
        Factor by which the window's load could grow, keeping its shape, before the present
        servers pass the target; below 1 when they already do.
    busiest : Estimate, erlangs
        Load of the busiest five minutes (or of the whole window, when shorter).
    forecast : Estimate
        Servers for other days; absent, with the reason, unless the data carry it.
    verdict : "SOUND", "DOUBTFUL" or "REFUSED"
    reasons : tuple of str
    extrapolates : bool
        Whether more servers are asked for than were ever seen at work: holds may then
        lengthen, which no formula knows.
    words : str
        The target in words.
    waiting : Estimate or None
        Servers for the wait alone, where both targets were given.
    """

    target: float
    servers: Estimate
    curve: Curve | None
    margin: Estimate
    headroom: Estimate
    busiest: Estimate
    forecast: Estimate
    verdict: Verdict
    reasons: tuple[str, ...]
    extrapolates: bool
    words: str = ""
    waiting: Estimate | None = None

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """Every estimate by name."""
        found = {
            "servers": self.servers,
            "margin": self.margin,
            "headroom": self.headroom,
            "busiest": self.busiest,
            "forecast": self.forecast,
        }
        return found if self.waiting is None else {**found, "servers_for_the_wait": self.waiting}

    def facts(self) -> Mapping[str, object]:
        """Return the sizing as plain values."""
        return {
            "sizing": {
                "target": self.target,
                "verdict": self.verdict,
                "reasons": list(self.reasons),
                "extrapolates": self.extrapolates,
                **{name: estimate.facts() for name, estimate in self.estimates.items()},
            }
        }

    def table(self) -> Table:
        """Return the estimates as a table."""
        return estimate_table(f"Servers for {self.words}", self.estimates)

    def __str__(self) -> str:
        head = f"{self.verdict}: servers for {self.words}"
        return "\n".join([head, *(f"- {reason}" for reason in self.reasons), "", str(self.table())])

    def to_html(self) -> str:
        """Return the sizing as one line of HTML."""
        title = f"servers for {self.words}"
        return verdict_html(self.verdict, title, self.reasons) + self.table().to_html()


#: How often the number is to be enough: a median would be too small every other time.
_ASSURED = 0.8


def size_servers(
    fit: Fit,
    *,
    blocking: float | None = None,
    wait: float | None = None,
    probability: float = 0.05,
) -> Sizing:
    """Return how many servers keep rejections or waits to a target, in the window seen.

    Parameters
    ----------
    fit : Fit
        A refused fit is declined.
    blocking : float, in (0, 1), optional
        Share of arrivals that may be rejected (Erlang B).
    wait : float, seconds, >= 0, optional
        Time that few arrivals may wait longer than, were they let wait (Erlang C); above 0
        it needs the mean hold.  With both targets the larger number counts.
    probability : float, in (0, 1)
        Share of arrivals that may wait longer than `wait`.

    Returns
    -------
    Sizing

    Raises
    ------
    ModelError
        Neither target, a share outside (0, 1), a negative wait.

    Examples
    --------
    >>> from boltkb.queueing import fit_queue, servers_for_blocking, simulate_loss
    >>> run = simulate_loss(servers=8, arrival_rate=12.5, mean_hold=0.4, duration=1200.0, seed=1)
    >>> sizing = size_servers(fit_queue(run.observe(1.0)), blocking=0.001)
    >>> sizing.servers.low <= servers_for_blocking(5.0, 0.001) <= sizing.servers.high
    True
    """
    if blocking is None and wait is None:
        raise ModelError("blocking", "a probability, or a wait in seconds beside it", None)
    if blocking is not None and not 0 < blocking < 1:
        raise ModelError("blocking", "a probability above 0 and below 1", blocking)
    if wait is not None and not 0 <= wait < np.inf:
        raise ModelError("wait", "seconds, 0 or more", wait)
    if not 0 < probability < 1:
        raise ModelError("probability", "a probability above 0 and below 1", probability)
    targets: list[Target] = [] if blocking is None else [BlockingTarget(blocking)]
    if wait is not None:
        hold = fit.mean_hold.value
        if wait > 0 and hold is None and fit.verdict != "REFUSED":
            return _declined(
                fit, WaitTarget(probability, wait, 1.0),
                "the mean hold is not known, without which no wait in seconds follows: "
                + fit.mean_hold.reason,
            )  # fmt: skip
        targets.append(WaitTarget(probability, wait, hold or 1.0))
    if fit.verdict == "REFUSED":
        return _declined(
            fit, targets[0], "the fit is refused, so no number of servers follows from it"
        )
    return _sized(fit, targets)


def _sized(fit: Fit, targets: list[Target]) -> Sizing:
    present = fit.observations.servers
    loads, weights = condensed(fit.load_draws[::2], fit.load_weights)
    each = [smallest_servers(target, loads, weights) for target in targets]
    needed = np.max(each, axis=0)
    low, enough, high = np.quantile(
        needed, [0.025, _ASSURED, 0.975], method="inverted_cdf"
    ).tolist()
    reasons = list(fit.reasons)
    if fit.models[0].name in OTHER_LAWS:
        reasons.append(
            "servers are sized by Erlang's formulas for the load's path, not by "
            + fit.models[0].name
        )
    how = (
        "smallest number that keeps the target at the load of this window, with four chances in "
        "five that it is enough"
    )
    if fit.offered_load.low is None:
        servers = Estimate(enough, None, None, "servers", "no interval: the fit is doubtful")
    else:
        servers = Estimate(enough, low, high, "servers", how)
    extrapolates = enough > (present if present is not None else fit.busy_peak.value or 0.0)
    if extrapolates:
        reasons.append(
            "more servers are asked for than were ever seen at work; that holds stay as long "
            "with more at work at once is an assumption"
        )
    headroom = Estimate(None, None, None, "times", "the number of servers is unknown")
    if present is not None:
        headroom = _headroom(fit, present, loads, weights, targets)
    waiting = None
    if len(targets) == 2:
        ends = np.quantile(each[1], [0.025, _ASSURED, 0.975], method="inverted_cdf").tolist()
        waiting = Estimate(ends[1], ends[0], ends[2], "servers", targets[1].words)
    return Sizing(
        target=targets[0].probability,
        servers=servers,
        curve=_curve(loads, weights, int(high), present, targets[0]),
        margin=_margin(present, targets),
        headroom=headroom,
        busiest=_busiest(fit),
        forecast=_forecast(fit, targets),
        verdict=fit.verdict,
        reasons=tuple(reasons),
        extrapolates=extrapolates,
        words=" and ".join(target.words for target in targets),
        waiting=waiting,
    )


def _margin(present: int | None, targets: list[Target]) -> Estimate:
    if present is None:
        return Estimate(None, None, None, "erlangs", "the number of servers is unknown")
    first = min(targets, key=lambda target: target.load(present))
    formula = "Erlang B" if isinstance(first, BlockingTarget) else "Erlang C"
    return Estimate(
        first.load(present), None, None, "erlangs",
        f"exact: {formula} of {present} servers passes the target here",
    )  # fmt: skip


def _curve(
    loads: FloatArray, weights: FloatArray, most: int, present: int | None, target: Target
) -> Curve:
    top = int(np.ceil(1.25 * max(most, present or 1))) + 2
    servers = np.unique(np.linspace(1, top, min(top, 80)).round().astype(int))
    if present is not None:
        servers = np.union1d(servers, [present])
    if weights.ndim == 2:
        weights = weights[::2]
    else:
        loads = loads[::2]
    chances = np.array([target.chance(int(count), loads, weights) for count in servers])
    low, middle, high = np.quantile(chances, [0.025, 0.5, 0.975], axis=1)
    return Curve(servers.astype(float), middle, low, high)


def _headroom(
    fit: Fit, present: int, loads: FloatArray, weights: FloatArray, targets: list[Target]
) -> Estimate:
    if fit.offered_load.value == 0:
        return Estimate(
            None, None, None, "times", "no server was ever busy: there is nothing to scale"
        )
    rows = max(loads.shape[0], weights.shape[0] if weights.ndim == 2 else 1)
    low, high = np.full(rows, -12.0), np.full(rows, 12.0)
    for _ in range(30):
        middle = (low + high) / 2
        scaled = loads * np.exp(middle)[:, None]
        passed = np.zeros(middle.size, dtype=bool)
        for target in targets:
            passed |= target.chance(present, scaled, weights) > target.probability
        high = np.where(passed, middle, high)
        low = np.where(passed, low, middle)
    factors = np.quantile(np.exp(low), [0.025, 0.5, 0.975]).tolist()
    if fit.offered_load.low is None:
        return Estimate(factors[1], None, None, "times", "no interval: the fit is doubtful")
    return Estimate(
        factors[1], factors[0], factors[2], "times",
        "this window's load, its shape kept, at which the present servers pass the target",
    )  # fmt: skip


def _busiest(fit: Fit) -> Estimate:
    windows = fit.windows
    if windows is None or not windows.start.size:
        return Estimate(None, None, None, "erlangs", "no windows were fitted")
    length = windows.end - windows.start
    filled = np.concatenate([[0.0], np.cumsum(length)])
    load = np.concatenate(
        [np.zeros((fit.load_draws.shape[0], 1)), np.cumsum(fit.load_draws * length, axis=1)], axis=1
    )
    stretch = min(STRETCH, float(filled[-1]))
    begin = filled[filled <= filled[-1] - stretch + 1e-9]
    ends = np.searchsorted(filled, begin + stretch - 1e-9)
    ends = np.minimum(ends, filled.size - 1)
    mean = (load[:, ends] - load[:, : begin.size]) / (filled[ends] - filled[: begin.size])
    best = mean[:, int(np.argmax(np.median(mean, axis=0)))]
    low, middle, high = np.quantile(best, [0.025, 0.5, 0.975]).tolist()
    return Estimate(middle, low, high, "erlangs", f"busiest {stretch / 60:.3g} min of the window")


def _forecast(fit: Fit, targets: list[Target]) -> Estimate:
    told = fit.forecast
    if told is None:
        return Estimate(None, None, None, "servers", "nothing is known about other days")
    if not told.loads.size:
        return Estimate(None, None, None, "servers", told.reason)
    loads = told.loads[:: max(1, told.loads.shape[0] // 400)]
    needed = np.max([smallest_servers(target, loads, told.weights) for target in targets], axis=0)
    low, enough, high = np.quantile(
        needed, [0.025, _ASSURED, 0.975], method="inverted_cdf"
    ).tolist()
    return Estimate(enough, low, high, "servers", "for other days like this one: " + told.reason)


def _declined(fit: Fit, target: Target, why: str) -> Sizing:
    none = Estimate(None, None, None, "servers", why)
    present = fit.observations.servers
    margin = Estimate(None, None, None, "erlangs", why)
    if fit.verdict == "REFUSED" and (isinstance(target, BlockingTarget) or present is None):
        margin = _margin(present, [target])
    return Sizing(
        target=target.probability,
        servers=none,
        curve=None,
        margin=margin,
        headroom=Estimate(None, None, None, "times", why),
        busiest=Estimate(None, None, None, "erlangs", why),
        forecast=none,
        verdict="REFUSED",
        reasons=(why, *fit.reasons),
        extrapolates=False,
        words=target.words,
    )
