"""How many messages of one connection a worker takes before it gives way, by version."""

from __future__ import annotations

import polars as pl
import pytest

from boltkb.errors import ParameterError
from boltkb.queueing import Constant
from boltkb.twin import Client, Driver, Machine, Replay, Run, Server, Simulation, Work, simulate

LONG = 0.01


def pipeline(count: int, at: float = 0.0, **changes: object) -> Client:
    work = Work(seconds=Constant(LONG), pipelined=count)
    return Client("loader", work, Replay([at]), None, **changes)  # type: ignore[arg-type]


def single(at: float) -> Client:
    return Client("shop", Work(seconds=Constant(LONG)), Replay([at]), None)


def one_thread(version: str, **changes: object) -> Server:
    return Server(version=version, threads=1, core_threads=1, **changes)  # type: ignore[arg-type]


def served(run: Simulation, client: str) -> list[tuple[float, float, int]]:
    rows = run.holds.filter(pl.col("client").cast(str) == client).sort("start")
    return [
        (round(start, 6), round(end, 6), messages)
        for start, end, messages in rows.select("start", "end", "messages").iter_rows()
    ]


@pytest.mark.parametrize("version", ["3.4.0", "3.5.22", "4.4.17"])
def test_up_to_4_4_the_thread_is_given_back_after_a_hundred_messages(version: str) -> None:
    run = simulate(one_thread(version, queue=-1), [pipeline(120), single(0.1)], seconds=10.0)
    # 50 transactions of RUN and PULL, then whoever waits, then the next 50, then the rest.
    assert served(run, "loader") == [(0.0, 0.5, 100), (0.51, 1.01, 100), (1.01, 1.21, 40)]
    assert served(run, "shop") == [(0.5, 0.51, 2)]


@pytest.mark.parametrize("version", ["5.0.0", "5.26.0", "2026.01"])
def test_from_5_0_the_thread_stays_until_the_queue_is_empty(version: str) -> None:
    run = simulate(one_thread(version, queue=-1), [pipeline(120), single(0.1)], seconds=10.0)
    assert served(run, "loader") == [(0.0, 1.2, 240)]
    assert served(run, "shop") == [(1.2, 1.21, 2)]


def test_a_batch_that_ends_inside_a_transaction_is_followed_by_another() -> None:
    """RUN and two messages more: 100 ends within a transaction, which keeps the thread; 300 not."""
    run = simulate(one_thread("4.4.17"), pipeline(250, messages=3), seconds=10.0)
    assert [messages for *_, messages in served(run, "loader")] == [300, 300, 150]


def test_whoever_comes_in_between_takes_the_thread_and_the_rest_is_refused() -> None:
    server = one_thread("4.4.17", resubmit=0.004)
    run = simulate(server, [pipeline(120), single(0.502)], seconds=10.0)
    assert served(run, "shop") == [(0.502, 0.512, 2)]
    refused = run.holds.filter(pl.col("outcome") == "refused")
    assert refused.select("client", "messages").rows() == [("loader", 140)]
    assert round(float(refused["asked"][0]), 6) == 0.504


def test_nothing_competes_for_a_thread_between_the_batches_of_5() -> None:
    server = one_thread("5.26.0", resubmit=0.004)
    run = simulate(server, [pipeline(120), single(0.502)], seconds=10.0)
    refused = run.holds.filter(pl.col("outcome") == "refused")
    assert refused.select("client", "messages").rows() == [("shop", 2)]


@pytest.mark.parametrize("version", ["3.5.22", "4.4.17", "5.26.0"])
@pytest.mark.parametrize("direct", [True, False])
def test_each_message_is_counted_once(version: str, direct: bool) -> None:
    server = Server(
        version=version, threads=2, core_threads=2, queue=-1, sign_in=None, housekeeping=None,
        machine=Machine(cores=1),
    )  # fmt: skip
    driver = None if direct else Driver.java()
    work = Work(seconds=Constant(LONG), pipelined=130)
    loads = [Client("loader", work, Replay([0.0, 0.3, 0.4]), driver)]
    run = Run(server, loads, record=("queries", "requests", "holds"))
    rows = [row for block in run.advance(30.0) for row in block.records]
    member = run.state.members[0]
    greetings = 0 if direct else 3 * server.hello_messages
    assert member["received"] == member["started"] == member["done"] == 3 * 260 + greetings
    assert member["transactions"] == member["committed"] == 390
    assert sum(row[0] == 5 for row in rows) == 390
    assert sum(row[15] for row in rows if row[0] == 1) == member["received"]


def test_a_transaction_that_times_out_takes_those_behind_it_along() -> None:
    server = Server(version="5.26.0", transaction_timeout=0.5)
    work = Work(seconds=Constant(1.0), pipelined=10)
    client = Client("loader", work, Replay([0.0]), Driver.java())
    run = Run(server, [client], record=("requests",))
    rows = [row for block in run.advance(30.0) for row in block.records]
    assert [row[8] for row in rows] == [4]
    member = run.state.members[0]
    assert member["transactions"] == member["rolled_back"] == 1
    # HELLO, LOGON, the pipeline, whose rest is only ignored, and the RESET after it.
    assert member["received"] == member["started"] == member["done"] == 23


def test_a_transaction_s_time_begins_with_it_and_not_with_its_pipeline() -> None:
    server = Server(version="5.26.0", transaction_timeout=0.5)
    work = Work(seconds=Constant(0.3), pipelined=10)
    run = simulate(server, Client("loader", work, Replay([0.0])), seconds=10.0)
    assert run.outcomes() == {"ok": 1}


def test_only_auto_commit_transactions_that_end_are_pipelined() -> None:
    for wrong in ({"kind": "managed"}, {"leak_share": 0.1}):
        with pytest.raises(ParameterError, match="pipelined"):
            Work(seconds=0.1, pipelined=3, **wrong)  # type: ignore[arg-type]
