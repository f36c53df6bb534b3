"""What an operator is told first: by cause, with its number, and never more than is known."""

from __future__ import annotations

import json
import shlex

import numpy as np
import pytest

import boltkb
from boltkb.queueing import simulate_loss

MAX = "server.bolt.thread_pool_max_size"
LOGGED = {MAX: "8", "server.bolt.enable_network_error_accounting": "false"}


def told(export):
    pool = boltkb.read_pool(export)
    seen = boltkb.observe(export, pool)
    fit = boltkb.fit_queue(seen)
    sizing = boltkb.size_threads(fit, rejection=0.001)
    return boltkb.advise(pool, fit, sizing, boltkb.diagnose(export, pool, seen, fit))


def overload(make, build, states, *, agent="report-job/1.1", settings=None, version="5.26.0"):
    run = simulate_loss(servers=8, arrival_rate=17.0, mean_hold=0.4, duration=900.0, seed=3)
    return make(
        version=version,
        settings=LOGGED if settings is None else settings,
        several=[build.series("connections_running", run.busy(np.arange(900.0)))],
        events=[build.event(t) for t in run.arrivals[~run.accepted]],
        dumps=[build.dump(400 + 15 * i, states, first=100 * i) for i in range(3)],
        connections=[build.connection(100 * i + j, agent) for i in range(3) for j in range(8)],
        seconds=900.0,
    )


