"""How a request of each kind is made through the official driver.

It must not know when requests come, what becomes of them, or how the server was started.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import LiteralString

from neo4j import (
    AsyncDriver,
    AsyncManagedTransaction,
    AsyncSession,
    AsyncTransaction,
    Bookmarks,
)

from data.lab.errors import LabError
from data.lab.streams import Stream

SLEEP: LiteralString = "CALL lab.sleep($millis)"
SPIN: LiteralString = "CALL lab.spin($millis)"
STOCK: LiteralString = "UNWIND range(0, $spots - 1) AS id CREATE (:Stock {id: id, sold: 0})"
SELL: LiteralString = "MATCH (n:Stock {id: $spot}) SET n.sold = n.sold + 1"
ROWS: LiteralString = (
    "WITH reduce(s = '', i IN range(1, $width / 100) | s + $part) AS text"
    " UNWIND range(1, $rows) AS row RETURN row, text"
)
KEEP: LiteralString = (
    "UNWIND range(1, $rows) AS row WITH collect({row: row, text: toString(row)}) AS kept"
    " CALL lab.sleep($millis) YIELD millis RETURN size(kept) AS rows, millis"
)
PART = 100
#: A transaction so many after the last one: the database does not come so far.
FAR = 1_000_000
_BOOKMARK = re.compile(
    rb"(?P<database>\x91\xcc\x10.{16})"
    rb"(?P<number>[\x00-\x7f]|\xc9.{2}|\xca.{4}|\xcb.{8})(?P<rest>\x90)",
    re.DOTALL,
)

_Transaction = AsyncManagedTransaction | AsyncTransaction


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request to come: seconds after the start, its stream, and its drawn times."""

    at: float
    stream: Stream
    instance: int
    work: float
    pauses: tuple[float, ...] = ()
    spot: int = 0


async def prepare(driver: AsyncDriver, spots: int) -> None:
    """Make the nodes that writers contend for.

    Parameters
    ----------
    driver : AsyncDriver
    spots : int, >= 1
    """
    async with driver.session() as session:
        await (await session.run(STOCK, spots=spots)).consume()


async def ask_for_bookmark(driver: AsyncDriver) -> str:
    """Return a bookmark of a transaction that does not come while the server runs.

    Parameters
    ----------
    driver : AsyncDriver

    Raises
    ------
    LabError
        When the server's bookmarks have another form than the known one.
    """
    async with driver.session() as session:
        await (await session.run("CREATE (:Beginning)")).consume()
        known = next(iter((await session.last_bookmarks()).raw_values))
    return later_bookmark(known, FAR)


def later_bookmark(bookmark: str, transactions: int) -> str:
    """Return the bookmark of a transaction so many after that of another one.

    Parameters
    ----------
    bookmark : str
        As a 5.26 server gives it: ``FB:`` and PackStream in base 64, a list of the
        database's id of 16 bytes, the transaction's number, and a list.
    transactions : int, >= 1

    Raises
    ------
    LabError
        When it has another form.

    Examples
    --------
    >>> later_bookmark("FB:kcwQLhyy/4oWRU2WMaEQ9+lciAWQ", 1_000_000)
    'FB:kcwQLhyy/4oWRU2WMaEQ9+lciMoAD0JFkA=='
    """
    try:
        found = _BOOKMARK.fullmatch(base64.b64decode(bookmark.removeprefix("FB:")))
    except binascii.Error:
        found = None
    if found is None:
        raise LabError(f"The server's bookmark {bookmark!r} has a form that the lab cannot read.")
    number = found["number"]
    last = int.from_bytes(number[1:] or number, "big")
    far = b"\xca" + (last + transactions).to_bytes(4, "big")
    return "FB:" + base64.b64encode(found["database"] + far + found["rest"]).decode()


async def perform(
    driver: AsyncDriver, arrival: Arrival, tries: list[int], bookmark: str | None
) -> tuple[AsyncSession, AsyncTransaction] | None:
    """Make one request, and return what a leak leaves open.

    Parameters
    ----------
    driver : AsyncDriver
    arrival : Arrival
    tries : list of int
        Its only item is raised at each try.
    bookmark : str, optional
        For requests that wait for one.

    Raises
    ------
    neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError, OSError
        What became of a request that failed.
    """
    stream = arrival.stream
    millis = round(arrival.work * 1000)
    statement = SPIN if stream.work == "spin" else SLEEP
    if stream.kind == "leak":
        session = driver.session()
        transaction = await session.begin_transaction()
        result = await transaction.run(statement, millis=millis)
        await result.consume()
        return session, transaction

    async def work(transaction: _Transaction) -> None:
        tries[0] += 1
        if stream.kind == "lock":
            await (await transaction.run(SELL, spot=arrival.spot)).consume()
        parts = len(arrival.pauses) + 1
        for pause in (0.0, *arrival.pauses):
            if pause > 0:
                await asyncio.sleep(pause)
            result = await transaction.run(statement, millis=round(millis / parts))
            await result.consume()

    async def read(transaction: _Transaction | AsyncSession) -> None:
        tries[0] += 1
        part = "x" * PART
        result = await transaction.run(ROWS, rows=stream.rows, width=stream.width, part=part)
        async for _ in result:
            await asyncio.sleep(arrival.pauses[0] / stream.rows)

    async with AsyncExitStack() as stack:
        if stream.kind == "fresh":
            await stack.enter_async_context(driver)
        session = await stack.enter_async_context(
            driver.session(
                fetch_size=stream.fetch,
                bookmarks=Bookmarks.from_raw_values([bookmark])
                if bookmark and stream.kind == "bookmark"
                else None,
            )
        )
        if stream.retries:
            do = session.execute_write if stream.kind == "lock" else session.execute_read
            await do(read if stream.kind == "read" else work)
        elif stream.kind in ("think", "lock"):
            async with await session.begin_transaction() as transaction:
                await work(transaction)
                await transaction.commit()
        elif stream.kind == "read":
            await read(session)
        elif stream.kind == "heap":
            await (await session.run(KEEP, rows=stream.rows, millis=millis)).consume()
        else:
            result = await session.run(statement, millis=millis)
            await result.consume()
    return None
