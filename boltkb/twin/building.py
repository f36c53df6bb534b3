"""From parameters to the kernel's arrays, and their growth while a run goes on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from boltkb.errors import ParameterError
from boltkb.queueing import Constant
from boltkb.twin.clients import Client, Driver, Work
from boltkb.twin.kernel import codes, layout
from boltkb.twin.kernel.layout import State
from boltkb.twin.laws import Law, LawTable, as_law
from boltkb.twin.loads import Bursts, Curve, Load, Poisson, Renewal, Replay, Users
from boltkb.twin.server import Server

__all__ = ["build", "grow"]

_REUSE = {"last in": codes.LAST_IN, "first in": codes.FIRST_IN, "oldest slot": codes.OLDEST_SLOT}
_WAITERS = {
    "in order": codes.IN_ORDER, "any order": codes.ANY_ORDER, "polling": codes.BY_POLLING,
    "burst reversed": codes.BURST_REVERSED,
}  # fmt: skip
_STOPS = {
    None: codes.SIGNS_IN, "connected": codes.ONLY_CONNECTS, "negotiated": codes.ONLY_NEGOTIATES,
}  # fmt: skip
#: Records of connections and requests at the start; more are made when they run out.
_FIRST = 1024
#: Rows of a block of records: few enough to stay near the processor until they are copied.
_BLOCK = 8_192
#: Messages of one connection that a worker takes at most, up to 4.4, before it gives way.
_BATCH = 100


def build(
    server: Server,
    clients: Sequence[Client],
    *,
    seed: int,
    sample_every: float,
    want: Sequence[int],
) -> State:
    """Return the state at the start of a run, with everything planned that is known by then.

    Parameters
    ----------
    server : Server
    clients : sequence of Client
    seed : int, >= 0
    sample_every : float, seconds, > 0
    want : sequence of int
        Kinds of records to write.

    Raises
    ------
    ParameterError
        What does not fit together.
    """
    problems: list[str] = []
    if not clients:
        problems.append("at least one client is needed; got none")
    for client in clients:
        if client.driver is None and server.members > 1:
            problems.append(f"`{client.name}` has no driver and cannot choose among members")
        if client.driver is None and (client.one_driver_per_request or client.deploys):
            problems.append(f"`{client.name}` has no driver that could be made anew")
        if client.stops_at is not None and isinstance(client.load, Users):
            problems.append(f"`{client.name}` gets no answer that its users could wait for")
    if problems:
        raise ParameterError(problems)
    laws = LawTable()
    world = np.zeros(1, layout.WORLD)
    members = _members(server, laws)
    rows = np.zeros(len(clients), layout.CLIENT)
    first_driver = 0
    for row, client in zip(rows, clients, strict=True):
        _client(row, client, first_driver, server, laws)
        first_driver += client.processes if client.driver is not None else 1
    drivers = np.zeros(first_driver, layout.DRIVER)
    for k, row in enumerate(rows):
        drivers["client"][row["first_driver"] : row["first_driver"] + row["drivers"]] = k
    pools = _pools(drivers, server.members)
    locks = np.full(server.members * server.hot_locks, -1, layout.LOCK)
    for name in ("owner", "head", "tail"):
        locks[name] = -1
    unix = server.unix_socket_threads if server.second_pool else 1
    threads = max(server.threads, unix)
    world["members"], world["clients"] = server.members, len(clients)
    world["sample_every"] = sample_every
    world["ring"] = threads + 2
    world["want"] = sum(1 << kind for kind in want)
    executors = _executors(server)
    idle = np.zeros((executors.size, threads + 2), np.int64)
    for e, executor in enumerate(executors):
        idle[e, : executor["idle"]] = np.arange(executor["idle"])
    law_rows = np.zeros(max(1, len(laws.rows)), layout.LAW)
    for i, values in enumerate(laws.rows):
        law_rows[i] = values
    working = server.threads + unix + 2
    streams = len(clients) * codes.STREAMS + server.members
    state = State(
        world=world,
        members=members,
        executors=executors,
        drivers=drivers,
        pools=pools,
        connections=np.zeros(0, layout.CONNECTION),
        requests=np.zeros(0, layout.REQUEST),
        clients=rows,
        laws=law_rows,
        locks=locks,
        idle_workers=idle,
        idle_since=np.zeros(idle.shape),
        times=np.zeros(4 * _FIRST),
        order=np.zeros(4 * _FIRST, np.int64),
        what=np.zeros(4 * _FIRST, np.int64),
        finish=np.zeros((server.members, working)),
        finisher=np.zeros((server.members, working), np.int64),
        clocks=np.full(server.members + len(clients), math.inf),
        random=_random(seed, streams),
        records=np.zeros((_BLOCK, layout.RECORD_WIDTH)),
        samples=np.zeros((1024 + 4 * server.members, layout.SAMPLE_WIDTH)),
        table=np.array(laws.numbers or [0.0], dtype=float),
    )
    world["records_room"], world["samples_room"] = len(state.records), len(state.samples)
    world["heap_room"] = state.times.size
    state = grow(grow(state, codes.NEED_CONNECTIONS), codes.NEED_REQUESTS)
    return _planned(state, clients)


def grow(state: State, need: int) -> State:
    """Return the state with twice the room for what ran out."""
    if need == codes.NEED_HEAP:
        state.world["heap_room"] = 2 * state.times.size
        return state._replace(
            times=np.concatenate([state.times, np.zeros_like(state.times)]),
            order=np.concatenate([state.order, np.zeros_like(state.order)]),
            what=np.concatenate([state.what, np.zeros_like(state.what)]),
        )
    name = "connections" if need == codes.NEED_CONNECTIONS else "requests"
    head, spare = f"free_{name[:-1]}", f"spare_{name}"
    old = getattr(state, name)
    more = max(_FIRST, old.size)
    if old.size + more >= 1 << 28:
        raise ParameterError(
            f"more than {old.size:,} {name} at once: the load outgrows the simulation; "
            "shorten it, or let the clients wait for less"
        )
    fresh = np.zeros(more, old.dtype)
    fresh["next"] = np.arange(old.size + 1, old.size + more + 1)
    fresh["next"][-1] = state.world[head][0] if old.size else -1
    state.world[head] = old.size
    state.world[spare] += more
    changed: dict[str, Any] = {name: np.concatenate([old, fresh])}
    return state._replace(**changed)


def _planned(state: State, clients: Sequence[Client]) -> State:
    from boltkb.twin.kernel.compiling import table_of
    from boltkb.twin.kernel.starting import plan_event, start

    while state.times.size < 4 * _FIRST + sum(c.processes * len(c.deploys) for c in clients):
        state = grow(state, codes.NEED_HEAP)
    table = table_of(state)
    start(table)
    for k, client in enumerate(clients):
        for moment in client.deploys:
            for i in range(client.processes):
                d = int(state.clients["first_driver"][k]) + i
                plan_event(table, moment + i * client.deploy_step, codes.DEPLOY, d)
    return state


def _random(seed: int, streams: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ParameterError(f"`seed` must be a whole number, 0 or more; got {seed!r}")
    sequences = np.random.SeedSequence(seed).spawn(streams)
    return np.array([sequence.generate_state(4, np.uint64) for sequence in sequences])


def _law(value: Law | float | None, laws: LawTable) -> int:
    return laws.add(as_law("law", value, []))


def _members(server: Server, laws: LawTable) -> layout.Array:
    rows = np.zeros(server.members, layout.MEMBER)
    rows["rejection"] = codes.CLOSES if server.closes_rejected else codes.KEEPS
    rows["modern"] = server.modern
    rows["binding"] = server.binding
    rows["revalidates"] = server.looks_while_waiting
    rows["transaction_limit"] = server.transaction_limit
    rows["hello_law"] = _law(server.sign_in, laws)
    rows["house_law"] = _law(server.housekeeping, laws)
    rows["pause_law"] = _law(server.machine.pause, laws)
    rows["pause_gap_law"] = _law(server.machine.pause_every, laws)
    rows["hello_messages"] = server.hello_messages
    rows["first_lock"] = np.arange(server.members) * server.hot_locks
    rows["locks"] = server.hot_locks
    rows["cores"] = server.machine.cores
    rows["linger"] = server.linger
    rows["transaction_timeout"] = server.transaction_timeout
    rows["consume_limit"] = server.consume_limit
    rows["hand_back"], rows["resubmit"] = server.hand_back, server.resubmit
    rows["sign_in_timeout"] = server.sign_in_timeout
    rows["batch_limit"] = 0 if server.modern else _BATCH
    rows["speed"] = 1.0
    return rows


def _executors(server: Server) -> layout.Array:
    rows = np.zeros(2 * server.members, layout.EXECUTOR)
    main, second = rows[0::2], rows[1::2]
    main["core"], main["most"] = server.core_threads, server.threads
    main["room"], main["keep_alive"] = server.queue, server.keep_alive
    main["size"] = main["idle"] = main["workers"] = server.core_threads
    second["core"], second["keep_alive"] = 0, 300.0
    second["most"] = server.unix_socket_threads if server.second_pool else 0
    rows["queue_head"] = rows["queue_tail"] = -1
    rows["trim_at"] = math.inf
    return rows


def _pools(drivers: layout.Array, members: int) -> layout.Array:
    rows = np.zeros(drivers.size * members * 2, layout.POOL)
    rows["driver"] = np.repeat(np.arange(drivers.size), 2 * members)
    rows["client"] = drivers["client"][rows["driver"]]
    rows["member"] = np.tile(np.repeat(np.arange(members), 2), drivers.size)
    for name in ("idle_head", "idle_tail", "wait_head", "wait_tail", "burst_before"):
        rows[name] = -1
    rows["burst_at"] = -1.0
    rows["timer_at"], rows["pruned_at"] = math.inf, -math.inf
    return rows


def _client(row: Any, client: Client, first_driver: int, server: Server, laws: LawTable) -> None:
    row["direct"] = client.driver is None
    row["unix"] = client.unix_socket and server.second_pool
    row["drivers"], row["first_driver"] = client.processes, first_driver
    if client.driver is None:
        row["drivers"] = 1
    _driver(row, client.driver or Driver())
    _work(row, client.work, laws)
    _load(row, client.load, laws)
    row["per_request"] = client.one_driver_per_request
    row["messages"] = client.messages
    for name in ("connect", "latency", "writes", "cut_after"):
        row[name] = getattr(client, name)
    if client.driver is None and client.stops_at is None:
        row["latency"] = row["connect"] = 0.0
    row["overlap"] = client.deploy_overlap
    row["stops_at"] = _STOPS[client.stops_at]
    row["hangs_up_after"] = client.hangs_up_after


def _driver(row: Any, driver: Driver) -> None:
    row["pool_size"] = driver.pool
    row["reuse"], row["waiters"] = _REUSE[driver.reuse], _WAITERS[driver.waiters]
    row["pending_cap"] = -1 if driver.pending is None else driver.pending
    row["purge_wakes"], row["prunes"] = driver.purge_wakes, driver.prunes_aged
    row["checks_on_release"] = driver.closes_aged_on_release
    row["clock_from_call"], row["least_tries"] = driver.clock_from_call, driver.least_tries
    row["step_first"] = driver.doubles_first
    row["retry_full"] = driver.retries_pending_full
    row["retry_timeout"] = driver.retries_acquisition_timeout
    row["retry_dead"] = driver.retries_dead_at_once
    row["shared_line"] = driver.one_line
    row["clock_covers"] = driver.clock_covers == "connecting"
    row["wakes_after"] = driver.wakes_after
    row["liveness"] = -1.0 if driver.liveness is None else driver.liveness
    names = "acquisition_timeout lifetime poll delay multiplier jitter budget"
    for name in names.split():
        row[name] = getattr(driver, name)


def _work(row: Any, work: Work, laws: LawTable) -> None:
    row["managed"] = work.kind == "managed"
    row["transaction"] = codes.AUTO_COMMIT if work.kind == "auto-commit" else codes.EXPLICIT
    queries = work.queries
    if isinstance(queries, int | float):
        queries = Constant(float(queries))
    pipelined = work.pipelined
    if isinstance(pipelined, int | float):
        pipelined = Constant(float(pipelined))
    row["pipelined_law"] = -1 if work.pipelined == 1 else laws.add(pipelined)
    row["queries_law"] = -1 if work.queries == 1 else laws.add(queries)
    row["work_law"] = _law(work.seconds, laws)
    for name in ("think", "commit", "read", "bookmark"):
        row[f"{name}_law"] = _law(getattr(work, name), laws)
    for name in ("read_share", "bookmark_share", "lock_share", "leak_share", "cpu", "timeout"):
        row[name] = getattr(work, name)


def _load(row: Any, load: Load, laws: LawTable) -> None:
    row["gap_law"] = row["spread_law"] = -1
    row["batch"] = 1
    row["from_time"], row["until"] = load.start, load.end
    if isinstance(load, Poisson):
        row["load"], row["rate"], row["batch"] = codes.POISSON, load.rate, load.batch
    elif isinstance(load, Renewal):
        row["load"], row["batch"] = codes.RENEWAL, load.batch
        row["gap_law"] = _law(load.gap, laws)
    elif isinstance(load, Users):
        row["load"], row["users"] = codes.CLOSED, load.users
        row["gap_law"] = _law(load.pause, laws)
    elif isinstance(load, Bursts):
        row["load"], row["batch"] = codes.BURSTS, load.size
        row["gap_law"], row["spread_law"] = _law(load.every, laws), _law(load.spread, laws)
    elif isinstance(load, Curve):
        row["load"], row["rate"] = codes.CURVE, max(load.rates)
        row["period"] = load.repeat or 0.0
        row["table_size"] = len(load.times)
        row["table"] = laws.add_numbers(np.array([*load.times, *load.rates], dtype=float))
    elif isinstance(load, Replay):
        row["load"], row["table_size"] = codes.REPLAY, len(load.times)
        row["table"] = laws.add_numbers(np.array(load.times, dtype=float))
