from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import nbformat
import pytest
from nbconvert.exporters import get_exporter

from boltkb.publish.exporters import PageExporter, SingleFileExporter
from boltkb.publish.fragments import PLOTLY_MIME, figure_html, html_output, markdown_output
from boltkb.publish.run import Published
from boltkb.tables import Column, Table

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "<svg onload=alert(1)></svg>",
    '<iframe src="https://example.org"></iframe>',
    '<div style="background:url(https://example.org/x)">x</div>',
    '<form action="https://example.org"><input></form>',
    "<style>body{display:none}</style>",
    '<div onclick="alert(1)">x</div>',
    '<meta http-equiv="refresh" content="0;https://example.org">',
    "</div></main><script>alert(1)</script>",
    '[x](javascript:alert(1)){: onclick="alert(1)" }',
    '--8<-- "mkdocs.yml"',
    "'><script>alert(1)</script>",
)


class _Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def _acting(html: str) -> list[str]:
    """Return what could act in a piece of HTML."""
    bad = []
    for tag, attributes in _Tags(html).found:
        if tag in {"script", "iframe", "img", "svg", "form", "input", "meta", "style", "object"}:
            bad.append(tag)
        for name, value in attributes.items():
            text = (value or "").lower()
            if name.startswith("on") or "javascript:" in text or "url(" in text:
                bad.append(f"{tag}.{name}")
    return bad


def _shown(data: dict[str, object]) -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell("x")
    cell.outputs = [nbformat.v4.new_output("display_data", data=data)]
    return nbformat.v4.new_notebook(cells=[cell])


def test_the_check_itself_sees_what_acts() -> None:
    assert all(_acting(text) for text in HOSTILE[:11] if "<" in text)


@pytest.mark.parametrize("kind", ["text/html", "text/markdown", "text/plain"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_inert_in_every_kind_of_output(kind: str, hostile: str) -> None:
    page, _ = PageExporter().from_notebook_node(_shown({kind: hostile}))
    assert not _acting(page)
    single, _ = SingleFileExporter().from_notebook_node(_shown({kind: hostile}))
    content = single[single.index("<main") : single.rindex("</main>")]
    assert not _acting(content)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_inert_in_figures(hostile: str) -> None:
    figure = {
        "data": [{"type": "scatter", "name": hostile, "x": [1], "y": [1], "text": [hostile]}],
        "layout": {"meta": {"title": hostile, "caption": hostile, "alt": hostile}},
    }
    page, _ = PageExporter().from_notebook_node(_shown({PLOTLY_MIME: figure}))
    tags = _Tags(page).found
    assert [tag for tag, _ in tags] == ["figure", "figcaption", "b", "span", "span", "div"]
    trace = json.loads(tags[-1][1]["data-figure"] or "")["data"][0]
    assert "<" not in trace["name"]
    assert trace["text"] == [trace["name"]]


def test_the_markup_that_plotly_knows_survives_in_figures() -> None:
    text = "%{y}<br><b>x</b><extra></extra> a<b>c"
    html = figure_html({"data": [{"hovertemplate": text}], "layout": {}}, 1)
    figure = json.loads(_Tags(html).found[-1][1]["data-figure"] or "")
    assert figure["data"][0]["hovertemplate"] == text


def test_an_output_is_one_line() -> None:
    assert "\n" not in html_output("<div>a\n\n```\nb</div>\n<pre>c\nd</pre>")
    assert "c&#10;d" in html_output("<pre>c\nd</pre>")
    assert "\n" not in markdown_output("a\n\n- b\n- c\n\n```\nd\n```")


def test_classes_meters_and_links_survive() -> None:
    html = (
        '<div class="boltkb-card bad"><i style="left:5%;width:12%"></i>'
        '<a href="https://neo4j.com">x</a><td data-label="Threads">8</td></div>'
    )
    kept = html_output(html)
    for part in ('class="boltkb-card bad"', "left:5%;width:12%", 'href="https://neo4j.com"'):
        assert part in kept.replace(" ", "").replace("<aclass", "<a class") or part in kept


def test_a_long_table_is_folded_and_a_short_one_is_not() -> None:
    rows = tuple((index,) for index in range(40))
    table = Table((Column("File"),), rows, title="What was read")
    html = html_output(f"<p>x</p>{table.to_html()}<p>y</p>")
    assert "<summary>What was read, 40 rows</summary>" in html
    assert html.startswith("<p>x</p><details")
    assert html.endswith("</details><p>y</p>")
    assert "<details" not in html_output(Table((Column("File"),), rows[:9]).to_html())


def test_a_trace_the_bundle_cannot_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="heatmap"):
        figure_html({"data": [{"type": "heatmap"}], "layout": {}}, 1)


def test_exporters_are_reached_by_name() -> None:
    assert get_exporter("boltkb-md") is PageExporter
    assert get_exporter("boltkb-html") is SingleFileExporter


def test_the_page_has_one_heading_and_it_is_the_headline(published: Published) -> None:
    page = published.page.read_text(encoding="utf-8")
    assert page.count("<h1>") == 1
    assert "<h1>The pool was too small for its load</h1>" in page
    assert not re.search(r"^# ", page, re.MULTILINE)
    assert not _acting(page)


def test_the_page_shows_no_code(published: Published) -> None:
    page = published.page.read_text(encoding="utf-8")
    assert "import plotly" not in page
    assert "target_rejection: float" not in page


def test_the_page_is_found_by_name_in_its_own_links(published: Published) -> None:
    page = published.page.read_text(encoding="utf-8")
    assert f'href="{published.facts.name}"' in page
    assert f'href="{published.notebook.name}"' in page


def test_a_failed_notebook_says_so() -> None:
    cell = nbformat.v4.new_code_cell("1/0")
    cell.outputs = [
        nbformat.v4.new_output("error", ename="ZeroDivisionError", evalue="<b>0</b>", traceback=[])
    ]
    page, _ = PageExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    assert "This run failed" in page
    assert "<b>0</b>" not in page


def test_the_single_file_is_small_enough(published: Published) -> None:
    assert 1_000_000 < published.html.stat().st_size < 2_000_000


def test_the_single_file_allows_its_own_scripts_and_nothing_else(published: Published) -> None:
    html = published.html.read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in rules["script-src"]
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert len(scripts) == 2
    digests = {
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in scripts
    }
    assert digests == set(rules["script-src"].split())


def test_the_single_file_names_no_address_to_load(published: Published) -> None:
    html = published.html.read_text(encoding="utf-8")
    outside = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    for tag, attributes in _Tags(outside).found:
        assert tag not in {"link", "img", "iframe"}, tag
        assert "src" not in attributes
    assert "@import" not in outside
    assert "url(" not in outside


def test_links_into_the_site_become_text_in_the_single_file(published: Published) -> None:
    html = published.html.read_text(encoding="utf-8")
    main = html[html.index("<main") : html.rindex("</main>")]
    hrefs = [a["href"] for tag, a in _Tags(main).found if tag == "a"]
    assert all(re.match(r"#|https?:|mailto:", href or "") for href in hrefs)
    assert "guide" in main
