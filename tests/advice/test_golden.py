"""What the reader sees, word for word, for each kind of verdict.

`BOLTKB_REGENERATE=1` writes the files instead of comparing them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from boltkb.advice import Advice
from boltkb.bolt.causes.cause import supported
from boltkb.bolt.clients import Idle
from boltkb.bolt.thread_time import DUMPS, LIST, Look, ThreadTime

GOLDEN = Path(__file__).parent / "golden"


def too_small(stage) -> Advice:
    return stage.advice("pool_too_small", only=True)


def leak(stage) -> Advice:
    rows = [stage.build.transaction(i, idle=200.0) for i in range(6)]
    dumps = [stage.build.dump(860 + 15 * i, ["waiting_for_client"] * 6) for i in range(3)]
    found = supported(
        "leaked_transactions", 0.75, ["6 of 6 open transactions have no query."],
        kinds=(DUMPS, LIST),
    )  # fmt: skip
    return stage.advice(found, export=stage.export(transactions=rows, dumps=dumps), only=True)


def think(stage) -> Advice:
    look = Look(DUMPS, 8.0, {"waiting_for_client": 0.8}, 24.0, bound=False, where=())
    also = [supported("slow_commit", 0.1, ["Commits."], kinds=(DUMPS,))]
    pools = stage.known(
        stage.client("shop-api/2.3", language="java", holding=3.0, limit=40),
        stage.client("report/1.0", language="python", host="10.1.0.2", holding=1.0),
    )
    return stage.advice(
        "client_think_time",
        export=stage.export(load=4.0, threads=16),
        clients=pools,
        others=also,
        thread_time=ThreadTime(looks=(look,)),
        only=True,
    )


def fleet(stage) -> Advice:
    pools = (
        stage.client("worker/4.0", host=f"10.1.0.{i}", language="python", holding=0.4)
        for i in range(4)
    )
    found = supported(
        "fleet_times_pool", 0.9, ["400 connections against 36 threads."], kinds=(DUMPS,),
        explains="rejections",
    )  # fmt: skip
    return stage.advice(
        found, export=stage.export(load=24.0, threads=36), clients=stage.known(*pools), only=True
    )


def cut(stage) -> Advice:
    clients = stage.known(
        stage.client("shop-api/2.3", language="dotnet"),
        idle=Idle("cut", 9.0, 350.0, 0.1, 0.2, "cut after 350 s"),
    )
    found = supported(
        "load_balancer_cut", 1.0, ["Cut after 350 s."], kinds=(DUMPS,), explains="failures"
    )
    return stage.advice(
        found, state="ok", export=stage.export(load=1.0), clients=clients, only=True
    )


def refused(stage) -> Advice:
    return stage.advice("pool_too_small", verdict="REFUSED", only=True)


def fine(stage) -> Advice:
    return stage.advice(None, export=stage.export(load=1.0), only=True)


def unknown(stage) -> Advice:
    return stage.advice(None, export=stage.make(log=False), only=True)


CASES: dict[str, Callable[..., Advice]] = {
    case.__name__: case
    for case in (too_small, leak, think, fleet, cut, refused, fine, unknown)
}  # fmt: skip


def parts(advice: Advice) -> dict[str, str]:
    plan, findings = advice.action_plan, advice.finding_list
    return {
        "txt": f"{advice}\n\n{plan}\n\n{findings}\n",
        "html": f"{advice.to_html()}\n{plan.to_html()}\n{findings.to_html()}\n",
    }


@pytest.mark.parametrize("name", CASES)
def test_a_verdict_is_told_word_for_word(stage, name):
    for ending, made in parts(CASES[name](stage)).items():
        file = GOLDEN / f"{name}.{ending}"
        if os.environ.get("BOLTKB_REGENERATE"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(made, encoding="utf-8")
        assert made == file.read_text(encoding="utf-8"), file.name


@pytest.mark.parametrize("name", CASES)
def test_the_first_screen_stays_one_screen(stage, name):
    """Sixty seconds: no list of it may grow with the export."""
    advice = CASES[name](stage)
    html = advice.to_html()
    assert html.count("<dt>") <= 5
    assert html.count('class="boltkb-card') <= 5
    assert html.count("<dd>") <= 9
    assert html.count("<table") == 0
    many = replace(advice.diagnosis, cannot_tell=tuple(f"Question {i}." for i in range(40)))
    import boltkb

    found = advice.situation
    long = boltkb.advise(found.pool, found.fit, found.sizing, many).to_html()
    assert long.count("<dd>") <= 9
    assert "36 further questions" in long
