from __future__ import annotations

from pathlib import Path

import pytest

from boltkb.publish.run import Published
from tests.site.conftest import PALETTES, Built, Open

pytestmark = pytest.mark.browser

#: The first line of the first figure, in each palette.
LINE = {"light": "rgb(11, 110, 153)", "dark": "rgb(90, 180, 220)"}
PAGES = (
    "index.html",
    "explain/threads-and-connections.html",
    "explain/threads-vs-connections.html",
    "explain/the-twin.html",
    "tuning.html",
    "read-your-first-report.html",
    "reports/index.html",
    "decisions/index.html",
    "decisions/0001-own-exporter-and-plain-markdown.html",
)


@pytest.fixture(params=["served", "from a disk", "single file"])
def report(request: pytest.FixtureRequest, site: Built, published: Published) -> str:
    """The report in each of the places it can be opened at."""
    built = site.folder / "reports" / f"{published.slug}.html"
    if request.param == "served":
        return f"{request.getfixturevalue('address')}/reports/{built.name}"
    return (built if request.param == "from a disk" else Path(published.html)).as_uri()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("palette", ["light", "dark"])
def test_a_report_draws_and_asks_nobody(visit: Open, report: str, palette: str, width: int) -> None:
    seen = visit(report, palette, width)
    assert seen.drawn(palette) == 2
    assert seen.line() == LINE[palette]
    assert seen.page.locator(".boltkb-plot .main-svg").count() >= 2
    assert seen.overflow() <= 0
    assert not seen.wrong
    origin = report.split("/reports/")[0] if report.startswith("http") else "file://"
    assert not [url for url in seen.asked if not url.startswith((origin, "data:", "blob:"))]


def test_the_single_file_asks_for_nothing_at_all(visit: Open, published: Published) -> None:
    seen = visit(published.html.as_uri())
    seen.drawn("light")
    assert seen.asked == [published.html.as_uri()]


def test_nothing_offers_to_upload_a_figure(visit: Open, report: str) -> None:
    seen = visit(report)
    seen.drawn("light")
    buttons = seen.page.locator(".modebar-btn")
    titles = [buttons.nth(i).get_attribute("data-title") or "" for i in range(buttons.count())]
    assert titles  # the bar is there, with its other buttons
    for word in ("hare", "loud", "tudio", "upload"):
        assert not [title for title in titles if word in title]


def test_figures_follow_the_palette_while_the_page_is_open(
    visit: Open, site: Built, published: Published
) -> None:
    seen = visit((site.folder / "reports" / f"{published.slug}.html").as_uri())
    seen.drawn("light")
    for palette in ("dark", "light"):
        seen.page.evaluate(
            "name => document.body.setAttribute('data-md-color-scheme', name)", PALETTES[palette]
        )
        seen.drawn(palette)
        assert seen.line() == LINE[palette]


def test_the_single_files_button_switches_the_palette(visit: Open, published: Published) -> None:
    seen = visit(published.html.as_uri())
    seen.drawn("light")
    seen.page.get_by_role("button", name="Switch to dark colours").click()
    seen.drawn("dark")
    assert seen.line() == LINE["dark"]
    assert not seen.wrong


def test_paper_is_light(visit: Open, published: Published) -> None:
    seen = visit(published.html.as_uri(), "dark")
    seen.drawn("dark")
    seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert seen.line() == LINE["light"]
    seen.page.evaluate("dispatchEvent(new Event('afterprint'))")
    seen.drawn("dark")
    assert seen.line() == LINE["dark"]


def test_the_policy_stops_a_script_that_is_not_ours(
    visit: Open, published: Published, tmp_path: Path
) -> None:
    html = published.html.read_text(encoding="utf-8")
    page = tmp_path / "report.html"
    page.write_text(
        html.replace("</main>", "<script>window.taken = 1</script></main>"), encoding="utf-8"
    )
    seen = visit(page.as_uri())
    assert seen.page.evaluate("window.taken") is None
    assert any("Content Security Policy" in text for text in seen.wrong)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("palette", ["light", "dark"])
