"""Runs Python samples of the pages against a server, and holds what they claim against it.

`run.py CASES RESULTS`: the cases are JSON, `{"uri": ..., "samples": [{"name", "text"}]}`.  A sample
takes `uri`, `auth` and `driver` as given; that driver's pool has one connection, so that a sample
which does not give back what it took fails the second time.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import sys
import time
import traceback
from pathlib import Path

from neo4j import AsyncGraphDatabase, Driver, GraphDatabase
from neo4j.exceptions import DriverError, TransientError

AUTH = ("neo4j", "secret")
PARALLEL, LIMIT, HOLD_SECONDS, PATIENCE_SECONDS = 60, 4, 0.05, 30.0
CONNECTED = "CALL dbms.listConnections() YIELD userAgent RETURN collect(userAgent) AS agents"


def run(name: str, text: str, uri: str) -> dict[str, object]:
    """Run a sample twice; return its error, its connection's user agents and its proof."""
    found: dict[str, object] = {"name": name, "error": None, "agents": [], "proof": None}
    with GraphDatabase.driver(
        uri, auth=AUTH, max_connection_pool_size=1, connection_acquisition_timeout=2
    ) as given:
        try:
            for _ in range(2):
                space = {"__name__": "sample", "uri": uri, "auth": AUTH, "driver": given}
                # A sample may await at its top, as a notebook does.
                code = compile(text, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
                awaited = eval(code, space)
                if inspect.iscoroutine(awaited):
                    asyncio.run(awaited)
                if space["driver"] is not given:
                    found["agents"] = agents(space["driver"])
            if "Bounded" in space:
                found["proof"] = asyncio.run(prove(space["Bounded"], space["Busy"], uri))
        except Exception:
            found["error"] = traceback.format_exc()
    return found


def agents(driver: Driver) -> list[str]:
    """Return the user agents that the server sees while a sample's own driver is connected."""
    try:
        with driver:
            return driver.execute_query(CONNECTED).records[0]["agents"]
    except DriverError:  # the sample has closed it
        return []


async def prove(bounded: type, busy: type[Exception], uri: str) -> dict[str, object]:
    """Send the same burst with a bound of four and with none; then wait for a slot in vain."""
    async with AsyncGraphDatabase.driver(uri, auth=AUTH) as driver:

        async def work() -> None:
            async with driver.session() as session, await session.begin_transaction() as tx:
                await (await tx.run("RETURN 1")).consume()
                await asyncio.sleep(HOLD_SECONDS)
                await tx.commit()

        async def rejected(burst: list) -> int:
            ends = await asyncio.gather(*burst, return_exceptions=True)
            wrong = [end for end in ends if isinstance(end, Exception)]
            refused = [e for e in wrong if isinstance(e, TransientError) and "NoThreads" in e.code]
            if len(refused) != len(wrong):
                raise ExceptionGroup("a burst", wrong)
            return len(refused)

        bound = bounded(LIMIT, PATIENCE_SECONDS)
        with_bound = await rejected([bound.run(work) for _ in range(PARALLEL)])
        without = await rejected([work() for _ in range(PARALLEL)])

    one = bounded(1, HOLD_SECONDS / 5)

    async def hold() -> str:
        await asyncio.sleep(HOLD_SECONDS)
        return "held"

    began = time.monotonic()
    first, second = await asyncio.gather(one.run(hold), one.run(hold), return_exceptions=True)
    return {
        "bounded": with_bound,
        "unbounded": without,
        "first": first == "held",
        "busy": isinstance(second, busy),
        "again": await one.run(hold) == "held" and time.monotonic() - began < PATIENCE_SECONDS,
    }


def main(cases: str, results: str) -> None:
    """Run all of them in this process."""
    asked = json.loads(Path(cases).read_text(encoding="utf-8"))
    found = [run(case["name"], case["text"], asked["uri"]) for case in asked["samples"]]
    Path(results).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
