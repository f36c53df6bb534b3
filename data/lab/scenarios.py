"""The named scenarios whose trouble lies in how much work there is, and where all are found.

It must not know the server, the driver or any file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from data.lab import troubles
from data.lab.choices import Choice
from data.lab.streams import Client, Scenario, Stream


def _saturated(choice: Choice) -> Scenario:
    rate, hold = choice.rate or 14.5, choice.hold or 0.4
    # The two holds average to `hold` under the shares 0.85 and 0.15.
    return Scenario(
        name="saturated",
        cause="pool_too_small",
        situation="pool_too_small",
        clients=(
            Client("shop-api/2.3", instances=4, warm=6, pool=choice.client_pool),
            Client("report-job/1.1", instances=1, warm=4, pool=choice.client_pool),
        ),
        streams=(
            Stream("shop-api/2.3", "work", 0.85 * rate, 0.9 * hold, retries=choice.retries),
            Stream(
                "report-job/1.1",
                "work",
                0.15 * rate,
                hold * (1 - 0.85 * 0.9) / 0.15,
                shape="lognormal",
                retries=choice.retries,
            ),
        ),
        profile="day",
        default_accounting=False,
    )


def _leaked(choice: Choice) -> Scenario:
    rate, hold = choice.rate or 5.0, choice.hold or 0.1
    return Scenario(
        name="leaked",
        cause="leaked_transactions",
        situation="leaked_transactions",
        clients=(
            Client("shop-api/2.3", instances=3, warm=4, pool=choice.client_pool),
            Client("report-job/1.1", instances=1, warm=1, pool=choice.client_pool),
        ),
        streams=(
            Stream("shop-api/2.3", "work", rate, hold, retries=choice.retries),
            Stream("report-job/1.1", "leak", 1.0 / (choice.leak_every or 30.0), 0.01),
        ),
        default_accounting=False,
    )


def _think_time(choice: Choice) -> Scenario:
    rate, hold = choice.rate or 2.15, choice.hold or 0.05
    return Scenario(
        name="think-time",
        cause="client_think_time",
        situation="client_think_time",
        clients=(
            Client("basket-ui/4.0", instances=3, warm=6, pool=choice.client_pool),
            Client("shop-api/2.3", instances=1, warm=3, pool=choice.client_pool),
        ),
        streams=(
            Stream(
                "basket-ui/4.0",
                "think",
                rate,
                hold,
                think=2.4 if choice.think is None else choice.think,
                retries=choice.retries,
            ),
            Stream("shop-api/2.3", "work", 2.0, 0.05, retries=choice.retries),
        ),
    )


def _quiet(choice: Choice) -> Scenario:
    rate, hold = choice.rate or 2.5, choice.hold or 0.08
    return Scenario(
        name="quiet",
        cause=None,
        situation="healthy",
        clients=(
            Client("shop-api/2.3", instances=12, warm=5, pool=choice.client_pool),
            Client("report-job/1.1", instances=2, warm=2, pool=choice.client_pool),
        ),
        streams=(
            Stream("shop-api/2.3", "work", 0.9 * rate, hold, retries=choice.retries),
            Stream("report-job/1.1", "work", 0.1 * rate, hold, retries=choice.retries),
        ),
    )


def _custom(choice: Choice) -> Scenario:
    rate, hold = choice.rate or 5.0, choice.hold or 0.2
    kind = "think" if choice.think else "work"
    first = Stream(
        "shop-api/2.3", kind, rate, hold, think=choice.think or 0.0, retries=choice.retries
    )
    streams = [first]
    if choice.leak_every:
        streams.append(Stream("report-job/1.1", "leak", 1.0 / choice.leak_every, 0.01))
    if choice.burst_every:
        burst = Stream(
            "report-job/1.1", "burst", 1.0 / choice.burst_every, hold, size=choice.burst_size or 20
        )
        streams.append(burst)
    return Scenario(
        name="custom",
        cause=None,
        clients=(
            Client("shop-api/2.3", instances=2, warm=4, pool=choice.client_pool),
            Client("report-job/1.1", instances=1, warm=1, pool=choice.client_pool),
        ),
        streams=tuple(streams),
    )


SCENARIOS: dict[str, Callable[[Choice], Scenario]] = {
    "saturated": _saturated,
    "leaked": _leaked,
    "think-time": _think_time,
    "quiet": _quiet,
    "custom": _custom,
    **troubles.TROUBLES,
}


def stage(name: str, choice: Choice) -> Scenario:
    """Return a named scenario with the choices of the command line put in.

    Parameters
    ----------
    name : str
        A key of ``SCENARIOS``.
    choice : Choice

    Raises
    ------
    KeyError
        When there is no such scenario.
    """
    scenario = SCENARIOS[name](choice)
    accounting = choice.default_accounting
    work = choice.work
    return replace(
        scenario,
        streams=tuple(replace(s, work=work) if work else s for s in scenario.streams),
        profile=choice.profile or scenario.profile,
        default_accounting=scenario.default_accounting if accounting is None else accounting,
    )
