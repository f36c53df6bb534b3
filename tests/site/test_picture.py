"""The stepped picture tells what a server could do, and the drawing of numbers adds up."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from boltkb.twin import Server
from tests.site.conftest import ROOT, Built, Open

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

PAGE = "explain/threads-and-connections"
TELL = """() => {
  const { THREADS, STEPS, STATES } = boltkbStory;
  const states = STATES.map(({ threads, counts, connections }) => (
    { threads, counts, connections: Object.fromEntries(connections) }));
  return { threads: THREADS, steps: STEPS, states };
}"""
RUNNING, IDLE = "connections_running", "connections_idle"
OPENED, CLOSED = "connections_opened", "connections_closed"
RECEIVED, STARTED = "messages_received", "messages_started"


@pytest.fixture
def address(site: Built) -> str:
    return (site.folder / f"{PAGE}.html").as_uri()


@pytest.fixture(scope="module")
def told(browser: Browser, site: Built) -> dict[str, Any]:
    """The story as data: steps, and the state after each."""
    page = browser.new_page()
    page.goto((site.folder / f"{PAGE}.html").as_uri())
    story = page.evaluate(TELL)
    page.close()
    return story


def captions() -> list[str]:
    """The captions, as they stand in the page's source."""
    text = (ROOT / "docs" / f"{PAGE}.md").read_text(encoding="utf-8")
    block = text[text.index('<div class="boltkb-picture"') : text.index("</details>")]
    return re.findall(r"(?m)^\d+\. (.+)$", block)


def test_what_is_drawn_is_what_a_server_counts(told: dict[str, Any]) -> None:
    assert told["threads"] == 4
    before = dict.fromkeys((RUNNING, IDLE, OPENED, CLOSED, RECEIVED, STARTED, "rejected"), 0)
    rejections = 0
    for events, state in zip(told["steps"], told["states"], strict=True):
        counts, connections = state["counts"], state["connections"]
        held = {
            name: one["thread"] for name, one in connections.items() if one["thread"] is not None
        }
        assert len(state["threads"]) == told["threads"]
        assert {
            thread["connection"]: index
            for index, thread in enumerate(state["threads"])
            if thread is not None
        } == held
        # Gauges against what is drawn, and the identity that every real server keeps.
        assert counts[RUNNING] == len(held) <= told["threads"]
        assert counts[IDLE] == len(connections) - len(held)
        assert counts[RUNNING] + counts[IDLE] == counts[OPENED] - counts[CLOSED]
        # What is rejected is received and never started.
        rejected = [event for event in events if event[0] == "reject"]
        rejections += sum(len(event[2]) for event in rejected)
        assert counts[RECEIVED] - counts[STARTED] == rejections
        assert counts["rejected"] - before["rejected"] == len(rejected)
        for name in (OPENED, CLOSED, RECEIVED, STARTED, "rejected"):
            assert counts[name] >= before[name]
        if rejected:
            assert None not in state["threads"]
        before = counts
    assert rejections == 1
    # A rejection costs the connection it came on, and that alone.
    assert before[CLOSED] == before["rejected"] == 1
    assert before[RUNNING] == 0


def test_every_connection_speaks_bolt(told: dict[str, Any]) -> None:
    sign_in = Server(version="5.26.0", threads=4, core_threads=4).hello_messages
    spoken: dict[str, list[str]] = {}
    is_open: dict[str, bool] = {}
    for verb, name, *rest in (event for events in told["steps"] for event in events):
        messages = rest[-1] if verb in {"take", "send", "reject"} else []
        if verb == "open":
            assert name not in spoken
            spoken[name] = []
        if verb == "take" and not spoken[name]:
            assert len(messages) == sign_in
            assert messages[0] == "HELLO"
        for message in messages:
            if message == "BEGIN":
                assert not is_open.get(name)
                is_open[name] = verb != "reject"
            if message == "COMMIT":
                assert is_open[name]
                is_open[name] = False
            spoken[name].append(message)
        if verb == "think":
            assert is_open[name], "only an open transaction keeps its thread"
        if verb == "release":
            assert not is_open.get(name), "the thread stays with an open transaction"
    assert not any(is_open.values())
    assert all(said.count("RUN") == said.count("PULL") for said in spoken.values())
    # What is tried again is a managed transaction, on a connection opened anew.
    assert spoken["admin-tool 1"][sign_in:] == ["BEGIN"]
    assert spoken["admin-tool 2"][sign_in:] == ["BEGIN", "RUN", "PULL", "COMMIT"]


