"""How many servers a target needs: in the window that was seen, and no further.

Every number is computed on the posterior draws of the load's path, so that its interval
carries both the samples' noise and the load's movement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from boltkb.errors import ModelError
from boltkb.queueing.erlang import FloatArray, load_for_blocking, servers_for_blocking
from boltkb.queueing.evidence import blocking_of
from boltkb.queueing.observations import Estimate
from boltkb.queueing.results import Fit, Verdict, estimate_table, verdict_html
from boltkb.tables import Shown, Table, share

__all__ = ["Curve", "Sizing", "size_servers"]

#: Length of a "busiest stretch", seconds.
STRETCH = 300.0
#: A forecast needs a day, and this many times the load's own memory.
FORECAST_SPAN = 86_400.0
FORECAST_MEMORIES = 50


@dataclass(frozen=True, slots=True)
class Curve:
    """Blocking probability against the number of servers, at the load of this window.

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
        Share of arrivals that may be rejected.
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

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """Every estimate by name."""
        return {
            "servers": self.servers,
            "margin": self.margin,
            "headroom": self.headroom,
            "busiest": self.busiest,
            "forecast": self.forecast,
        }

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
        return estimate_table(f"Servers for at most {share(self.target)} rejected", self.estimates)

    def __str__(self) -> str:
        head = f"{self.verdict}: servers for at most {share(self.target)} rejected"
        return "\n".join([head, *(f"- {reason}" for reason in self.reasons), "", str(self.table())])

    def to_html(self) -> str:
        """Return the sizing as one line of HTML."""
        title = f"servers for at most {share(self.target)} rejected"
        return verdict_html(self.verdict, title, self.reasons) + self.table().to_html()


def size_servers(fit: Fit, *, blocking: float) -> Sizing:
    """Return how many servers keep rejections at or below a target, in the window seen.

    Parameters
    ----------
    fit : Fit
        A refused fit is declined.
    blocking : float, in (0, 1)
        The target: share of arrivals that may be rejected.

    Returns
    -------
    Sizing

    Raises
    ------
    ModelError
        The target is not a probability above 0 and below 1.

    Examples
    --------
    >>> from boltkb.queueing import fit_queue, servers_for_blocking, simulate_loss
    >>> run = simulate_loss(servers=8, arrival_rate=12.5, mean_hold=0.4, duration=1200.0, seed=1)
    >>> sizing = size_servers(fit_queue(run.observe(1.0)), blocking=0.001)
    >>> sizing.servers.low <= servers_for_blocking(5.0, 0.001) <= sizing.servers.high
    True
    """
    if not 0 < blocking < 1:
        raise ModelError("blocking", "a probability above 0 and below 1", blocking)
    present = fit.observations.servers
    margin = Estimate(None, None, None, "erlangs", "the number of servers is unknown")
    if present is not None:
        margin = Estimate(
            load_for_blocking(present, blocking), None, None, "erlangs",
            f"exact: Erlang B of {present} servers passes the target here",
        )  # fmt: skip
    if fit.verdict == "REFUSED":
        return _declined(fit, blocking, margin)
    loads, weights = fit.load_draws[::2], fit.load_weights
    needed = _needed(loads, weights, blocking)
    low, middle, high = np.quantile(needed, [0.025, 0.5, 0.975], method="inverted_cdf").tolist()
    reasons = list(fit.reasons)
    how = "smallest number that keeps the target at the load of this window"
    if fit.offered_load.low is None:
        servers = Estimate(middle, None, None, "servers", "no interval: the fit is doubtful")
    else:
        servers = Estimate(middle, low, high, "servers", how)
    extrapolates = middle > (present if present is not None else fit.busy_peak.value or 0.0)
    if extrapolates:
        reasons.append(
            "more servers are asked for than were ever seen at work; that holds stay as long "
            "with more at work at once is an assumption"
        )
    headroom = Estimate(None, None, None, "times", "the number of servers is unknown")
    if present is not None:
        headroom = _headroom(fit, present, loads, weights, blocking)
    return Sizing(
        target=blocking,
        servers=servers,
        curve=_curve(loads, weights, int(high), present),
        margin=margin,
        headroom=headroom,
        busiest=_busiest(fit),
        forecast=_forecast(fit),
        verdict=fit.verdict,
        reasons=tuple(reasons),
        extrapolates=extrapolates,
    )


def _needed(loads: FloatArray, weights: FloatArray, blocking: float) -> FloatArray:
    """Return for each draw the smallest number of servers that keeps the target."""
    low = np.zeros(loads.shape[0], dtype=np.int64)
    high = np.maximum(1, np.asarray(servers_for_blocking(loads.max(axis=1), blocking)))
    cache: dict[int, FloatArray] = {}
    for _ in range(64):
        if bool(np.all(high - low <= 1)):
            break
        middle = (low + high) // 2
        for servers in np.unique(middle[high - low > 1]).tolist():
            if servers not in cache:
                cache[servers] = blocking_of(servers, loads, weights)
            mine = (middle == servers) & (high - low > 1)
            enough = cache[servers] <= blocking
            high[mine & enough] = servers
            low[mine & ~enough] = servers
    return np.asarray(high, dtype=float)


def _curve(loads: FloatArray, weights: FloatArray, most: int, present: int | None) -> Curve:
    top = int(np.ceil(1.25 * max(most, present or 1))) + 2
    servers = np.unique(np.linspace(1, top, min(top, 80)).round().astype(int))
    if present is not None:
        servers = np.union1d(servers, [present])
    few = loads[:: max(1, loads.shape[0] // 200)]
    chances = np.array([blocking_of(int(count), few, weights) for count in servers])
    low, middle, high = np.quantile(chances, [0.025, 0.5, 0.975], axis=1)
    return Curve(servers.astype(float), middle, low, high)


def _headroom(
    fit: Fit, present: int, loads: FloatArray, weights: FloatArray, blocking: float
) -> Estimate:
    if fit.offered_load.value == 0:
        return Estimate(
            None, None, None, "times", "no server was ever busy: there is nothing to scale"
        )
    low = np.full(loads.shape[0], -12.0)
    high = np.full(loads.shape[0], 12.0)
    for _ in range(30):
        middle = (low + high) / 2
        passed = blocking_of(present, loads * np.exp(middle)[:, None], weights) > blocking
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


def _forecast(fit: Fit) -> Estimate:
    windows = fit.windows
    seen = 0.0 if windows is None else float((windows.end - windows.start).sum())
    return Estimate(
        None, None, None, "servers",
        f"{seen / 3600:.2g} h were seen. Servers for other days need at least a day of samples, "
        f"and {FORECAST_MEMORIES} times the time over which the load remembers itself; this is "
        "about this window only",
    )  # fmt: skip


def _declined(fit: Fit, blocking: float, margin: Estimate) -> Sizing:
    why = "the fit is refused, so no number of servers follows from it"
    none = Estimate(None, None, None, "servers", why)
    return Sizing(
        target=blocking,
        servers=none,
        curve=None,
        margin=margin,
        headroom=Estimate(None, None, None, "times", why),
        busiest=Estimate(None, None, None, "erlangs", why),
        forecast=none,
        verdict="REFUSED",
        reasons=(why, *fit.reasons),
        extrapolates=False,
    )
