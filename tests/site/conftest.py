"""Sites made once for a run, one browser for a module, and pages that note what they do."""

from __future__ import annotations

import functools
import http.server
import importlib.util
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from boltkb.publish.run import Published
from tests.site import building
from tests.site.building import Built, Whole

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PALETTES = {"light": "default", "dark": "slate"}


def needed(what: str, package: str) -> None:
    """Skip where a tool is missing; fail where the tests must run."""
    reason = f"{what} is missing; install the package `{package}`"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., object]:
    """Make something slow once for a run, however many processes the tests are spread over."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    return functools.partial(building.make_once, root)


@pytest.fixture(scope="session")
def build() -> Callable[[Path], Built]:
    if importlib.util.find_spec("material") is None:
        needed("mkdocs-material", "boltkb[site]")
    return building.build


@pytest.fixture(scope="session")
def bare(once: Callable[..., Built], build: object) -> Built:
    """The site of a fresh clone."""
    return once("bare", building.build_bare)


@pytest.fixture(scope="session")
def whole(once: Callable[..., Whole], build: object) -> Whole:
    """The site with reports, and the reports."""
    return once("whole", building.build_whole)


@pytest.fixture(scope="session")
def site(whole: Whole) -> Built:
    """The site with reports."""
    return whole.built


@pytest.fixture(scope="session")
def published(whole: Whole) -> Published:
    """The report whose export's name is an attack."""
    return whole.attacked


class _Server(http.server.SimpleHTTPRequestHandler):
    """Serves a site the way a host of pages does: what is not there is answered by 404.html."""

    def log_message(self, *args: object) -> None:
        pass

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        page = Path(self.directory, "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


@pytest.fixture(scope="session")
def address(site: Built) -> Iterator[str]:
    """The site, served on loopback."""
    handler = functools.partial(_Server, directory=str(site.folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; ended with each module, as its event loop would stay in others' way."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        needed("Chromium", "chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        needed("Playwright", "playwright")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        opened = playwright.chromium.launch(executable_path=found, args=arguments)
        yield opened
        opened.close()


class Watched:
    """A page of the browser, with what it asked for and what went wrong."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.wrong: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", lambda dialog: (self.wrong.append("dialog"), dialog.dismiss()))
        page.on("console", self._heard)

    def _heard(self, message: object) -> None:
        if message.type in {"error", "warning"}:  # type: ignore[attr-defined]
            self.wrong.append(message.text)  # type: ignore[attr-defined]

    def turn(self, palette: str, width: int = 0) -> None:
        """Switch the open page to a palette, as the theme does, and the window to a width."""
        if width:
            self.page.set_viewport_size({"width": width, "height": 844})
        self.page.evaluate(
            "name => document.body.setAttribute('data-md-color-scheme', name)", PALETTES[palette]
        )

    def drawn(self, palette: str) -> int:
        """Wait until every figure of the page is drawn in a palette; return how many."""
        plots = self.page.locator(".boltkb-plot")
        for plot in plots.all():
            if plot.is_visible():
                plot.scroll_into_view_if_needed()
        self.page.wait_for_function(
            "name => [...document.querySelectorAll('.boltkb-plot')]"
            ".every(plot => plot.dataset.drawn === name)",
            arg=PALETTES[palette],
            timeout=30_000,
        )
        return plots.count()

    def line(self) -> str:
        """Return the colour of the first figure's first line."""
        return self.page.evaluate(
            "getComputedStyle("
            "document.querySelector('.boltkb-plot .scatterlayer path.js-line')).stroke"
        )

    def foreign(self) -> list[str]:
        """Return what was asked of anybody but the site itself."""
        home = self.page.url.split(":")[0] + ":"
        if home != "file:":
            home = "/".join(self.page.url.split("/")[:3])
        return [url for url in self.asked if not url.startswith((home, "data:", "blob:"))]

    def overflow(self) -> float:
        """Return by how much the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - innerWidth")


Open = Callable[..., Watched]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    contexts = []

    def visit_(address: str, palette: str = "light", width: int = 1280) -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": 844}, color_scheme=palette
        )
        contexts.append(context)
        watched = Watched(context.new_page())
        watched.page.goto(address)
        watched.page.wait_for_load_state("load")
        return watched

    yield visit_
    for context in contexts:
        context.close()