def test_the_captions_tell_the_numbers_of_their_step(told: dict[str, Any]) -> None:
    numbers = 0
    for words, state in zip(captions(), told["states"], strict=True):
        for name, value in re.findall(r"`(\w+)` is (?:\w+ )?(\d+)", words):
            assert state["counts"][name] == int(value), words
            numbers += 1
    assert numbers >= 15


def test_buttons_and_arrows_step_and_the_caption_follows(visit: Open, address: str) -> None:
    seen = visit(address)
    picture = seen.page.locator(".boltkb-steps-drawn")
    now = picture.locator("[aria-live=polite]")
    assert "nobody is there" in now.inner_text()
    assert picture.get_by_role("button", name="Back").is_disabled()
    picture.get_by_role("button", name="Next").click()
    assert "signs in" in now.inner_text()
    assert picture.locator("svg.wide rect.held").count() == 1
    picture.focus()
    for _ in range(9):
        seen.page.keyboard.press("ArrowRight")
    assert "one more request" in now.inner_text().lower()
    assert picture.locator("svg.wide rect.held").count() == 2
    assert picture.locator("svg.wide rect.waits").count() == 2
    assert picture.locator("svg.wide circle.refused").count() == 1
    assert picture.get_by_text("rejected at once").first.is_visible()
    assert "4 of 4 threads" in (picture.locator("svg.wide").get_attribute("aria-label") or "")
    assert re.search(r"rejected\s*1\s*\+1", picture.locator(".boltkb-counts").inner_text())
    seen.page.keyboard.press("ArrowLeft")
    assert "the pool is full" in now.inner_text()
    seen.page.keyboard.press("End")
    assert picture.get_by_role("button", name="Next").is_disabled()
    assert picture.locator("svg.wide rect.free").count() == 4
    assert not seen.wrong


def test_it_plays_and_pauses_and_moves_only_where_motion_is_welcome(
    visit: Open, address: str
) -> None:
    seen = visit(address)
    seen.page.clock.install()
    picture = seen.page.locator(".boltkb-steps-drawn")
    picture.get_by_role("button", name="Play").click()
    assert picture.locator(".message").count() > 0
    seen.page.clock.run_for(20_000)
    where = picture.locator(".controls .unit")
    reached = where.inner_text()
    assert reached not in {"Step 1 of 16", "Step 2 of 16", "Step 16 of 16"}
    picture.get_by_role("button", name="Pause").click()
    seen.page.clock.run_for(60_000)
    assert where.inner_text() == reached
    picture.get_by_role("button", name="Play").click()
    seen.page.clock.run_for(200_000)
    assert where.inner_text() == "Step 16 of 16"
    seen.page.emulate_media(reduced_motion="reduce")
    picture.get_by_role("button", name="Play again").click()
    assert where.inner_text() == "Step 1 of 16"
    seen.page.clock.run_for(12_000)
    assert where.inner_text() in {"Step 2 of 16", "Step 3 of 16"}
    assert picture.locator(".message").count() == 0
    style = "getComputedStyle(document.querySelector('.boltkb-steps-drawn circle'))"
    assert seen.page.evaluate(f"{style}.transitionDuration") == "0s"


@pytest.mark.parametrize("palette", ["light", "dark"])
def test_both_drawings_fit_both_kinds_of_screen(visit: Open, address: str, palette: str) -> None:
    seen = visit(address, palette)
    for width, shown, hidden in ((1280, "wide", "narrow"), (390, "narrow", "wide")):
        seen.page.set_viewport_size({"width": width, "height": 844})
        for drawing in (".boltkb-steps-drawn", ".boltkb-marks"):
            assert seen.page.locator(f"{drawing} svg.{shown}").is_visible()
            assert not seen.page.locator(f"{drawing} svg.{hidden}").is_visible()
            height = "s => document.querySelector(s).getBoundingClientRect().height"
            assert seen.page.evaluate(height, f"{drawing} svg.{shown} text") >= 12  # readable
        assert seen.overflow() <= 0
        assert not seen.wrong


