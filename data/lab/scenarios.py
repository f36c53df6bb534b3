"""What a capture is made of: clients, streams of work, and how their rate varies.

Plain data and the named scenarios. It must not know the server, the driver or any file.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

WORKS = ("sleep", "spin")
PROFILES = ("constant", "day")
DAY_FLOOR = 0.4


@dataclass(frozen=True, slots=True)
class Client:
    """One application: a user agent and how many processes of it run.

    Parameters
    ----------
    agent : str
        The driver's user agent, such as ``shop-api/2.3``.
    instances : int, >= 1
        How many driver objects, each with its own connection pool.
    warm : int, >= 0
        Connections that each instance opens before the capture begins.
    pool : int, optional
        The most connections an instance may hold; the driver's default when absent.
    """

    agent: str
    instances: int = 1
    warm: int = 1
    pool: int | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """One flow of requests of one client.

    Parameters
    ----------
    client : str
        The user agent of the client that sends them.
    kind : {"work", "think", "leak", "burst"}
        ``work`` is one statement that takes its time on the server; ``think`` an explicit
        transaction of short statements with pauses of the client between them; ``leak``
        a transaction that is begun, runs one statement and is never closed; ``burst``
        many requests of kind ``work`` at once.
    rate : float, per second, > 0
        Poisson arrivals at the top of the profile; for ``leak`` and ``burst`` the
        regular rate of events.
    hold : float, seconds, >= 0
        Mean time of the server's work, for all statements of one request together.
    think : float, seconds, >= 0
        Mean of the client's pauses in one transaction, all together.
    shape : {"exponential", "lognormal"}
        The law of the server's work.
    work : {"sleep", "spin"}
        Whether the server's work waits or uses a processor.
    size : int, >= 1
        Requests of one burst.
    retries : bool
        Whether the driver's own retries are used.
    """

    client: str
    kind: str
    rate: float
    hold: float
    think: float = 0.0
    shape: str = "exponential"
    work: str = "sleep"
    size: int = 1
    retries: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole capture's load, and the cause of trouble that it stages.

    Parameters
    ----------
    name : str
    cause : str, optional
        What a correct diagnosis says; None when nothing is wrong.
    clients, streams : tuple
    profile : {"constant", "day"}
        How the rate of the Poisson streams varies over the capture.
    default_accounting : bool
        Whether rejections are summed up in the log (the version's default).
    """

    name: str
    cause: str | None
    clients: tuple[Client, ...]
    streams: tuple[Stream, ...]
    profile: str = "constant"
    default_accounting: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """What the command line chose; None leaves it to the scenario."""

    rate: float | None = None
    hold: float | None = None
    think: float | None = None
    leak_every: float | None = None
    burst_every: float | None = None
    burst_size: int = 20
    profile: str | None = None
    work: str | None = None
    client_pool: int | None = None
    retries: bool = False
    default_accounting: bool | None = None


def rate_profile(name: str) -> Callable[[float], float]:
    """Return the relative rate, in (0, 1], as a function of the share of time passed.

    Parameters
    ----------
    name : {"constant", "day"}
        ``day`` rises to a first, lower hump, falls, and rises to a second, full one late
        in the capture.

    Raises
    ------
    ValueError
        When the name is none of them.
    """
    if name == "constant":
        return _constant
    if name == "day":
        return _day
    raise ValueError(f"unknown profile {name!r}; known: {', '.join(PROFILES)}")


def _constant(_: float) -> float:
    return 1.0


def _day(share: float) -> float:
    first = 0.6 * math.exp(-(((share - 0.3) / 0.13) ** 2))
    second = 1.0 * math.exp(-(((share - 0.78) / 0.15) ** 2))
    return min(1.0, DAY_FLOOR + (1.0 - DAY_FLOOR) * (first + second))


def _saturated(choice: Choice) -> Scenario:
    rate, hold = choice.rate or 14.5, choice.hold or 0.4
    # The two holds average to `hold` under the shares 0.85 and 0.15.
    return Scenario(
        name="saturated",
        cause="pool_too_small",
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
            "report-job/1.1", "burst", 1.0 / choice.burst_every, hold, size=choice.burst_size
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
