"""The published reports on a real server's captures, in a real browser."""

from __future__ import annotations

import json

import pytest

from boltkb.publish.run import Published
from tests.site.conftest import Built, Open

pytestmark = pytest.mark.browser

FIGURES = 3


def test_the_site_builds_strictly_with_every_report(
    captured: tuple[Built, tuple[Published, ...]],
) -> None:
    built, made = captured
    assert built.exit_code == 0, built.said
    assert len(made) >= 4
    for report in made:
        assert (built.folder / "reports" / f"{report.slug}.html").is_file()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("palette", ["light", "dark"])
def test_every_report_draws_its_figures_fits_and_asks_nobody(
    visit: Open,
    captured: tuple[Built, tuple[Published, ...]],
    palette: str,
    width: int,
) -> None:
    built, made = captured
    for report in made:
        for page in (built.folder / "reports" / f"{report.slug}.html", report.html):
            seen = visit(page.as_uri(), palette, width)
            assert seen.drawn(palette) == FIGURES, page
            assert seen.overflow() <= 0, page
            assert not seen.wrong, page
            assert not [url for url in seen.asked if not url.startswith(("file:", "data:"))]


def test_the_first_screen_answers_the_question(
    visit: Open, captured: tuple[Built, tuple[Published, ...]]
) -> None:
    for report in captured[1]:
        facts = json.loads(report.facts.read_text(encoding="utf-8"))
        seen = visit(report.html.as_uri())
        assert seen.page.locator("h1").inner_text().strip(".") == facts["verdict"]["headline"]
        words = seen.page.locator(".boltkb-lead").first.inner_text()
        for part in ("Cause", "Do first", "Do not", "Confidence", "Cannot tell"):
            assert part in words
        top = seen.page.locator(".boltkb-verdict").first.bounding_box()
        assert top is not None
        assert top["y"] < 500