def leak(make, build):
    busy = np.minimum(8, np.arange(900) // 60).astype(float)
    return make(
        settings=LOGGED,
        several=[build.series("connections_running", busy)],
        events=[build.event(t) for t in range(600, 900, 5)],
        dumps=[build.dump(860 + 15 * i, ["waiting_for_client"] * 8) for i in range(3)],
        transactions=[build.transaction(i, idle=200.0) for i in range(8)],
        seconds=900.0,
    )


def test_a_pool_too_small_is_told_its_size_and_how_the_change_takes_effect(make, build):
    advice = told(overload(make, build, ["working"] * 8))
    need = advice.estimates["recommended_threads"]
    assert advice.diagnosis.cause == "pool_too_small"
    assert need.value > 8
    assert f"from 8 to {need.value:.0f}" in advice.do_first
    assert "needs a restart" in advice.do_first
    assert advice.changes[0].name == MAX
    assert advice.number is advice.estimates["rejection_probability"]


def test_the_setting_has_the_name_of_its_version(make, build):
    old = {"dbms.connector.bolt.thread_pool_max_size": "8"}
    export = overload(make, build, ["working"] * 8, settings=old, version="4.4.17")
    assert told(export).changes[0].name == "dbms.connector.bolt.thread_pool_max_size"


def test_a_leak_is_told_in_threads_not_erlangs_and_no_size_is_recommended(make, build):
    advice = told(leak(make, build))
    assert advice.number.unit == "threads"
    assert advice.number.value == 8
    assert advice.headline.startswith("8 of 8 threads")
    assert advice.estimates["recommended_threads"].value is None
    assert "nobody ends" in advice.estimates["recommended_threads"].reason
    assert "thread maximum" in advice.do_not


def test_evidence_is_saved_before_anything_is_ended_and_a_restart_comes_last(make, build):
    steps = told(leak(make, build)).steps
    words = [step.what + step.command for step in steps]
    assert "Thread.print" in words[0]
    ends = next(line for line in words if "TERMINATE TRANSACTIONS" in line)
    assert "Only then think of a restart" in words[-1]
    assert "neo4j-transaction-3" in ends
    assert "/tx/commit" in ends


def test_think_time_has_a_share_with_its_interval(make, build):
    advice = told(overload(make, build, ["waiting_for_client"] * 7 + ["working"]))
    assert advice.number.value == pytest.approx(7 / 8)
    assert advice.number.low < 7 / 8 < advice.number.high
    assert "report-job/1.1" in advice.do_first


def test_every_change_says_how_it_takes_effect(make, build):
    for export in (leak(make, build), overload(make, build, ["working"] * 8)):
        for change in told(export).changes:
            assert change.takes_effect in {
                "dynamic", "needs a restart", "with the client's next release",
            }  # fmt: skip


def test_a_bound_on_transactions_is_dynamic_where_the_edition_takes_it(make, build):
    export = leak(make, build)
    fields = {name: getattr(export, name) for name in export.__slots__}
    for edition, effect in (("enterprise", "dynamic"), ("community", "needs a restart")):
        advice = told(type(export)(**(fields | {"edition": edition})))
        change = next(c for c in advice.changes if c.where == "neo4j.conf")
        assert (change.name, change.takes_effect) == ("db.transaction.timeout", effect)


def test_nothing_wrong_needs_nothing(make, build):
    run = simulate_loss(servers=8, arrival_rate=1.0, mean_hold=0.4, duration=900.0, seed=3)
    export = make(
        settings=LOGGED,
        several=[
            build.series("connections_running", run.busy(np.arange(900.0))),
            build.series("connections_idle", np.full(900, 70.0)),
        ],
        seconds=900.0,
    )
    advice = told(export)
    assert advice.diagnosis.state == "ok"
    assert (advice.steps, advice.changes) == ((), ())
    assert "70 connections were idle" in advice.misreading
    assert "file descriptor" in advice.misreading


def test_what_cannot_be_told_is_on_the_first_screen(make):
    advice = told(make(log=False))
    assert advice.diagnosis.state == "cannot_tell"
    html = advice.to_html()
    assert "Cannot tell" in html
    assert "connections_running" in html
    assert "boltkb-verdict unknown" in html
    for estimate in advice.estimates.values():
        assert estimate.value is not None or estimate.reason


def test_a_hostile_agent_stays_text_on_every_part_of_the_page(make, build):
    hostile = "<script>alert('x')</script>"
    advice = told(overload(make, build, ["waiting_for_client"] * 8, agent=hostile))
    page = "".join(
        (
            advice.to_html(),
            advice.action_plan.to_html(),
            advice.finding_list.to_html(),
            advice.diagnosis.to_html(),
            advice.diagnosis.holders.to_html(),
        )
    )
    assert "alert(" in page
    assert "<script" not in page
    assert "\n" not in page


def test_simulated_data_say_so_on_the_first_screen(make, build):
    export = leak(make, build)
    fields = {name: getattr(export, name) for name in export.__slots__}
    assert "Simulated" not in told(export).to_html()
    assert "Simulated data" in told(type(export)(**(fields | {"simulated": True}))).to_html()


def test_a_hostile_transaction_id_never_gets_into_a_line_to_be_copied(make, build):
    export = leak(make, build)
    rows = [
        type(row)(**{n: getattr(row, n) for n in row.__slots__} | {"transaction": "x'; reboot; '"})
        for row in export.transactions
    ]
    fields = {name: getattr(export, name) for name in export.__slots__}
    steps = told(type(export)(**(fields | {"transactions": tuple(rows)}))).steps
    assert not [step for step in steps if "reboot" in step.command]


def test_the_line_to_be_copied_is_one_shell_word_with_valid_json(make, build):
    line = next(s.command for s in told(leak(make, build)).steps if "TERMINATE" in s.command)
    words = shlex.split(line)
    body = json.loads(words[words.index("-d") + 1])
    assert body["statements"][0]["statement"].startswith("TERMINATE TRANSACTIONS 'neo4j-")


def test_a_version_without_show_transactions_is_not_told_to_use_it(make, build):
    old = {"dbms.connector.bolt.thread_pool_max_size": "8"}
    export = overload(make, build, ["working"] * 8, settings=old, version="4.1.0")
    commands = [step.command for step in told(export).steps]
    assert "CALL dbms.listTransactions()" in commands
    assert not [line for line in commands if "SHOW TRANSACTIONS" in line or "tx/commit" in line]
