"""Every page in a real browser: it fits, asks nobody, and can be read and reached by everybody."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from boltkb.publish.run import Published
from tests.site.building import Built, Whole
from tests.site.conftest import Open, Watched, needed

pytestmark = pytest.mark.browser

#: A page of each type; a report is added.
TYPES: list[str] = json.loads(
    (Path(__file__).parent / "lighthouse" / "pages.json").read_text(encoding="utf-8")
)
#: What a reader does with a tool before it is looked at.
USES = {
    "tools/sizing.html": ("#sizing-threads", "15"),
    "tools/driver-pools.html": ("#pools-hold", "4"),
    "tools/setting-names.html": ("#setting", "thread_pool"),
}
#: The rest of a long page is of the same kind; looking at all of it takes half a minute.
SHORTEN = """() => {
  for (const body of document.querySelectorAll("article tbody")) {
    for (const row of [...body.rows].slice(4)) row.hidden = true;
  }
  const parts = [...document.querySelectorAll("article > :is(h2, h3)")];
  let part = parts[3];
  for (; part; part = part.nextElementSibling) part.hidden = true;
}"""
CHANGING = [
    "color-contrast",
    "link-in-text-block",
    "scrollable-region-focusable",
    "target-size",
]
STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"


#: Of a folder with more pages than this every third is opened: they are of one kind.
FEW = 6


def test_pages_of_every_folder_fit_a_phone_and_ask_nobody(visit: Open, site: Built) -> None:
    folders: dict[Path, list[Path]] = {}
    for page in sorted(site.folder.rglob("*.html")):
        # The page for what is not there names its assets from the site's root.
        if page.name != "404.html":
            folders.setdefault(page.parent, []).append(page)
    pages = [
        page
        for folder in folders.values()
        for page in (folder if len(folder) <= FEW else folder[::3])
    ]
    assert len(pages) > 60
    seen = visit(pages[0].as_uri(), "light", 390)
    wide = []
    for page in pages:
        seen.page.goto(page.as_uri(), wait_until="load")
        if seen.overflow() > 0:
            wide.append(str(page.relative_to(site.folder)))
    assert not wide
    assert not seen.wrong
    assert not seen.foreign()


@pytest.fixture(scope="module")
def axe() -> str:
    """The script that looks for what keeps people out."""
    try:
        from axe_playwright_python.base import AXE_SCRIPT
    except ModuleNotFoundError:
        needed("axe", "axe-playwright-python")
    return AXE_SCRIPT


def violations(seen: Watched, *, again: bool = False) -> list[str]:
    """Return what axe finds on an open page, a line each.

    On a page that was looked at before, `again` asks its own part for what the palette and the
    width change.
    """
    options: dict[str, object] = {
        "preload": False,
        "resultTypes": ["violations"],
        "rules": {"target-size": {"enabled": True}},
    }
    if again:
        options["runOnly"] = CHANGING
    found = seen.page.evaluate(
        "([where, options]) => axe.run(where, options)", ["article" if again else "html", options]
    )
    return [
        f"{rule['id']} ({rule['impact']}) {' '.join(map(str, node['target']))}: "
        f"{node['failureSummary'].splitlines()[-1].strip()}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.fixture(params=[*TYPES, "a report"])
def name(request: pytest.FixtureRequest, whole: Whole) -> str:
    """The path of a page in the site."""
    if request.param != "a report":
        return request.param
    return f"reports/{whole.captured[0].slug}.html"


def test_a_page_of_each_type_keeps_nobody_out(
    visit: Open, site: Built, name: str, axe: str
) -> None:
    seen = visit((site.folder / name).as_uri())
    page = seen.page
    seen.drawn("light")
    if name in USES:
        page.locator(".boltkb-calculator[data-ready]").wait_for()
        page.locator(USES[name][0]).fill(USES[name][1])
    assert seen.overflow() <= 0
    page.evaluate(SHORTEN)
    page.evaluate(axe)
    page.add_style_tag(content=STILL)
    wrong = [("light", 1280, line) for line in violations(seen)]
    # Colours do not depend on the width, nor places on the palette: two looks see all four.
    for palette, width in (("dark", 1280), ("light", 390), ("dark", 390)):
        seen.turn(palette, width)
        seen.drawn(palette)
        assert seen.overflow() <= 0, (palette, width)
    wrong += [("dark", 390, line) for line in violations(seen, again=True)]
    assert not wrong, "\n".join(str(line) for line in wrong)
    assert not seen.wrong
    assert not seen.foreign()
    # Nothing is kept of a reader but the palette.
    assert page.evaluate("document.cookie") == ""
    kept = page.evaluate("Object.keys(localStorage).concat(Object.keys(sessionStorage))")
    assert [key for key in kept if not key.endswith("__palette")] == []


def test_axe_itself_sees_what_is_wrong(visit: Open, site: Built, axe: str) -> None:
    seen = visit((site.folder / "objections.html").as_uri())
    seen.page.evaluate(
        "document.querySelector('article').insertAdjacentHTML('beforeend', "
        '\'<img src=""><p style="color:#eee;background:#fff">pale</p>\')'
    )
    seen.page.evaluate(axe)
    found = " ".join(violations(seen))
    assert "image-alt" in found
    assert "color-contrast" in found


@pytest.mark.parametrize("name", ["tools/sizing.html", "explain/threads-vs-connections.html"])
def test_keys_reach_all_of_a_page_and_nothing_holds_them(
    visit: Open, site: Built, name: str
) -> None:
    seen = visit((site.folder / name).as_uri())
    seen.drawn("light")
    page = seen.page
    page.keyboard.press("Tab")
    skip = page.evaluate("[document.activeElement.className, document.activeElement.hash]")
    assert "md-skip" in skip[0].split()
    assert page.locator(f"[id='{skip[1][1:]}']").count() == 1
    reached: Counter[str] = Counter()
    for _ in range(300):
        reached[
            page.evaluate(
                "(() => { const e = document.activeElement; "
                "e.dataset.key ??= String(document.querySelectorAll('[data-key]').length); "
                "return `${e.tagName} ${e.id} ${e.dataset.key}`; })()"
            )
        ] += 1
        if page.evaluate("!!document.activeElement.closest('.md-footer')"):
            break
        page.keyboard.press("Tab")
    else:
        pytest.fail(f"the end of the page is not reached: {reached.most_common(5)}")
    assert max(reached.values()) == 1, reached.most_common(3)
    for field in page.locator(".boltkb-form :is(input, select, button)").all():
        assert field.get_attribute("data-key"), field.get_attribute("id")


def test_what_is_not_there_is_told_also_from_a_folder(visit: Open, address: str) -> None:
    seen = visit(f"{address}/explain/deep/gone.html")
    assert "404" in seen.page.locator("article").inner_text()
    assert seen.page.locator(".md-header").evaluate("e => getComputedStyle(e).position") == "sticky"
    home = seen.page.locator("a.md-logo").first.evaluate("a => a.href")
    assert home in {f"{address}/", f"{address}/index.html"}
    # The address itself is all that was not there.
    assert len(seen.wrong) == 1
    assert not seen.foreign()


def test_paper_shows_the_page_alone(visit: Open, site: Built, published: Published) -> None:
    seen = visit((site.folder / "reports" / f"{published.slug}.html").as_uri(), "dark")
    seen.page.emulate_media(media="print")
    for part in (".md-header", ".md-sidebar", ".md-footer", ".md-tabs"):
        assert not seen.page.locator(part).first.is_visible(), part
    assert seen.page.locator("h1").is_visible()


def test_the_experiments_say_that_they_are_simulated(visit: Open, site: Built) -> None:
    seen = visit((site.folder / "explain/threads-vs-connections.html").as_uri())
    assert seen.drawn("light") == 2
    assert seen.page.locator(".boltkb-simulated").is_visible()
    for caption in seen.page.locator(".boltkb-figure .caption").all():
        assert caption.inner_text().startswith("Simulated.")
