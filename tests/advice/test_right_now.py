"""What to do this minute: evidence first, idle holders ended by id or by filter, restart last."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace

import pytest

from boltkb.advice.right_now import CALM, right_now
from boltkb.bolt.clients import Idle
from boltkb.catalogue import load_causes
from boltkb.exports import DriverPool, Where

CAUSES = sorted(load_causes())


def words(situation):
    return [step.what + " " + step.command for step in right_now(situation)]


def aura(stage):
    """An export of clients' logs and metrics alone, which name Aura as their server."""
    import numpy as np

    export = stage.export()
    log = DriverPool(
        "python", None, "3f2a1b0c.databases.neo4j.io:7687", None, None, {"asked": 3},
        np.empty(0), np.empty(0), np.empty(0), np.empty(0), None, (), Where("app.log", 1),
    )  # fmt: skip
    fields = {name: getattr(export, name) for name in export.__slots__}
    sources = tuple(s for s in export.sources if s.kind not in {"configuration", "log"})
    return type(export)(**(fields | {"drivers": (log,), "sources": sources}))


def test_every_cause_has_something_that_calms_it():
    assert set(CALM) == set(load_causes())


@pytest.mark.parametrize("cause", CAUSES)
def test_evidence_comes_first_and_a_restart_last_or_never(stage, cause):
    said = words(stage.situation(cause))
    assert said[0].startswith("Save the evidence first")
    restarts = [i for i, line in enumerate(said) if line.startswith("Only then think of a restart")]
    assert restarts == [len(said) - 1]


def test_idle_holders_are_ended_by_their_ids(stage, build):
    rows = [build.transaction(i, idle=200.0) for i in range(3)]
    situation = stage.situation("leaked_transactions", export=stage.export(transactions=rows))
    line = next(s.command for s in right_now(situation) if "TERMINATE" in s.command)
    body = json.loads(shlex.split(line)[shlex.split(line).index("-d") + 1])
    statement = body["statements"][0]["statement"]
    assert statement.startswith("TERMINATE TRANSACTIONS 'neo4j-transaction-")
    assert statement.count("transaction-") == 3


def test_without_ids_there_is_a_filter_to_paste(stage):
    situation = stage.situation("client_think_time")
    line = next(s.command for s in right_now(situation) if "WHERE" in s.command)
    body = json.loads(shlex.split(line)[shlex.split(line).index("-d") + 1])
    assert "elapsedTime.seconds >= 60" in body["statements"][0]["statement"]


def test_where_the_pool_is_not_what_fails_the_server_is_left_alone(stage):
    said = words(stage.situation("load_balancer_cut", state="ok"))
    assert "The server needs no restart" in said[0]
    assert not [line for line in said if "Thread.print" in line or "TERMINATE" in line]


def test_nothing_wrong_needs_nothing(stage):
    quiet = stage.export(load=1.0)
    assert right_now(stage.situation(None, export=quiet)) == ()


def test_aura_has_no_shell_and_no_settings(stage):
    export = aura(stage)
    situation = stage.situation("pool_too_small", export=export)
    assert situation.managed
    assert situation.languages == ("python",)
    said = " ".join(words(situation))
    assert "jcmd" not in said
    assert "curl" not in said
    advice = stage.advice("pool_too_small", export=export)
    assert {change.where for change in advice.changes} == {"clients"}
    assert advice.instead == ()
    assert "only what clients can do is listed" in str(advice.action_plan)
    assert "Raise server.bolt" not in advice.do_first
    assert "Neo4j Aura" in advice.action_plan.to_html()


@pytest.mark.parametrize("kind", ["thread-dump", "log", "configuration", "environment"])
def test_a_server_of_ones_own_is_not_taken_for_aura(stage, kind):
    own = aura(stage)
    fields = {name: getattr(own, name) for name in own.__slots__}
    from boltkb.exports import Source

    sources = (*own.sources, Source("a file", kind, 1))
    export = type(own)(**(fields | {"sources": sources}))
    assert not stage.situation("pool_too_small", export=export).managed


def test_who_cannot_edit_the_server_has_a_list_of_their_own(stage):
    advice = stage.advice("pool_too_small")
    assert advice.instead
    assert {change.where for change in advice.instead} == {"clients"}
    assert "If you cannot edit neo4j.conf" in str(advice.action_plan)
    leak = stage.advice("leaked_transactions")
    assert "time-out in the client" in leak.instead[0].name
    assert leak.instead[0].blocks
    assert stage.advice("driver_per_request").instead == ()


def test_a_cut_gives_a_lifetime_below_it_and_a_test_before(stage):
    idle = replace(Idle("cut", 9.0, 350.0, 0.1, 0.2, "cut after 350 s"))
    clients = stage.known(stage.client(language="go"), idle=idle)
    change = stage.advice("load_balancer_cut", state="ok", clients=clients).changes[0]
    assert [block.label for block in change.blocks if block.first] == ["Go"]
    lines = [line.text.strip() for line in change.blocks[0].lines if line.sign == "+"]
    assert lines == [
        "c.MaxConnectionLifetime = 297 * time.Second",
        "c.ConnectionLivenessCheckTimeout = 175 * time.Second",
    ]
