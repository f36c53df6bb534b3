"""Search finds what somebody with the error on the screen types, and the right page first."""

from __future__ import annotations

import pytest

from boltkb.catalogue import load_settings
from tests.site.building import Built
from tests.site.conftest import Open, Watched

pytestmark = pytest.mark.browser

#: What is typed, and the page that must come first.
SOUGHT = {
    "thread_pool_max_size": "reference/settings.html",
    "NoThreadsAvailable": "start/no-threads-available.html",
    "Neo.TransientError.Request.NoThreadsAvailable": "start/no-threads-available.html",
    "connections_idle": "explain/idle-connections.html",
    "Unable to acquire connection from the pool": "start/driver-pool-timeout.html",
    "thread starvation": "start/thread-starvation.html",
    "unable to create new native thread": "start/no-native-thread.html",
    "did not consume outgoing buffers": "start/outgoing-buffers.html",
    "MaximumTransactionLimitReached": "start/transaction-limit.html",
}
#: The settings that people look up: every spelling that they ever had.
PARTS = ("thread_pool", "starvation", "keep_alive", "transaction.concurrent")
NOWHERE = "zqxzqxzqx"
FIRST = "document.querySelector('.md-search-result__item a')?.getAttribute('href') ?? ''"


def spellings() -> list[str]:
    """Return every name that a main setting has had in any version."""
    names = [interval.name for setting in load_settings().values() for interval in setting.names]
    return [name for name in names if any(part in name for part in PARTS)]


def first_hit(seen: Watched, words: str) -> str:
    """Return the address of what search shows first, without the place in the page."""
    box = seen.page.locator(".md-search__input")
    # Answers come in turn: after that to a word which stands nowhere no older one can come.
    box.fill(NOWHERE)
    box.press("End")
    nothing = seen.page.locator(".md-search-result__meta", has_text="No matching documents")
    nothing.wait_for(timeout=20_000)
    box.fill(words)
    box.press("End")
    seen.page.wait_for_function(f"{FIRST} !== ''", timeout=20_000)
    found: str = seen.page.evaluate(FIRST)
    return found.split("/site/")[-1].split("?")[0].split("#")[0]


def test_search_shows_the_right_page_first(visit: Open, site: Built) -> None:
    names = spellings()
    assert len(names) > 20
    seen = visit((site.folder / "index.html").as_uri())
    seen.page.locator(".md-search__input").click()
    sought = {**dict.fromkeys(names, "reference/settings.html"), **SOUGHT}
    found = {words: first_hit(seen, words) for words in sought}
    assert {words: page for words, page in found.items() if page != sought[words]} == {}
    assert not seen.wrong


def test_search_works_where_the_site_is_served(visit: Open, address: str) -> None:
    seen = visit(f"{address}/index.html")
    seen.page.locator(".md-search__input").click()
    assert first_hit(seen, "thread_pool_max_size").endswith("reference/settings.html")
    assert not seen.wrong
    assert not seen.foreign()
