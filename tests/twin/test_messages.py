"""Messages are counted as a server counts them: ten in a transaction of four queries."""

from __future__ import annotations

import pytest

from boltkb.queueing import Constant
from boltkb.twin import Client, Driver, Renewal, Server, Work, simulate


@pytest.mark.parametrize(
    ("kind", "messages", "queries", "latency", "each"),
    [
        ("auto-commit", 2, 1, 0.001, 2),  # RUN, PULL
        ("explicit", 1, 4, 0.001, 10),  # BEGIN; four times RUN and PULL; COMMIT
        ("explicit", 1, 4, 0.0, 10),
        ("managed", 1, 1, 0.001, 4),
        ("managed", 3, 4, 0.001, 10),  # BEGIN with the first RUN and PULL
        ("managed", 3, 4, 0.0, 10),
    ],
)
def test_a_transaction_is_so_many_messages(kind, messages, queries, latency, each):
    work = Work(seconds=Constant(0.01), kind=kind, queries=queries)
    client = Client(
        "shop", work, Renewal(Constant(1.0), end=20.5), Driver.python(),
        messages=messages, latency=latency,
    )  # fmt: skip
    run = simulate(Server(threads=8), client, seconds=30.0, record=("holds", "requests"))
    assert run.outcomes() == {"ok": 20}
    last = run.samples.tail(1)
    hello = 2
    for counter in ("received", "started", "done"):
        assert last[counter].item() == hello + 20 * each
    works = run.holds.filter(run.holds["task"].cast(str) == "work")
    assert works["messages"].to_list() == [each] * 20


@pytest.mark.parametrize(("kind", "messages"), [("explicit", 1), ("auto-commit", 2)])
def test_what_was_sent_with_a_refused_message_is_never_started(kind, messages):
    # One thread, held from the tenth second on; the other client comes in the sixth and, over
    # the connection that it then has, in the twelfth.
    long = Client("long", Work(seconds=Constant(20.0)), Renewal(Constant(10.0), end=11.0))
    short = Client(
        "short", Work(seconds=Constant(0.01), kind=kind), Renewal(Constant(6.0), end=13.0),
        Driver.python(), messages=messages,
    )  # fmt: skip
    run = simulate(Server(threads=1, core_threads=1), [long, short], seconds=14.0)
    refused = run.holds.filter(run.holds["outcome"].cast(str) == "refused")
    assert refused["task"].cast(str).to_list() == ["work"]
    last = run.samples.tail(1)
    assert last["received"].item() - last["started"].item() == messages
