"""Open-loop load on a Bolt server, through the official driver.

Arrivals are drawn beforehand and each becomes a task of its own, so that a slow server
never slows the arrivals down. Every attempt is recorded with start, end and outcome. This
room must not know how the server was started or what is sampled from it.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from neo4j import (
    AsyncDriver,
    AsyncGraphDatabase,
    AsyncManagedTransaction,
    AsyncSession,
    AsyncTransaction,
)
from neo4j.exceptions import DriverError, Neo4jError

from data.lab.scenarios import Client, Scenario, Stream, rate_profile

NO_THREADS = "Neo.TransientError.Request.NoThreadsAvailable"
SLEEP = "CALL lab.sleep($millis)"
SPIN = "CALL lab.spin($millis)"
WARM_UP = "CALL lab.sleep(1)"
STATEMENTS_PER_THINK = 4
LOGNORMAL_SIGMA = 0.8
ACQUISITION_TIMEOUT_SECONDS = 20.0
RETRY_TIMEOUT_SECONDS = 20.0
DRAIN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request to come: seconds after the start, its stream, and its drawn times."""

    at: float
    stream: Stream
    instance: int
    work: float
    pauses: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request as its client saw it; ``start`` and ``end`` are epoch seconds."""

    start: float
    end: float
    client: str
    kind: str
    outcome: str
    tries: int = 1


@dataclass(slots=True)
class Record:
    """Everything the clients saw, and what they still hold."""

    attempts: list[Attempt] = field(default_factory=list)
    leaked: list[tuple[AsyncSession, AsyncTransaction]] = field(default_factory=list)


def thin_arrivals(
    rate: Callable[[float], float], top: float, length: float, draw: random.Random
) -> list[float]:
    """Return the times of a Poisson process whose rate varies, by thinning.

    Parameters
    ----------
    rate : callable
        Seconds after the start to a rate per second, nowhere above `top`.
    top : float, per second, > 0
    length : float, seconds, > 0
    draw : random.Random

    Returns
    -------
    list of float
        Ascending, within [0, `length`).

    Raises
    ------
    ValueError
        When the rate passes `top` or is negative somewhere it was asked.

    Notes
    -----
    Lewis and Shedler (1979), algorithm 1.
    """
    times: list[float] = []
    now = draw.expovariate(top)
    while now < length:
        wanted = rate(now)
        if not 0.0 <= wanted <= top * (1 + 1e-9):
            raise ValueError(f"the rate {wanted} at {now} s is outside [0, {top}]")
        if draw.random() * top < wanted:
            times.append(now)
        now += draw.expovariate(top)
    return times


def plan_arrivals(scenario: Scenario, length: float, seed: int) -> list[Arrival]:
    """Return every request of a capture in order of time.

    Parameters
    ----------
    scenario : Scenario
    length : float, seconds, > 0
    seed : int
        The same seed gives the same plan.
    """
    profile = rate_profile(scenario.profile)
    instances = {client.agent: client.instances for client in scenario.clients}
    arrivals: list[Arrival] = []
    for number, stream in enumerate(scenario.streams):
        draw = random.Random(f"{seed}/{number}")
        top = stream.rate
        if stream.kind in ("leak", "burst"):
            count = int(length * top)
            times = [(n + 1) / top for n in range(count) for _ in range(stream.size)]
        else:
            times = thin_arrivals(
                lambda now, top=top: top * profile(now / length),  # type: ignore[misc]
                top,
                length,
                draw,
            )
        for at in times:
            pauses: tuple[float, ...] = ()
            if stream.kind == "think":
                mean = stream.think / (STATEMENTS_PER_THINK - 1)
                pauses = tuple(
                    draw.expovariate(1 / mean) if mean > 0 else 0.0
                    for _ in range(STATEMENTS_PER_THINK - 1)
                )
            instance = draw.randrange(instances[stream.client])
            arrivals.append(Arrival(at, stream, instance, _draw_work(stream, draw), pauses))
    return sorted(arrivals, key=lambda arrival: arrival.at)


def _draw_work(stream: Stream, draw: random.Random) -> float:
    if stream.hold <= 0:
        return 0.0
    if stream.shape == "lognormal":
        return draw.lognormvariate(math.log(stream.hold) - LOGNORMAL_SIGMA**2 / 2, LOGNORMAL_SIGMA)
    return draw.expovariate(1 / stream.hold)


class Load:
    """The clients of a scenario, connected to one server.

    Parameters
    ----------
    address : str
        Such as ``bolt://127.0.0.1:7687``.
    scenario : Scenario
    threads : int, >= 1
        The server's threads; the pools are warmed with fewer connections at once.
    """

    def __init__(self, address: str, scenario: Scenario, threads: int) -> None:
        self.record = Record()
        self._address = address
        self._scenario = scenario
        self._threads = threads
        self._drivers: dict[tuple[str, int], AsyncDriver] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        """Make the drivers and warm their pools, one instance after the other."""
        for client in self._scenario.clients:
            for instance in range(client.instances):
                driver = AsyncGraphDatabase.driver(self._address, **_driver_options(client))
                await self._stack.enter_async_context(driver)
                self._drivers[client.agent, instance] = driver
                await _warm(driver, max(1, min(client.warm, self._threads - 1)))

    async def run(self, arrivals: list[Arrival]) -> None:
        """Send every request at its time, whatever became of the earlier ones.

        Parameters
        ----------
        arrivals : list of Arrival
            In order of time.
        """
        start = time.monotonic()
        for arrival in arrivals:
            wait = start + arrival.at - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            task = asyncio.create_task(self._attempt(arrival))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Wait for requests under way; what takes too long is cancelled."""
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=DRAIN_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def close(self) -> None:
        """Give up the leaked transactions and close the drivers."""
        for session, transaction in self.record.leaked:
            await _quietly(transaction.cancel)
            await _quietly(session.cancel)
        self.record.leaked.clear()
        await self._stack.aclose()

    async def _attempt(self, arrival: Arrival) -> None:
        driver = self._drivers[arrival.stream.client, arrival.instance]
        tries = [0]
        start = time.time()
        try:
            await self._perform(driver, arrival, tries)
            outcome = "ok"
        except Neo4jError as error:
            outcome = "no_threads" if error.code == NO_THREADS else str(error.code)
        except (DriverError, OSError) as error:
            outcome = _name_client_error(error)
        end, stream = time.time(), arrival.stream
        self.record.attempts.append(
            Attempt(start, end, stream.client, stream.kind, outcome, max(tries[0], 1))
        )

    async def _perform(self, driver: AsyncDriver, arrival: Arrival, tries: list[int]) -> None:
        millis = round(arrival.work * 1000)
        statement = SPIN if arrival.stream.work == "spin" else SLEEP
        if arrival.stream.kind == "leak":
            session = driver.session()
            transaction = await session.begin_transaction()
            result = await transaction.run(statement, millis=millis)
            await result.consume()
            self.record.leaked.append((session, transaction))
            return

        async def work(transaction: AsyncManagedTransaction | AsyncTransaction) -> None:
            tries[0] += 1
            parts = len(arrival.pauses) + 1
            for pause in (0.0, *arrival.pauses):
                if pause > 0:
                    await asyncio.sleep(pause)
                result = await transaction.run(statement, millis=round(millis / parts))
                await result.consume()

        async with driver.session() as session:
            if arrival.stream.retries:
                await session.execute_read(work)
            elif arrival.stream.kind == "think":
                async with await session.begin_transaction() as transaction:
                    await work(transaction)
                    await transaction.commit()
            else:
                result = await session.run(statement, millis=millis)
                await result.consume()


def _driver_options(client: Client) -> dict[str, Any]:
    options: dict[str, Any] = {
        "user_agent": client.agent,
        "connection_acquisition_timeout": ACQUISITION_TIMEOUT_SECONDS,
        "max_transaction_retry_time": RETRY_TIMEOUT_SECONDS,
        "telemetry_disabled": True,
    }
    if client.pool is not None:
        options["max_connection_pool_size"] = client.pool
    return options


async def _warm(driver: AsyncDriver, connections: int) -> None:
    """Open so many connections by as many transactions at once, and leave them idle."""
    async with AsyncExitStack() as stack:
        for _ in range(connections):
            session = await stack.enter_async_context(driver.session())
            transaction = await stack.enter_async_context(await session.begin_transaction())
            result = await transaction.run(WARM_UP)
            await result.consume()


def _name_client_error(error: Exception) -> str:
    text = str(error)
    if "acquire a connection" in text or "acquire connection" in text:
        return "client_pool"
    if NO_THREADS in text or "no available threads" in text:
        return "no_threads"
    return type(error).__name__


async def _quietly(close: Callable[[], Any]) -> None:
    try:
        answer = close()
        if answer is not None:
            await answer
    except (DriverError, Neo4jError, OSError):
        return
