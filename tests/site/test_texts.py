"""What tools read: the copy beside each page says all that the page says, and its links lead on."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

from boltkb.publish.run import Published
from handbook.outline import as_markdown, read_article
from tests.site.building import Built, Whole
from tests.site.walk import read_site

LINK = re.compile(r"(?<!\\)\]\(([^()\s]*)\)")
FENCED = re.compile(r"(?ms)^ *(`{3,})\n.*?^ *\1$|(`+)(?!`).*?\2")


def words(copy: str) -> Counter[str]:
    """The words of a copy without addresses and names of places."""
    return Counter(re.findall(r"\w+", re.sub(r" \{#[^}]*\}", " ", LINK.sub("]", copy))))


def dead(copy: Path) -> list[str]:
    """The addresses in a copy that lead nowhere."""
    wrong = []
    for address in LINK.findall(FENCED.sub("", copy.read_text(encoding="utf-8"))):
        parts = urlsplit(address)
        if parts.scheme:
            continue
        target = copy.parent / unquote(parts.path) if parts.path else copy
        if not target.is_file():
            wrong.append(address)
        elif parts.fragment and target.suffix == ".md":
            name = f"{{#{unquote(parts.fragment)}}}"
            if name not in target.read_text(encoding="utf-8"):
                wrong.append(address)
    return wrong


def test_each_page_has_a_copy_that_says_all_of_it(site: Built, whole: Whole) -> None:
    assert whole.texts.exit_code == 0, whole.texts.said
    pages = {name: page for name, page in read_site(site.folder).items() if name != "404.html"}
    assert len(pages) > 100
    for name, page in pages.items():
        copy = (site.folder / name).with_suffix(".md").read_text(encoding="utf-8")
        assert page.words, name
        missing = Counter(page.words) - words(copy)
        assert not missing, (name, missing)


def test_nothing_in_a_copy_is_html(site: Built, published: Published) -> None:
    for copy in site.folder.rglob("*.md"):
        text = FENCED.sub("", copy.read_text(encoding="utf-8"))
        assert not re.search(r"(?<!\\)<[a-z/]", text), copy
    told = (site.folder / "reports" / f"{published.slug}.md").read_text(encoding="utf-8")
    assert "\\<img src=x onerror=alert(1)>" in told


def test_links_of_the_copies_and_of_the_list_lead_to_copies(site: Built) -> None:
    wrong = {copy.name: found for copy in site.folder.rglob("*.md") if (found := dead(copy))}
    assert not wrong
    assert not dead(site.folder / "llms.txt")


def test_the_list_has_its_form_and_names_every_page(site: Built, whole: Whole) -> None:
    """The form is that of llmstxt.org: a title, a quote, sections of links with a line each."""
    text = (site.folder / "llms.txt").read_text(encoding="utf-8")
    assert re.match(r"# boltkb\n\n> [^\n]+\?\n\n", text)
    listed = re.findall(r"(?m)^- \[(?:[^\[\]]|\\.)+\]\(([^()]+)\): .+$", text)
    copies = {copy.relative_to(site.folder).as_posix() for copy in site.folder.rglob("*.md")}
    assert sorted(listed) == sorted(copies)
    sections = re.findall(r"(?m)^## (.+)$", text)
    assert sections[0] == "Overview"
    assert sections[-1] == "Optional"
    for report in (whole.attacked, *whole.captured):
        assert f"](reports/{report.slug}.md): " in text


def test_drawings_are_told_and_figures_keep_their_words(site: Built) -> None:
    drawing = (site.folder / "explain/threads-and-connections.md").read_text(encoding="utf-8")
    page = (site.folder / "explain/threads-and-connections.html").read_text(encoding="utf-8")
    for found in re.findall(r"<(?:title|desc) id=[^>]+>(.*?)</", page, re.DOTALL):
        assert " ".join(found.split()) in drawing
    figures = (site.folder / "explain/threads-vs-connections.md").read_text(encoding="utf-8")
    assert "data-figure" not in figures
    assert figures.count("Simulated.") >= 2


def test_the_parts_of_a_page_become_markdown() -> None:
    html = """<article><h2 id="here">A <code>b</code><a class="headerlink" href="#here">x</a></h2>
    <p>1 &lt; 2 <a href="c.html">c</a><br>next</p><ul><li>one<ul><li>deep</li></ul></li></ul>
    <table><tr><th>x</th><th>y</th></tr><tr><td>a|b</td><td><p>p</p><p>q</p></td></tr></table>
    <div class="highlight"><pre><span></span><code>x = 1
y = 2
</code></pre></div><div class="tabbed-set"><div class="tabbed-labels"><label>First</label></div>
    <div class="tabbed-content"><div class="tabbed-block"><p>body</p></div></div></div>
    <svg><title>Told</title><text>untold</text></svg><p hidden>secret</p></article>"""
    text = as_markdown(read_article(html), link=str.upper, linked=frozenset({"here"}))
    assert (
        text
        == """## A `b` {#here}

1 \\< 2 [c](C.HTML)
next

- one

  - deep

| x | y |
| --- | --- |
| a\\|b | p; q |

```
x = 1
y = 2
```

**First**

body

Told
"""
    )
