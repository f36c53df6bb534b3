"""The calculators agree with the package, keep their state in the address, and ask nobody."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path

import pytest

from boltkb.queueing import (
    Hayward,
    MMc,
    MMcK,
    RetryLoss,
    erlang_b,
    erlang_c,
    servers_for_blocking,
)
from tests.site.building import Built
from tests.site.conftest import Open

pytestmark = pytest.mark.browser

#: How far a browser's number may be off, relative.
NINE_DIGITS = 1e-9
HOLD = 0.4
GRID = [
    (servers, share * servers)
    for servers, share in product((1, 2, 7, 40, 400, 1500), (0.05, 0.4, 0.8, 0.97, 1.0, 1.7))
]
ASK = """grid => grid.map(([servers, load]) => {
  const q = boltkbQueueing;
  return {
    b: q.erlangB(servers, load),
    c: q.erlangC(servers, load),
    bursts: q.hayward(servers, load, 2.3),
    again: q.withRetries(servers, load, 0.7),
    room: q.withRoom(servers, 30, load / 0.4, 0.4),
    end: q.withoutEnd(servers, load / 0.4, 0.4),
    fewest: q.fewest(n => q.erlangB(n, load), 0.001),
  };
})"""


def near(value: float) -> object:
    return pytest.approx(value, rel=NINE_DIGITS, abs=0)


def test_the_formulas_agree_with_the_package(visit: Open, site: Built) -> None:
    seen = visit((site.folder / "tools/sizing.html").as_uri())
    for (servers, load), told in zip(GRID, seen.page.evaluate(ASK, GRID), strict=True):
        assert told["b"] == near(erlang_b(servers, load))
        assert told["c"] == near(erlang_c(servers, load))
        assert told["bursts"] == near(Hayward(servers, load, 2.3).blocking_probability)
        again = RetryLoss(servers, load / HOLD, 1 / HOLD, retry_probability=0.7, backoff=9.0)
        assert told["again"]["blocking"] == near(again.blocking_probability)
        assert told["again"]["lost"] == near(again.loss_probability)
        room = MMcK(servers, servers + 30, load / HOLD, 1 / HOLD)
        assert told["room"]["blocking"] == near(room.blocking_probability)
        assert told["room"]["waiting"] == near(room.waiting_probability)
        assert told["room"]["wait"] == near(room.mean_wait)
        assert told["room"]["busy"] == near(room.mean_busy)
        if load < servers:
            end = MMc(servers, load / HOLD, 1 / HOLD)
            assert told["end"]["wait"] == near(end.mean_wait)
        assert told["fewest"] == servers_for_blocking(load, 0.001)


def test_a_link_holds_what_was_typed(visit: Open, site: Built) -> None:
    address = (site.folder / "tools/sizing.html").as_uri()
    seen = visit(f"{address}#threads=8&rate=15&hold=0.4")
    assert seen.page.locator("#sizing-threads").input_value() == "8"
    assert "12.2 %" in seen.page.locator(".boltkb-card").first.inner_text()
    seen.page.locator("#sizing-threads").fill("15")
    assert "threads=15" in seen.page.evaluate("location.hash")
    assert "0.0892 %" in seen.page.locator(".boltkb-card").first.inner_text()


def test_what_cannot_be_reckoned_is_said(visit: Open, site: Built) -> None:
    seen = visit((site.folder / "tools/sizing.html").as_uri())
    seen.page.locator("#sizing-rate").fill("-1")
    assert "Requests" in seen.page.locator(".boltkb-lead").inner_text()
    assert seen.page.locator(".boltkb-card").count() == 0
    seen.page.locator("#sizing-rate").fill("900")
    assert "larger than the threads" in seen.page.locator(".boltkb-lead").inner_text()


def test_a_reports_facts_fill_the_form(visit: Open, site: Built, tmp_path: Path) -> None:
    facts = {
        "export": {"name": "prod"},
        "pool": {"max_threads": 8, "queue_size": 0},
        "estimates": {"offered_load": {"value": 6.0}, "arrival_rate": {"value": None}},
    }
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(facts))
    seen = visit((site.folder / "tools/sizing.html").as_uri())
    seen.page.locator("#facts").set_input_files(path)
    seen.page.get_by_text("Filled from prod.").wait_for()
    assert seen.page.locator("#sizing-threads").input_value() == "8"
    assert "12.2 %" in seen.page.locator(".boltkb-card").first.inner_text()
    path.write_text("{}")
    seen.page.locator("#facts").set_input_files(path)
    seen.page.get_by_text("This is no facts.json of a report.").wait_for()


def test_the_bounds_of_a_drivers_pool(visit: Open, site: Built) -> None:
    seen = visit((site.folder / "tools/driver-pools.html").as_uri())
    cards = seen.page.locator(".boltkb-card strong")
    assert cards.all_inner_texts() == ["1,500", "1,500", "24", "12"]
    seen.page.locator("#pools-language").select_option("Go")
    assert "c.MaxConnectionPoolSize = 24" in seen.page.locator("pre").inner_text()
    seen.page.locator("#pools-hold").fill("4")
    assert "more than their share" in seen.page.locator(".boltkb-lead").inner_text()


def test_a_setting_is_found_by_any_of_its_names(visit: Open, site: Built) -> None:
    seen = visit((site.folder / "tools/setting-names.html").as_uri())
    seen.page.locator("#setting").fill("NEO4J_dbms_connector_bolt_thread__pool__max")
    rows = seen.page.locator("tbody tr:visible")
    assert rows.count() == 1
    assert re.search(r"3\.4 to before 5\.0", rows.first.inner_text())
