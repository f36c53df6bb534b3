from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from boltkb.publish.exporters import ASSETS, MARKDOWN_EXTENSIONS
from boltkb.publish.index import LIST_NAME
from boltkb.publish.run import Published
from tests.site.conftest import ROOT, Built


class _Page(HTMLParser):
    """What a page links to, and what can be linked to in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.names: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.names |= {value for key in ("id", "name") if (value := found.get(key))}
        if tag == "a" and found.get("href"):
            self.links.append(found["href"] or "")
        elif tag in {"script", "img", "iframe", "source"} and found.get("src"):
            self.loaded.append(found["src"] or "")
        elif tag == "link" and found.get("href") and found.get("rel") != "canonical":
            self.loaded.append(found["href"] or "")


def _broken(folder: Path) -> list[str]:
    """Return every address in a built site that leads nowhere, raw HTML included."""
    pages = {path: _Page(path) for path in folder.rglob("*.html")}
    wrong = []
    for path, page in pages.items():
        for link in page.links + page.loaded:
            parts = urlsplit(link)
            if parts.scheme in {"http", "https", "mailto", "data"} or path.name == "404.html":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target = target / "index.html"
            where = f"{path.relative_to(folder)}: {link}"
            if not target.is_file():
                wrong.append(where)
            elif parts.fragment and target in pages:
                name = unquote(parts.fragment)
                if name not in pages[target].names and not name.startswith("__"):
                    wrong.append(where)
    return wrong


def test_a_fresh_clone_builds_strictly(bare: Built) -> None:
    assert bare.exit_code == 0, bare.said
    assert "WARNING" not in bare.said
    assert "No report has been made" in (bare.folder / "reports/index.html").read_text(
        encoding="utf-8"
    )


def test_a_site_with_reports_builds_strictly(site: Built) -> None:
    assert site.exit_code == 0, site.said
    assert "WARNING" not in site.said


def test_strict_really_is_strict(
    checkout: Path, tmp_path: Path, build: Callable[[Path], Built]
) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(checkout, folder, ignore=shutil.ignore_patterns("site"))
    page = folder / "docs" / "index.md"
    page.write_text(page.read_text(encoding="utf-8") + "\n[x](gone.md)\n", encoding="utf-8")
    assert build(folder).exit_code != 0


def test_no_link_leads_nowhere(bare: Built, site: Built) -> None:
    assert not _broken(bare.folder)
    assert not _broken(site.folder)


def test_the_walk_itself_sees_a_dead_link_and_a_dead_anchor(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<a href="b.html">x</a><a href="#gone">x</a><a href="#here" id="here">x</a>',
        encoding="utf-8",
    )
    assert _broken(tmp_path) == ["a.html: b.html", "a.html: #gone"]


def test_pages_load_nothing_from_elsewhere(site: Built) -> None:
    for path in site.folder.rglob("*.html"):
        foreign = [link for link in _Page(path).loaded if urlsplit(link).netloc]
        assert not foreign, path


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
