"""Open-loop load on a Bolt server, through the official driver.

Arrivals are drawn beforehand and each becomes a task of its own, so that a slow server
never slows the arrivals down. Every attempt is recorded with start, end and outcome. This
room must not know how the server was started or what is sampled from it.
"""

from __future__ import annotations

import asyncio
import contextvars
import math
import random
import re
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from neo4j import AsyncDriver, AsyncGraphDatabase, AsyncSession, AsyncTransaction
from neo4j.exceptions import DriverError, Neo4jError

from data.lab.client_logs import ClientLogs
from data.lab.cutting import IdleCutter
from data.lab.hosts import Process, act_as, host_of
from data.lab.requests import Arrival, ask_for_bookmark, perform, prepare
from data.lab.streams import Client, Scenario, Stream, rate_profile

NO_THREADS = "Neo.TransientError.Request.NoThreadsAvailable"
WARM_UP = "CALL lab.sleep(1)"
STATEMENTS_PER_THINK = 4
LOGNORMAL_SIGMA = 0.8
RETRY_TIMEOUT_SECONDS = 20.0
DRAIN_SECONDS = 30.0


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
    clients = {client.agent: client for client in scenario.clients}
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
        client = clients[stream.client]
        running = client.instances - (client.later if stream.start < client.start else 0)
        for at in times:
            if at < stream.start * length or (stream.end < 1.0 and at >= stream.end * length):
                continue
            pauses: tuple[float, ...] = ()
            if stream.kind == "think":
                mean = stream.think / (STATEMENTS_PER_THINK - 1)
                pauses = tuple(
                    draw.expovariate(1 / mean) if mean > 0 else 0.0
                    for _ in range(STATEMENTS_PER_THINK - 1)
                )
            elif stream.kind == "read":
                pauses = (draw.expovariate(1 / stream.think),)
            instance = draw.randrange(running)
            work = _draw_work(stream, draw)
            spot = draw.randrange(stream.spots) if stream.kind == "lock" else 0
            arrivals.append(Arrival(at, stream, instance, work, pauses, spot))
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
    logs : ClientLogs
        Where the clients' own logs go.
    """

    def __init__(self, address: str, scenario: Scenario, threads: int, logs: ClientLogs) -> None:
        self.record = Record()
        self._scenario = scenario
        self._threads = threads
        self._logs = logs
        self._clients = {client.agent: client for client in scenario.clients}
        self._addresses = dict.fromkeys(self._clients, address)
        self._drivers: dict[tuple[str, int], AsyncDriver] = {}
        self._bookmark: str | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        """Make the drivers and warm their pools, one instance after the other."""
        for client in self._scenario.clients:
            if client.cut_after is not None:
                cutter = IdleCutter(self._addresses[client.agent], client.cut_after)
                await self._stack.enter_async_context(cutter)
                self._addresses[client.agent] = cutter.address
            for instance in range(client.instances - client.later):
                # A task of its own, so that nobody else acts as this process afterwards.
                await asyncio.create_task(self._start(client, instance))
        first = next(iter(self._drivers.values()))
        kinds = {stream.kind for stream in self._scenario.streams}
        if "lock" in kinds:
            await prepare(first, max(stream.spots for stream in self._scenario.streams))
        if "bookmark" in kinds:
            self._bookmark = await ask_for_bookmark(first)

    async def run(self, arrivals: list[Arrival], length: float) -> None:
        """Send every request at its time, whatever became of the earlier ones.

        Parameters
        ----------
        arrivals : list of Arrival
            In order of time.
        length : float, seconds, > 0
            Of the capture, for clients that start in the midst of it.
        """
        start = time.monotonic()
        waiting = sorted(
            ((client.start * length, client) for client in self._clients.values() if client.later),
            key=lambda pair: pair[0],
        )
        for arrival in arrivals:
            while waiting and waiting[0][0] <= arrival.at:
                at, client = waiting.pop(0)
                await asyncio.sleep(max(0.0, start + at - time.monotonic()))
                for instance in range(client.instances - client.later, client.instances):
                    contextvars.copy_context().run(self._make, client, instance)
            wait = start + arrival.at - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            task = asyncio.create_task(self._attempt(arrival))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _process(self, agent: str, instance: int) -> Process:
        return Process(agent, instance, host_of(list(self._clients).index(agent), instance))

    def _make(self, client: Client, instance: int) -> AsyncDriver:
        act_as(self._process(client.agent, instance))
        driver = self._driver(client)
        self._stack.push_async_exit(driver)
        self._drivers[client.agent, instance] = driver
        return driver

    async def _start(self, client: Client, instance: int) -> None:
        driver = self._make(client, instance)
        if client.warm:
            await _warm(driver, max(1, min(client.warm, self._threads - 1)))

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
        stream = arrival.stream
        act_as(self._process(stream.client, arrival.instance))
        tries = [0]
        start = time.time()
        try:
            kept = await perform(self._driver_for(arrival), arrival, tries, self._bookmark)
            if kept is not None:
                self.record.leaked.append(kept)
            outcome = "ok"
        except Neo4jError as error:
            outcome = "no_threads" if error.code == NO_THREADS else str(error.code)
            self._logs.tell_failure(error)
        except (DriverError, OSError) as error:
            outcome = _name_client_error(error)
            self._logs.tell_failure(error)
        self.record.attempts.append(
            Attempt(start, time.time(), stream.client, stream.kind, outcome, max(tries[0], 1))
        )

    def _driver(self, client: Client) -> AsyncDriver:
        address = self._addresses[client.agent]
        return AsyncGraphDatabase.driver(address, **_driver_options(client))

    def _driver_for(self, arrival: Arrival) -> AsyncDriver:
        if arrival.stream.kind == "fresh":
            client = self._clients[arrival.stream.client]
            return AsyncGraphDatabase.driver(
                self._addresses[client.agent], **_driver_options(client)
            )
        return self._drivers[arrival.stream.client, arrival.instance]


def _driver_options(client: Client) -> dict[str, Any]:
    options: dict[str, Any] = {
        "user_agent": client.agent,
        "connection_acquisition_timeout": client.patience,
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
    if re.search(r"(acquire|obtain) (a )?connection", text):
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