def test_without_script_and_on_paper_the_still_drawing_and_all_steps_are_there(
    visit: Open, browser: Browser, address: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator(".boltkb-drawing svg.wide").is_visible()
    assert page.locator(".boltkb-picture li").last.is_visible()
    assert page.get_by_text("The drawing needs JavaScript").is_visible()
    context.close()
    seen = visit(address)
    still = seen.page.locator(".boltkb-drawing.replaced svg.wide")
    assert not still.is_visible()
    seen.page.emulate_media(media="print")
    seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert still.is_visible()
    assert not seen.page.locator(".boltkb-steps-drawn").is_visible()
    assert seen.page.locator(".boltkb-picture li").last.is_visible()


#: Threads, processes, pool, rate, hold, thinking; and what must be said of them.
GIVEN = {
    (400, 15, 100, 150, 0.8, 60): ("1,500 connections", "1,100 would be", "120 threads", "72"),
    (400, 10, 20, 100, 0.5, 0): ("at most 200 of the 400", "cannot fill", "50 at work"),
    (40, 10, 20, 100, 0.5, 10): ("at least 20 % of the requests must be rejected",),
    (400, 2, 20, 100, 0.5, 10): ("can open only 40", "wait in the clients"),
    (400, 90, 900, 760, 0.5, 10): ("380 threads on average if", "now and then"),
}
MARKS = """() => [...document.querySelectorAll('.boltkb-marks svg.wide path')].map(
  (path) => [path.className.baseVal, (path.getAttribute('d').match(/M/g) ?? []).length])"""


def test_the_numbers_of_the_reader_are_drawn(visit: Open, address: str) -> None:
    names = ("threads", "processes", "pool", "rate", "hold", "thinking")
    seen = visit(address + "#threads=7")
    assert seen.page.locator("#numbers-threads").input_value() == "7"
    for given, says in GIVEN.items():
        threads, processes, pool, rate, hold, thinking = given
        typed = "&".join(f"{name}={value}" for name, value in zip(names, given, strict=True))
        seen.page.evaluate("typed => { location.hash = typed }", typed)
        onward = seen.page.locator(
            f"a[href$='sizing.html#threads={threads}&rate={rate}&hold={hold}']"
        )
        onward.wait_for()
        words = seen.page.locator(".boltkb-numbers .boltkb-lead").inner_text()
        for part in says:
            assert part in words
        held = min(rate * hold, threads, processes * pool)
        drawn = seen.page.evaluate(MARKS)
        scale = float(seen.page.locator(".boltkb-marks svg.wide").get_attribute("data-scale") or 0)
        dots, squares = drawn[:3], drawn[3:]
        assert [kind for kind, _ in drawn] == ["held", "waits", "idle", "held", "waits", "free"]
        assert sum(count for _, count in dots) == round(processes * pool / scale)
        assert sum(count for _, count in squares) == pytest.approx(threads / scale, abs=0.5)
        for parts in (dots, squares):
            assert parts[0][1] + parts[1][1] == pytest.approx(held / scale, abs=0.5)
            assert parts[1][1] == pytest.approx(held * thinking / 100 / scale, abs=1)
        assert sum(count for _, count in drawn) <= 3200
        shown = seen.page.locator(".boltkb-marks .caption").inner_text()
        assert ("One mark is" in shown) == (scale > 1)
    assert not seen.wrong


def test_a_reports_facts_fill_the_drawing_and_an_anchor_stays(
    visit: Open, address: str, tmp_path: Path
) -> None:
    path = tmp_path / "facts.json"
    path.write_text(
        json.dumps(
            {
                "export": {"name": "prod"},
                "pool": {"max_threads": 8, "queue_size": 0},
                "estimates": {"arrival_rate": {"value": 10.0}, "mean_hold": {"value": 0.4}},
                "clients": [
                    {"threads": 3.0, "waiting_for_client": 3.0},
                    {"threads": 1.0, "waiting_for_client": 0.0},
                ],
            }
        )
    )
    seen = visit(f"{address}#what-holds-a-thread")
    assert seen.page.evaluate("location.hash") == "#what-holds-a-thread"
    seen.page.locator("#facts").set_input_files(path)
    words = seen.page.locator(".boltkb-numbers .boltkb-lead")
    words.get_by_text("4 threads on average").wait_for()
    assert "1 at work, 3 waiting" in words.inner_text()
    seen.page.locator("#numbers-pool").fill("0.5")
    assert "Not a value" in words.inner_text()
    assert not seen.page.locator(".boltkb-marks").is_visible()
    assert not seen.wrong
