from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from boltkb.publish.exporters import ASSETS, MARKDOWN_EXTENSIONS
from boltkb.publish.index import LIST_NAME
from boltkb.publish.run import Published
from tests.site.building import ROOT, Built, run
from tests.site.conftest import needed
from tests.site.walk import broken, confused, read_site


def test_a_fresh_clone_builds_strictly(bare: Built) -> None:
    assert bare.exit_code == 0, bare.said
    assert "WARNING" not in bare.said
    assert "No report has been made" in (bare.folder / "reports/index.html").read_text(
        encoding="utf-8"
    )


def test_a_site_with_reports_builds_strictly(site: Built) -> None:
    assert site.exit_code == 0, site.said
    assert "WARNING" not in site.said


def test_strict_really_is_strict(tmp_path: Path, build: Callable[[Path], Built]) -> None:
    """The same configuration over one page: it builds, and no longer once a link is dead."""
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    start, end = settings.index("\nnav:"), settings.index("\nvalidation:")
    (tmp_path / "mkdocs.yml").write_text(settings[:start] + settings[end:], encoding="utf-8")
    shutil.copytree(ROOT / "docs" / "assets", tmp_path / "docs" / "assets")
    page = tmp_path / "docs" / "index.md"
    page.write_text("# A page\n\n[itself](index.md)\n", encoding="utf-8")
    assert build(tmp_path).exit_code == 0
    page.write_text("# A page\n\n[x](gone.md) [y](index.md#gone)\n", encoding="utf-8")
    dead = build(tmp_path)
    assert dead.exit_code != 0
    assert "gone.md" in dead.said
    assert "#gone" in dead.said


def test_no_link_leads_nowhere(bare: Built, site: Built) -> None:
    assert not broken(bare.folder)
    assert not broken(site.folder)


def test_the_walk_itself_sees_what_is_dead_and_what_is_confused(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<a href="b.html">x</a><a href="#gone">x</a><a href="#here" id="here">x</a>'
        '<svg aria-labelledby="told untold"><title id="told">x</title></svg><p id="here">x</p>',
        encoding="utf-8",
    )
    assert broken(tmp_path) == ["a.html: b.html", "a.html: #gone"]
    assert confused(read_site(tmp_path)["a.html"]) == ["here", "untold"]


def test_no_id_stands_twice_and_none_is_meant_that_is_not_there(site: Built) -> None:
    found = {name: confused(page) for name, page in read_site(site.folder).items()}
    assert not {name: ids for name, ids in found.items() if ids}


def test_every_column_of_a_table_has_a_name(site: Built) -> None:
    unnamed = {name: page.unnamed for name, page in read_site(site.folder).items() if page.unnamed}
    assert not unnamed


def test_pages_load_nothing_from_elsewhere(site: Built) -> None:
    for name, page in read_site(site.folder).items():
        assert not [link for link in page.loaded if urlsplit(link).netloc], name


def test_every_page_says_what_it_is(site: Built) -> None:
    pages = read_site(site.folder)
    titles = [page.title for page in pages.values()]
    assert not [title for title in titles if titles.count(title) > 1]
    whole = pages["404.html"].head["description"]  # the site's own stands in where a page is silent
    for name, page in pages.items():
        assert page.head["lang"] == "en", name
        assert page.head["icon"].endswith("favicon.png"), name
        if name != "404.html":
            assert page.links[0].startswith("#"), name  # to skip to the content
            assert page.head["description"] not in {"", whole}, name


def test_zensical_builds_the_same_pages_from_the_same_sources(tmp_path: Path, site: Built) -> None:
    if importlib.util.find_spec("zensical") is None:
        needed("zensical", "zensical")
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    shutil.copytree(site.folder.parent / "docs", tmp_path / "docs")
    second = run(tmp_path, "zensical", "build", "--strict")
    assert second.exit_code == 0, second.said
    assert "No issues found" in second.said
    pages, ours = read_site(second.folder), read_site(site.folder)
    assert set(pages) == set(ours)
    for name, page in pages.items():
        assert not [link for link in page.loaded if urlsplit(link).netloc], name
        if name != "404.html":
            # The words are ours, whatever the theme puts around them.
            assert len(page.words) > 0.9 * len(ours[name].words), name


def test_the_page_wins_over_the_single_file_of_the_same_name(
    site: Built, published: Published
) -> None:
    built = site.folder / "reports" / f"{published.slug}.html"
    assert built.stat().st_size < 200_000
    assert "boltkb-single" not in built.read_text(encoding="utf-8")
    assert (site.folder / "reports" / published.facts.name).is_file()


def test_publishing_leaves_the_committed_page_alone(published: Published) -> None:
    folder = published.page.parent
    assert (folder / LIST_NAME).is_file()
    assert (folder / "index.md").read_bytes() == (ROOT / "docs/reports/index.md").read_bytes()


def test_a_hostile_name_stays_text_on_every_page(site: Built, published: Published) -> None:
    for path in (site.folder / "reports").rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert "<img src=x" not in html, path
    page = (site.folder / "reports" / f"{published.slug}.html").read_text(encoding="utf-8")
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_no_private_file_reaches_the_site(site: Built, published: Published) -> None:
    assert (published.page.parent / ".quiet-1.redaction.json").is_file()
    assert [path for path in site.folder.rglob(".*") if path.name != ".nojekyll"] == []
    assert not list(site.folder.rglob("*redaction*"))


def test_git_ignores_what_is_generated() -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    names = ["x.md", "x.html", "x.ipynb", "x.facts.json", ".x.redaction.json", LIST_NAME]

    def ignored(name: str) -> bool:
        command = ["git", "check-ignore", "--quiet", "--no-index", f"docs/reports/{name}"]
        return subprocess.run(command, cwd=ROOT, check=False).returncode == 0

    assert all(ignored(name) for name in names)
    assert not ignored("index.md")


def test_every_linked_asset_is_one_that_ships() -> None:
    # Folders hold files to download, which no page loads and no report needs.
    links = [path for path in (ROOT / "docs" / "assets").iterdir() if not path.is_dir()]
    assert links
    for link in links:
        assert link.resolve() == (ASSETS / link.name).resolve()
        assert not Path(link.readlink()).is_absolute()


def test_the_single_file_renders_what_the_site_renders() -> None:
    """Every Markdown extension of the single file is one of the site's."""
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    block = text[text.index("markdown_extensions:") : text.index("\nextra:")]
    named = set(re.findall(r"^  - ([a-z_.]+)", block, re.MULTILINE))
    assert set(MARKDOWN_EXTENSIONS) == named - {"pymdownx.snippets"}


def test_every_advice_has_its_section() -> None:
    """A report links each finding to the section of its rule."""
    rules = (ROOT / "boltkb" / "catalogue" / "rules.toml").read_text(encoding="utf-8")
    tuning = (ROOT / "docs" / "tuning.md").read_text(encoding="utf-8")
    ids = re.findall(r'^id = "([^"]+)"', rules, re.MULTILINE)
    assert ids
    assert not [rule for rule in ids if f"{{ #{rule} }}" not in tuning]


def test_no_hook_and_no_notebook_plugin() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert "hooks:" not in text
    block = text[text.index("\nplugins:") : text.index("\nmarkdown_extensions:")]
    assert re.findall(r"^  - ([a-z_.]+)", block, re.MULTILINE) == ["search", "offline"]
