"""Runs repeated with seeds of their own, what is counted in each, and intervals over them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from boltkb.errors import ParameterError
from boltkb.queueing import Estimate
from boltkb.twin.clients import Client
from boltkb.twin.server import Server
from boltkb.twin.simulating import simulate

__all__ = ["RUNS", "Repeated", "interval_of", "repeat", "share_of"]

Floats = npt.NDArray[np.float64]

#: Runs where nothing else is asked for.
RUNS = 20
_PROBABILITY = "probability"
#: Samples of the threads in each run.
_SAMPLES = 1000
#: Requests and holds that a run may have, all in memory at once.
_MOST = 4_000_000
#: A wait for a connection that is shorter is none, s.
_NO_WAIT = 1e-6


@dataclass(frozen=True, slots=True)
class Repeated:
    """What was counted in each of some runs.

    Parameters
    ----------
    attempts, rejected : (n,) arrays
        Times that a thread was asked for, for work or for a greeting, and of these rejected.
        Resets and goodbyes are left out: most come while their connection's thread has just
        come free, so hardly one is rejected.
    requests, tried_again, waited : (n,) arrays
        Requests of clients that ended; of these tried more than once; of these that waited for
        a connection.
    wait, answer : (n,) arrays, seconds
        Mean wait for a connection; mean time to an answer of the requests that succeeded.
    outcomes : mapping of str to (n,) array
        Requests by how they ended.
    held : (n,) array
        Mean of the threads held.
    most : (n,) array
        Threads held at once.
    answer_95 : (n,) array, seconds
        Within which 95 % of the requests that succeeded had their answer.
    first_rejected : (n,) array, seconds
        From the end of the warm-up to the first rejection; NaN in a run without any.
    connections : (n,) array
        Mean of the connections open.
    """

    attempts: Floats
    rejected: Floats
    requests: Floats
    tried_again: Floats
    waited: Floats
    wait: Floats
    answer: Floats
    outcomes: dict[str, Floats]
    held: Floats
    most: Floats
    answer_95: Floats
    first_rejected: Floats
    connections: Floats

    @property
    def failed(self) -> Floats:
        """Requests that failed for their client, in each run."""
        return self.requests - self.outcomes.get("ok", np.zeros(self.requests.size))


def repeat(
    server: Server,
    clients: Client | Sequence[Client],
    *,
    seconds: float,
    warm_up: float,
    tail: float = 0.0,
    runs: int = RUNS,
    seed: int = 0,
) -> Repeated:
    """Return what independent runs count.

    Parameters
    ----------
    server : Server
    clients : Client or sequence of Client
    seconds : float, > 0
        That are counted in each run.
    warm_up, tail : float, seconds, >= 0
        Before, from an empty start, and after, so that what began in time can end.
    runs : int, >= 2
    seed : int, >= 0
        The same seed gives the same runs; other servers with it meet the same clients.

    Returns
    -------
    Repeated

    Raises
    ------
    ParameterError
        Fewer than two runs; a run too large to be kept.

    Examples
    --------
    >>> from boltkb.twin import Poisson, Work
    >>> shop = Client("shop", Work(seconds=0.4), Poisson(14.0), None)
    >>> seen = repeat(Server(threads=8), shop, seconds=500.0, warm_up=20.0, runs=8, seed=1)
    >>> told = share_of(seen.rejected, seen.attempts)
    >>> told.low < 0.1034 < told.high
    True
    """
    if isinstance(runs, bool) or not isinstance(runs, int) or runs < 2:
        raise ParameterError(f"`runs` must be a whole number, 2 or more; got {runs!r}")
    roots = np.random.SeedSequence(seed).spawn(runs)
    rows = [
        _counted(server, clients, int(root.generate_state(1, np.uint64)[0]), seconds, warm_up, tail)
        for root in roots
    ]
    names = dict.fromkeys(name for _, outcomes in rows for name in outcomes)
    numbers = np.array([values for values, _ in rows], dtype=float).T
    ends = {name: np.array([out.get(name, 0) for _, out in rows], dtype=float) for name in names}
    attempts, rejected, requests, again, waited, wait, answer, *rest = numbers
    held, most, answer_95, first, opened = rest
    return Repeated(
        attempts, rejected, requests, again, waited, wait, answer, ends, held, most, answer_95,
        first, opened,
    )  # fmt: skip


def _counted(
    server: Server,
    clients: Client | Sequence[Client],
    seed: int,
    seconds: float,
    warm_up: float,
    tail: float,
) -> tuple[tuple[float, ...], dict[str, int]]:
    import polars as pl

    end = warm_up + seconds
    run = simulate(
        server, clients, seconds=end + tail, seed=seed, sample_every=seconds / _SAMPLES
    )  # fmt: skip
    if run.holds.height + run.requests.height > _MOST:
        raise ParameterError(
            f"{run.holds.height + run.requests.height:,} holds and requests in one run are too "
            "many to keep; simulate fewer seconds"
        )
    asked = run.holds.filter(
        pl.col("asked").is_between(warm_up, end, closed="left")
        & pl.col("task").cast(str).is_in(["hello", "work"])
    )
    # The wait of a request that gave up waiting is not in its row: it is all the request did.
    gave_up = pl.col("outcome").cast(str) == "acquisition timeout"
    wait = pl.when(gave_up).then(pl.col("end") - pl.col("start")).otherwise(pl.col("waited"))
    begun = run.requests.filter(
        pl.col("start").is_between(warm_up, end, closed="left")
        & (pl.col("outcome").cast(str) != "unfinished")
    ).with_columns(waited=wait)
    good = begun.filter(pl.col("outcome").cast(str) == "ok")
    refused = asked.filter(pl.col("outcome").cast(str) == "refused")["asked"].to_numpy()
    answers = (good["end"] - good["start"]).to_numpy()
    # A moment has one sample for each member; what they hold and keep open adds up.
    gauges = (
        run.samples.filter(pl.col("time").is_between(warm_up, end))
        .group_by("time")
        .agg(pl.col("busy").sum(), (pl.col("running") + pl.col("idle")).sum().alias("open"))
    )
    values = (
        asked.height,
        refused.size,
        begun.height,
        int((begun["tries"] > 1).sum()),
        int((begun["waited"] > _NO_WAIT).sum()),
        _mean(begun["waited"].to_numpy()),
        _mean(answers),
        _mean(gauges["busy"].to_numpy()),
        float(gauges["busy"].to_numpy().max()),
        float(np.quantile(answers, 0.95)) if answers.size else math.nan,
        float(refused.min()) - warm_up if refused.size else math.nan,
        _mean(gauges["open"].to_numpy()),
    )
    counted = begun["outcome"].cast(str).value_counts()
    return values, dict(counted.iter_rows())


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else math.nan


def interval_of(values: Floats, unit: str) -> Estimate:
    """Return the mean over runs with its 95 % interval, by Student's law.

    Parameters
    ----------
    values : (n,) array
        One a run; NaN where a run cannot speak.
    unit : str

    Returns
    -------
    Estimate
        Without a value where fewer than two runs can speak.

    Examples
    --------
    >>> print(interval_of(np.array([1.0, 1.2, 0.9, 1.1]), "s"))
    1.05 s (95\u202f% interval 0.84 to 1.26)
    """
    values = values[~np.isnan(values)]
    if values.size < 2:
        return Estimate(None, None, None, unit, "too few runs saw one")
    half = _width(values.size) * float(values.std(ddof=1)) / math.sqrt(values.size)
    mean = float(values.mean())
    return Estimate(mean, max(mean - half, 0.0), mean + half, unit, f"{values.size} runs")


def share_of(part: Floats, whole: Floats) -> Estimate:
    """Return a share over all runs with its 95 % interval.

    Parameters
    ----------
    part, whole : (n,) arrays
        Counts, one a run.

    Returns
    -------
    Estimate
        The ratio of the sums, its error from how the runs differ; where nothing happened, 0
        to three in all chances.  Without a value where there was no chance.

    Examples
    --------
    >>> share_of(np.zeros(4), np.full(4, 250.0)).high
    0.003
    """
    n, total = whole.size, float(whole.sum())
    if total <= 0:
        return Estimate(None, None, None, _PROBABILITY, "there was none")
    if not part.any():
        return Estimate(0.0, 0.0, min(1.0, 3.0 / total), _PROBABILITY, "never happened")
    ratio = float(part.sum()) / total
    residual = part - ratio * whole
    error = math.sqrt(float((residual**2).sum()) / (n * (n - 1))) / float(whole.mean())
    half = _width(n) * error
    low, high = max(ratio - half, 0.0), min(ratio + half, 1.0)
    return Estimate(ratio, low, high, _PROBABILITY, f"{n} runs")


def _width(runs: int) -> float:
    return float(special.stdtrit(runs - 1, 0.975))
