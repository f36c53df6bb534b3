"""Every cause is worded, advised on and shown, whatever state the pool is in."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from boltkb.advice.words import WORDS
from boltkb.bolt.causes.cause import supported
from boltkb.bolt.thread_time import DUMPS, Look, ThreadTime
from boltkb.catalogue import load_causes, load_rules

MAX = "server.bolt.thread_pool_max_size"

CAUSES = sorted(load_causes())
ELSEWHERE = [name for name in CAUSES if load_causes()[name].group == "elsewhere"]
HOSTILE = "<script>alert('x')</script>"


def test_every_cause_has_words():
    assert set(WORDS) == set(load_causes())


@pytest.mark.parametrize("state", ["saturated", "at_risk", "ok", "cannot_tell"])
@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_is_told_whole(stage, cause, state):
    advice = stage.advice(cause, state=state)
    said = load_causes()[cause].said
    assert said in str(advice)
    assert advice.changes
    assert "{" not in advice.headline
    for change in (*advice.changes, *advice.instead):
        assert change.expected
        assert change.why
        assert change.rule in load_rules()
        assert change.takes_effect
        assert change.cost
        if change.blocks:
            assert any(line.sign != " " for block in change.blocks for line in block.lines)
    assert json.loads(json.dumps(advice.facts()))["verdict"]["cause"] == cause


@pytest.mark.parametrize("cause", CAUSES)
def test_every_part_of_the_page_is_one_line_of_escaped_html(stage, cause):
    clients = stage.known(stage.client(HOSTILE, user=HOSTILE, holding=3.0, timed_out=4))
    found = supported(cause, 0.8, [HOSTILE], kinds=(DUMPS,), contra=[HOSTILE], missing=[HOSTILE])
    advice = stage.advice(found, clients=clients)
    parts = (advice.to_html(), advice.action_plan.to_html(), advice.finding_list.to_html())
    for part in parts:
        assert "\n" not in part
        assert "<script" not in part
    assert "&lt;script&gt;" in parts[0]


@pytest.mark.parametrize("cause", ELSEWHERE)
def test_where_something_else_fails_the_headline_says_both(stage, cause):
    advice = stage.advice(cause, state="ok")
    first, _, second = advice.headline.partition("; what fails is something else: ")
    assert first.startswith("The thread pool is large enough")
    assert second
    assert "rejected" not in advice.headline


def test_other_supported_causes_are_named_in_one_line_and_the_first_leads(stage):
    others = [
        supported("lock_contention", 0.3, ["Locks."], kinds=(DUMPS,)),
        supported("retry_storm", 0.2, ["Again."], kinds=(DUMPS,), explains="rejections"),
    ]
    advice = stage.advice("client_think_time", others=others)
    line = (
        "Also supported: Queries wait for one another's locks (30\u202f% of the held thread-time); "
        "Retries outlive what set them off (20\u202f% of the rejections)."
    )
    assert line in str(advice).split("\n")
    assert "Also supported" in advice.to_html()
    assert advice.facts()["verdict"]["also"] == ["lock_contention", "retry_storm"]
    assert "wait for their own clients" in advice.headline


def test_a_share_has_its_interval_where_single_threads_were_looked_at(stage):
    look = Look(DUMPS, 8.0, {"waiting_for_lock": 0.8}, 40.0, bound=False, where=())
    advice = stage.advice("lock_contention", thread_time=ThreadTime(looks=(look,)))
    assert advice.number.value == 0.8
    assert (advice.number.low, advice.number.high) == pytest.approx((0.652, 0.895), abs=0.001)
    assert "40 held threads" in advice.number.reason
    bound = replace(look, bound=True)
    loose = stage.advice("lock_contention", thread_time=ThreadTime(looks=(bound,)))
    assert loose.number.low is None
    assert "without an interval" in loose.number.reason


def test_a_share_of_rejections_has_an_interval_where_they_were_counted(stage):
    found = supported("retry_storm", 0.5, ["Again."], kinds=(DUMPS,), explains="rejections")
    advice = stage.advice(found)
    assert advice.number.low < 0.5 < advice.number.high
    assert "rejections" in advice.number.reason


def test_less_held_time_has_its_effect_with_an_interval(stage):
    expected = stage.advice("client_think_time", share=0.5).changes[0].expected
    assert "of attempts rejected now" in expected
    assert "if all of it went away (50\u202f% of the held thread-time)" in expected
    assert "Half of it would leave" in expected


def test_a_larger_share_leaves_fewer_rejections(stage):
    from boltkb.bolt import rejection_if

    fit = stage.situation("client_think_time").fit
    left = [rejection_if(fit, load=1 - part).value for part in (0.0, 0.25, 0.5, 0.75)]
    assert left == sorted(left, reverse=True)
    assert left[0] > 10 * left[-1]


def test_findings_have_every_rule_and_undecided_ones_are_folded_not_hidden(stage):
    advice = stage.advice("lock_contention")
    rules = {rule.id for rule in load_rules().values() if rule.cause}
    weighed = {cause.id for cause in advice.diagnosis.causes}
    found = {finding.rule for finding in advice.findings}
    assert {rule for rule in rules if load_rules()[rule].cause in weighed} <= found
    html = advice.finding_list.to_html()
    first = html.partition("<details")[0]
    assert load_rules()["shorten-lock-waits"].title in first.replace("&#x27;", "'")
    assert "looked for and not found" in html or "cannot tell" in html
    assert 'href="../tuning.html#shorten-lock-waits"' in html


def test_nothing_wrong_is_said_and_proved(stage):
    """Peak, chance of rejection with its bound, samples."""
    advice = stage.advice(None, export=stage.export(load=1.0))
    assert advice.diagnosis.state == "ok"
    assert advice.headline.startswith("The thread pool is large enough: at most ")
    text = str(advice)
    assert "Most threads held at the same time" in text
    assert "900 samples" in text
    html = advice.to_html()
    assert "never all of them" in html
    assert "Share of attempts rejected" in html
    assert advice.estimates["rejection_probability"].high < 0.001
    assert str(advice.action_plan) == "Nothing to do now, and nothing to change."


@pytest.mark.parametrize(
    "version", ["3.4.0", "3.5.22", "4.1.0", "4.4.17", "5.0.0", "2026.04.0", None]
)
@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_is_advised_on_in_the_words_of_every_version(stage, cause, version):
    old = version is not None and version[0] in "34"
    name = "dbms.connector.bolt.thread_pool_max_size" if old else MAX
    export = stage.export(version=version, settings={name: "8"})
    advice = stage.advice(cause, export=export)
    lead = "\n".join(line for line in str(advice).split("\n") if "Cannot tell" not in line)
    text = f"{lead}\n{advice.action_plan}\n{advice.facts()['actions']}"
    text += " ".join(finding.advice for finding in advice.findings)
    assert "{" not in lead
    new_names = [n for n in ("server.bolt.", "db.transaction.", "db.lock.") if f" {n}" in text]
    assert not (old and new_names)
    if version == "2026.04.0":
        assert "dbms.connector" not in text
