"""What closed forms say of a setting, and why they say nothing where they do not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from boltkb.queueing import MMc, MMcc, MMcD, MMcK, RetryLoss
from boltkb.twin.what_if.settings import Setting

__all__ = ["QUANTITIES", "ClosedForm", "closed_form"]

Floats = npt.NDArray[np.float64]

#: What is told of a setting, by its key: in words, and its unit.
QUANTITIES: Mapping[str, tuple[str, str]] = {
    "rejected": ("requests for a thread rejected", "probability"),
    "failed": ("requests that failed for their client", "probability"),
    "again": ("requests tried more than once", "probability"),
    "waits": ("requests that waited for a connection", "probability"),
    "wait": ("mean wait for a connection", "s"),
    "answer": ("mean time to an answer", "s"),
    "held": ("threads held, mean", "threads"),
}
#: A driver's pool that is full with less than this chance does not limit.
_SELDOM = 1e-3


@dataclass(frozen=True, slots=True)
class ClosedForm:
    """What a formula says of a setting.

    Parameters
    ----------
    model : str
        In Kendall's notation; empty where there is none.
    values : mapping of str to float
        By the keys of `QUANTITIES`; those that the formula does not answer are absent.
    reasons : tuple of str
        Why what is absent is absent, and what to think of what is there.
    """

    model: str
    values: Mapping[str, float]
    reasons: tuple[str, ...] = ()


def closed_form(setting: Setting) -> ClosedForm:
    """Return what a closed form says of a setting, where there is one.

    Parameters
    ----------
    setting : Setting

    Returns
    -------
    ClosedForm
        A load that varies is averaged over its wave, as if each moment's load had lasted;
        shares are weighted by what arrives.
    """
    whole = setting.pool * setting.processes
    if setting.queue != 0:
        return _queue(setting)
    if not setting.binding:
        return _none("threads that leave an open transaction have no closed form here")
    if whole <= setting.threads:
        return _pools(setting)
    most = float(setting.rates().max()) * _hold(setting) / setting.processes
    full = float(special.gammainc(setting.pool, most))  # P(Poisson(most) >= pool)
    if full > _SELDOM:
        return _none(
            "the drivers' pools and the threads both limit; two limits in a row have no closed form"
        )
    return _retries(setting) if setting.retry_seconds > 0 else _loss(setting)


def _none(reason: str) -> ClosedForm:
    return ClosedForm("", {}, (reason,))


def _hold(setting: Setting) -> float:
    """Return the mean of exponential holds that a time-out cuts off."""
    limit = setting.transaction_timeout
    return -setting.mean_hold * math.expm1(-limit / setting.mean_hold)


def _timed_out(setting: Setting) -> float:
    return math.exp(-setting.transaction_timeout / setting.mean_hold)


def _averaged(values: Floats, weights: Floats) -> float:
    return float((values * weights).sum() / weights.sum())


def _loss(setting: Setting) -> ClosedForm:
    rates, rate = setting.rates(), 1.0 / _hold(setting)
    models = [MMcc(setting.threads, float(x), rate) for x in rates]
    lost = np.array([model.blocking_probability for model in models])
    rejected = _averaged(lost, rates)
    values = {
        "rejected": rejected,
        "failed": 1.0 - (1.0 - rejected) * (1.0 - _timed_out(setting)),
        "again": 0.0,
        "waits": 0.0,
        "wait": 0.0,
        "held": float(np.mean([model.mean_busy for model in models])),
    }
    return ClosedForm(_named("M/M/c/c", setting), values, _cautions(setting))


def _retries(setting: Setting) -> ClosedForm:
    rates, rate = setting.rates(), 1.0 / _hold(setting)
    first = setting.client(1.0).driver
    backoff = None if first is None else first.delay
    models = [RetryLoss(setting.threads, float(x), rate, 1.0, backoff) for x in rates]
    if not all(model.stable for model in models):
        return _none(
            "with retries there is no steady state where the fresh load reaches the threads; what "
            "happens then depends on how long clients keep trying"
        )
    lost = np.array([model.blocking_probability for model in models])
    values = {
        "rejected": _averaged(lost, rates / (1.0 - lost)),
        "again": _averaged(lost, rates),
        "waits": 0.0,
        "wait": 0.0,
        "held": float(np.mean(rates / rate)),
    }
    unknown = (
        f"how many still fail after {setting.retry_seconds:g} s of retries depends on the course "
        "of the stretches in which the pool is full, of which no closed form speaks"
    )
    reasons = [unknown]
    if not all(model.fixed_point_holds for model in models):
        reasons.append(
            "retries come back before the pool has forgotten that it was full, so the formula's "
            "share of rejections is too low; but where a load comes near the threads only for a "
            "while, the formula takes the while as lasting, and may be too high"
        )
    return ClosedForm(
        _named("M/M/c/c with retries", setting), values, (*reasons, *_cautions(setting))
    )


def _pools(setting: Setting) -> ClosedForm:
    rates, rate = setting.rates() / setting.processes, 1.0 / _hold(setting)
    patience = setting.acquisition_timeout
    models: list[MMcD | MMc] = [
        MMcD(setting.pool, float(x), rate, patience)
        if math.isfinite(patience)
        else MMc(setting.pool, float(x), rate)
        for x in rates
    ]
    if not all(model.stable for model in models):
        return _none("without an acquisition timeout the wait for a connection grows without end")
    gone = _averaged(np.array([model.abandonment_probability for model in models]), rates)
    values = {
        "rejected": 0.0,
        "failed": 1.0 - (1.0 - gone) * (1.0 - _timed_out(setting)),
        "waits": _averaged(np.array([model.waiting_probability for model in models]), rates),
        "wait": _averaged(np.array([model.mean_wait for model in models]), rates),
        "held": setting.processes * float(np.mean([model.mean_busy for model in models])),
    }
    if setting.driver != "go":  # Go tries again where acquiring a connection timed out.
        values["again"] = 0.0
    bound = (
        f"{setting.processes * setting.pool:,} connections of all drivers cannot hold more than "
        f"{setting.threads:,} threads, so nobody is rejected"
    )
    return ClosedForm(
        _named("M/M/c+D, of each driver's pool", setting),
        values,
        (bound, *_cautions(setting, of_pools=True)),
    )


def _queue(setting: Setting) -> ClosedForm:
    if setting.queue < 0 or setting.retry_seconds > 0 or len(setting.shape) > 1:
        return _none(
            "a queue before the pool has a closed form only for a constant load, without "
            "retries, and with an end"
        )
    rate = 1.0 / _hold(setting)
    model = MMcK(setting.threads, setting.threads + setting.queue, setting.rate, rate)
    values = {
        "rejected": model.blocking_probability,
        "failed": model.blocking_probability,
        "again": 0.0,
        "waits": 0.0,
        "wait": 0.0,
        "held": model.mean_busy,
    }
    grown = "taken with all threads started; the pool grows only once its queue is full"
    return ClosedForm("M/M/c/K", values, (grown, *_cautions(setting)))


def _named(model: str, setting: Setting) -> str:
    return f"{model}, varying load" if len(setting.shape) > 1 else model


def _cautions(setting: Setting, *, of_pools: bool = False) -> tuple[str, ...]:
    """Return what the formulas leave out of every setting, and of this driver's pool."""
    opening = (
        "a wait also holds the opening of a new connection, and the time to an answer the "
        "network and the pauses between tries; no formula here has them"
    )
    said = [opening]
    if of_pools and setting.driver == "dotnet":
        said.append(
            "the formula hands a freed connection over at once; .NET looks every 500 ms, so its "
            "waits are longer"
        )
    if of_pools and setting.driver == "python":
        said.append(
            "the formula serves those who wait in order; Python lets them race, so their mean wait "
            "is shorter and more of them give up"
        )
    if of_pools and setting.driver == "java 5.27":
        said.append("the formula lets any number wait; Java from 5.27 on lets 100")
    return tuple(said)
