"""The table of who held threads: its columns, and which transactions may be ended."""

from __future__ import annotations

from boltkb.bolt import observe, read_pool


def holders(export):
    return observe(export, read_pool(export)).holders


def titles(export):
    return [column.title for column in holders(export).table().columns]


def test_states_that_nobody_was_in_have_no_column(make, build):
    plain = make(dumps=[build.dump(300, ["working"] * 8)])
    assert "sending an answer" not in titles(plain)
    assert "waiting for a bookmark" not in titles(plain)


def test_a_thread_that_sends_is_not_told_as_working(make, build):
    export = make(dumps=[build.dump(300, ["sending", "blocked_on_reader", "working", "idle"])])
    found = holders(export)
    assert (found.working, found.sending, found.held) == (1, 2, 3)
    assert "sending an answer" in titles(export)
    assert found.facts()["clients"][0]["sending"] == 2


def test_threads_that_wait_for_a_bookmark_are_told(make, build):
    found = holders(make(dumps=[build.dump(300, ["waiting_for_bookmark"] * 5 + ["working"])]))
    assert (found.waiting_for_bookmark, found.working) == (5, 1)


def test_who_keeps_others_waiting_for_a_lock_is_told(make, build, evidence):
    states = ["waiting_for_client"] + ["waiting_for_lock"] * 3
    rows = [evidence.listed(0)] + [
        evidence.listed(i, query="CREATE ()", client="10.0.0.9:5000",
                        status="Blocked by: [neo4j-transaction-0, neo4j-transaction-1]")
        for i in (1, 2, 3)
    ]  # fmt: skip
    export = make(dumps=[build.dump(300, states)], transactions=rows)
    assert "transactions it keeps waiting" in titles(export)
    assert holders(export).holders[0].blocks == 3


def test_a_transaction_whose_thread_is_at_work_in_a_dump_is_not_to_be_ended(make, build, evidence):
    rows = [evidence.listed(i, elapsed=250.0) for i in range(3)]
    states = ["working", "waiting_for_client", "waiting_for_client"]
    found = holders(make(dumps=[build.dump(300, states)], transactions=rows))
    assert found.kept_transactions == ("neo4j-transaction-1", "neo4j-transaction-2")