def test_every_page_fits_a_phone_and_asks_nobody(
    visit: Open, site: Built, name: str, palette: str
) -> None:
    seen = visit((site.folder / name).as_uri(), palette, 390)
    assert seen.overflow() <= 0
    assert not seen.wrong
    assert not [url for url in seen.asked if not url.startswith(("file:", "data:"))]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("palette", ["light", "dark"])
def test_the_experiments_draw_in_both_palettes_and_say_that_they_are_simulated(
    visit: Open, site: Built, palette: str, width: int
) -> None:
    seen = visit((site.folder / "explain/threads-vs-connections.html").as_uri(), palette, width)
    assert seen.drawn(palette) == 2
    assert seen.overflow() <= 0
    assert seen.page.locator(".boltkb-simulated").is_visible()
    for caption in seen.page.locator(".boltkb-figure .caption").all():
        assert caption.inner_text().startswith("Simulated.")
    assert not seen.wrong


def test_the_list_of_reports_filters(visit: Open, site: Built) -> None:
    seen = visit((site.folder / "reports/index.html").as_uri())
    rows = seen.page.locator(".boltkb-table.reports tbody tr:visible")
    assert rows.count() == 2
    assert not seen.page.get_by_text("No report has been made").is_visible()
    box = seen.page.get_by_label("Find a report")
    box.fill("quiet")
    assert rows.count() == 1
    assert "1 of 2" in seen.page.locator(".boltkb-filter output").inner_text()
    box.fill("")
    seen.page.get_by_role("button", name="Saturated").click()
    assert rows.count() == 2
    box.fill("no such report")
    assert rows.count() == 0


@pytest.mark.parametrize("served", [True, False])
def test_search_finds_a_setting_by_a_part_of_its_name(
    visit: Open, site: Built, address: str, *, served: bool
) -> None:
    start = f"{address}/index.html" if served else (site.folder / "index.html").as_uri()
    seen = visit(start)
    seen.page.locator(".md-search__input").click()
    seen.page.locator(".md-search__input").press_sequentially("thread_pool_max_size")
    # What was found by the first letters stands there until the last one is typed.
    found = seen.page.locator(".md-search-result__list", has_text="thread_pool_max_size")
    found.wait_for(timeout=20_000)
    assert not seen.wrong


def test_every_page_of_the_site_fits_a_phone_and_asks_nobody(visit: Open, site: Built) -> None:
    # The page for what is not there names its assets from the site's root.
    pages = sorted(page for page in site.folder.rglob("*.html") if page.name != "404.html")
    assert len(pages) > 100
    seen = visit(pages[0].as_uri(), "light", 390)
    wide = []
    for page in pages:
        seen.page.goto(page.as_uri())
        seen.page.wait_for_load_state("load")
        if seen.overflow() > 0:
            wide.append(str(page.relative_to(site.folder)))
    assert not wide
    assert not seen.wrong
    assert not [url for url in seen.asked if not url.startswith(("file:", "data:", "blob:"))]


#: What somebody with the error on the screen types, and a page that must be found by it.
SOUGHT = {
    "NoThreadsAvailable": "No threads available",
    "connections_idle": "What an idle connection is",
    "Unable to acquire connection from the pool": "A driver's pool times out",
    "thread starvation": "Thread starvation",
    "unable to create new native thread": "No native thread",
}


@pytest.mark.parametrize("words", SOUGHT)
def test_search_finds_what_stands_on_the_screen(visit: Open, site: Built, words: str) -> None:
    seen = visit((site.folder / "index.html").as_uri())
    seen.page.locator(".md-search__input").click()
    seen.page.locator(".md-search__input").press_sequentially(words)
    # What was found by the first letters stands there until the last one is typed.
    found = seen.page.locator(".md-search-result__list", has_text=SOUGHT[words])
    found.wait_for(timeout=20_000)
