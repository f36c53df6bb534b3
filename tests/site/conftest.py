from __future__ import annotations

import functools
import http.server
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from boltkb.publish.run import Published, run_report
from tests.publish.small import write_export, write_notebook

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]
PALETTES = {"light": "default", "dark": "slate"}


@dataclass(frozen=True)
class Built:
    """A site that was built, and how."""

    folder: Path
    said: str
    exit_code: int


def _reported() -> list[Path]:
    """The manifests of the captures that `make report` reports on."""
    found = re.search(r"^REPORTED := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert found is not None
    captures = ROOT / "data" / "captures"
    return [captures / f"neo4j-5.26-{name}" / "manifest.toml" for name in found[1].split()]


def _needed(what: str, package: str) -> None:
    """Skip where a tool is missing; fail where the tests must run."""
    reason = f"{what} is missing; install the package `{package}`"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site's sources as a fresh clone has them: no report was ever made."""
    folder = tmp_path_factory.mktemp("checkout")

    def generated(path: str, names: list[str]) -> set[str]:
        return set(names) - {"index.md"} if Path(path).name == "reports" else set()

    shutil.copy(ROOT / "mkdocs.yml", folder)
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=generated)
    return folder


@pytest.fixture(scope="session")
def build() -> Callable[[Path], Built]:
    """Build a site strictly, the way the Makefile does: from its own folder, never quiet."""
    if importlib.util.find_spec("material") is None:
        _needed("mkdocs-material", "boltkb[site]")

    def built(folder: Path) -> Built:
        run = subprocess.run(
            [sys.executable, "-m", "mkdocs", "build", "--strict"],
            cwd=folder,
            env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        return Built(folder / "site", run.stdout, run.returncode)

    return built


@pytest.fixture(scope="session")
def bare(checkout: Path, build: Callable[[Path], Built]) -> Built:
    """The site of a fresh clone."""
    return build(checkout)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> Published:
    """A report in the reports folder of a second checkout, its export's name an attack."""
    folder = tmp_path_factory.mktemp("published")
    shutil.copytree(checkout, folder / "site", ignore=shutil.ignore_patterns("site"))
    notebook = write_notebook(folder)
    reports = folder / "site" / "docs" / "reports"
    quiet = write_export(folder / "a", name="quiet-1")
    run_report(notebook, {"export": quiet}, reports, redact=False)
    # What the pseudonyms of a report stand for lies beside it and must not reach the site.
    (reports / ".quiet-1.redaction.json").write_text("{}")
    hostile = write_export(folder / "b", name="prod <img src=x onerror=alert(1)>", simulated=True)
    return run_report(notebook, {"export": hostile}, reports, redact=False)


@pytest.fixture(scope="session")
def site(published: Published, build: Callable[[Path], Built]) -> Built:
    """The site with two reports."""
    return build(published.page.parents[2])


@pytest.fixture(scope="session")
def captured(
    tmp_path_factory: pytest.TempPathFactory, checkout: Path, build: Callable[[Path], Built]
) -> tuple[Built, tuple[Published, ...]]:
    """The site with the reports on committed captures, as `make report` makes it."""
    folder = tmp_path_factory.mktemp("captured") / "site"
    shutil.copytree(checkout, folder, ignore=shutil.ignore_patterns("site"))
    reports = folder / "docs" / "reports"
    made = tuple(
        run_report("thread_pool", {"export": manifest.parent}, reports, redact=False)
        for manifest in _reported()
    )
    return build(folder), made


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def address(site: Built) -> Iterator[str]:
    """The site, served on loopback."""
    handler = functools.partial(_Quiet, directory=str(site.folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; ended with each module, because its event loop would stay in others' way."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        _needed("Chromium", "chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        _needed("Playwright", "playwright")
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

    def drawn(self, palette: str) -> int:
        """Wait until every figure of the page is drawn in a palette; return how many."""
        plots = self.page.locator(".boltkb-plot")
        for index in range(plots.count()):
            plots.nth(index).scroll_into_view_if_needed()
            self.page.wait_for_function(
                "([i, name]) => "
                "document.querySelectorAll('.boltkb-plot')[i].dataset.drawn === name",
                arg=[index, PALETTES[palette]],
                timeout=15_000,
            )
        return plots.count()

    def line(self) -> str:
        """Return the colour of the first figure's first line."""
        return self.page.evaluate(
            "getComputedStyle("
            "document.querySelector('.boltkb-plot .scatterlayer path.js-line')).stroke"
        )

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
