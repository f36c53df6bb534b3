"""Reports in a real browser, at each of the places where they can be opened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from boltkb.publish.run import Published
from tests.site.building import Built, Whole
from tests.site.conftest import Open, Watched

pytestmark = pytest.mark.browser

#: The first line of the first figure, in each palette.
LINE = {"light": "rgb(11, 110, 153)", "dark": "rgb(90, 180, 220)"}
#: The figures of the small notebook and of the one that ships.
FIGURES = {True: 2, False: 3}
PLACES = ("served", "from a disk", "single file")


def opened(request: pytest.FixtureRequest, place: str, site: Built, report: Published) -> str:
    """Return the address of a report at one of the places."""
    built = site.folder / "reports" / f"{report.slug}.html"
    if place == "served":
        return f"{request.getfixturevalue('address')}/reports/{built.name}"
    return (built if place == "from a disk" else Path(report.html)).as_uri()


def check_no_upload(seen: Watched) -> None:
    """Nothing offers to send a figure anywhere."""
    titles = seen.page.locator(".modebar-btn").evaluate_all(
        "buttons => buttons.map(button => button.dataset.title || '')"
    )
    assert titles  # the bar is there, with its other buttons
    for word in ("hare", "loud", "tudio", "upload"):
        assert not [title for title in titles if word in title]


def check_first_screen(seen: Watched, report: Published) -> None:
    """The first screen of the file answers the question."""
    facts = json.loads(report.facts.read_text(encoding="utf-8"))
    assert seen.page.locator("h1").inner_text().strip(".") == facts["verdict"]["headline"]
    words = seen.page.locator(".boltkb-lead").first.inner_text()
    for part in ("Cause", "Do first", "Do not", "Confidence", "Cannot tell"):
        assert part in words
    top = seen.page.locator(".boltkb-verdict").first.bounding_box()
    assert top is not None
    assert top["y"] < 500


@pytest.mark.parametrize("place", PLACES)
def test_every_report_draws_fits_and_asks_nobody(
    request: pytest.FixtureRequest, visit: Open, site: Built, whole: Whole, place: str
) -> None:
    """One load each: the palette and the window change while the page is open."""
    assert len(whole.captured) >= 4
    for report in (whole.attacked, *whole.captured):
        if place == "served" and report is not whole.attacked:
            continue
        address = opened(request, place, site, report)
        seen = visit(address)
        small = report is whole.attacked
        assert seen.drawn("light") == FIGURES[small], address
        assert seen.page.locator(".boltkb-plot .main-svg").count() >= 2, address
        assert seen.overflow() <= 0, address
        check_no_upload(seen)
        if place == "single file" and not small:
            check_first_screen(seen, report)
        for palette, width in (("dark", 0), ("light", 390), ("dark", 390)):
            seen.turn(palette, width)
            seen.drawn(palette)
            assert seen.overflow() <= 0, (address, palette, width)
            if small:
                assert seen.line() == LINE[palette], (address, palette)
        assert not seen.wrong, address
        assert not seen.foreign(), address
        if place == "single file":
            assert seen.asked == [address]
        seen.page.context.close()


@pytest.mark.parametrize("place", PLACES)
def test_a_report_opens_as_the_system_is_set_on_a_phone(
    request: pytest.FixtureRequest, visit: Open, site: Built, published: Published, place: str
) -> None:
    seen = visit(opened(request, place, site, published), "dark", 390)
    assert seen.drawn("dark") == FIGURES[True]
    assert seen.line() == LINE["dark"]
    assert seen.overflow() <= 0
    assert not seen.wrong


def test_the_single_files_button_and_paper(visit: Open, published: Published) -> None:
    seen = visit(published.html.as_uri())
    seen.drawn("light")
    assert seen.line() == LINE["light"]
    seen.page.get_by_role("button", name="Switch to dark colours").click()
    seen.drawn("dark")
    assert seen.line() == LINE["dark"]
    # Paper is light, and the palette comes back.
    seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert seen.line() == LINE["light"]
    seen.page.evaluate("dispatchEvent(new Event('afterprint'))")
    seen.drawn("dark")
    assert seen.line() == LINE["dark"]
    assert not seen.wrong


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


def test_the_list_of_reports_filters(visit: Open, site: Built, whole: Whole) -> None:
    seen = visit((site.folder / "reports/index.html").as_uri())
    rows = seen.page.locator(".boltkb-table.reports tbody tr:visible")
    made = 2 + len(whole.captured)
    assert rows.count() == made
    assert not seen.page.get_by_text("No report has been made").is_visible()
    box = seen.page.get_by_label("Find a report")
    box.fill("quiet-1")
    assert rows.count() == 1
    assert f"1 of {made}" in seen.page.locator(".boltkb-filter output").inner_text()
    box.fill("")
    seen.page.get_by_role("button", name="Saturated").click()
    saturated = seen.page.locator(".boltkb-table.reports tbody tr[data-state=saturated]").count()
    assert 0 < rows.count() == saturated < made
    box.fill("no such report")
    assert rows.count() == 0
    assert not seen.wrong
