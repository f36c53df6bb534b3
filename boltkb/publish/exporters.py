"""The two ways an executed notebook leaves: a page of the site, a file of its own.

`jupyter nbconvert --to boltkb-md` and `--to boltkb-html` reach them as well.  Both are made
from one text: the page is that text, the single file is the same text rendered here, with
style, scripts and figures inside, and a policy under which no request can leave it.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import markdown  # type: ignore[import-untyped]
from nbconvert.exporters import TemplateExporter
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from traitlets import default
from traitlets.config import Config

from boltkb.publish import fragments
from boltkb.publish.facts import gather_facts
from boltkb.tables import escape

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["ASSETS", "MARKDOWN_EXTENSIONS", "PageExporter", "SingleFileExporter"]

#: The folder of styles and scripts, vendored ones included.
ASSETS = Path(str(resources.files("boltkb.publish"))) / "assets"

_TEMPLATES = Path(str(resources.files("boltkb.publish"))) / "templates"

#: What the single file's renderer knows; the site's configuration has the same and more.
MARKDOWN_EXTENSIONS = (
    "abbr",
    "admonition",
    "attr_list",
    "def_list",
    "footnotes",
    "md_in_html",
    "tables",
    "toc",
    "pymdownx.details",
    "pymdownx.highlight",
    "pymdownx.inlinehilite",
    "pymdownx.superfences",
    "pymdownx.tabbed",
)

_EXTENSION_CONFIGS = {
    "toc": {"toc_depth": "2-3"},
    "pymdownx.highlight": {"anchor_linenums": False},
    "pymdownx.tabbed": {"alternate_style": True},
}

_HIDDEN_CELLS = {"remove", "parameters", "injected-parameters", "papermill-error-cell-tag"}


class PageExporter(TemplateExporter):
    """Write an executed notebook as a Markdown page for the site.

    Examples
    --------
    >>> import nbformat
    >>> cell = nbformat.v4.new_markdown_cell("## What happened")
    >>> notebook = nbformat.v4.new_notebook(cells=[cell])
    >>> PageExporter().from_notebook_node(notebook)[0].strip()
    '## What happened'
    """

    export_from_notebook = "boltkb page (Markdown)"
    output_mimetype = "text/markdown"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".md"

    @default("template_name")
    def _template_name_default(self) -> str:
        return "boltkb"

    @default("template_file")
    def _template_file_default(self) -> str:
        return "page.md.j2"

    @default("extra_template_basedirs")
    def _extra_template_basedirs_default(self) -> list[str]:
        return [str(_TEMPLATES)]

    @property
    def default_config(self) -> Config:
        """Return nbconvert's configuration: what is shown of an output, what is left out."""
        config = Config(
            {
                "NbConvertBase": {
                    "display_data_priority": [
                        fragments.PLOTLY_MIME,
                        "text/html",
                        "text/markdown",
                        "text/plain",
                    ]
                },
                "TagRemovePreprocessor": {"enabled": True, "remove_cell_tags": _HIDDEN_CELLS},
            }
        )
        config.merge(super().default_config)
        return config

    def default_filters(self) -> Iterator[tuple[str, object]]:
        """Return the filters of the template, by name."""
        yield from super().default_filters()  # type: ignore[no-untyped-call]
        yield "html_output", fragments.html_output
        yield "markdown_output", fragments.markdown_output
        yield "text_output", fragments.text_output
        yield "own_markdown", _own_markdown
        yield "failure", _failure
        yield "other_output", self._other_output

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, object] | None = None, **settings: object
    ) -> tuple[str, dict[str, object]]:
        """Return the page and nbconvert's resources.

        Parameters
        ----------
        nb : NotebookNode
            Executed.
        resources : dict, optional
            nbconvert's own; with `boltkb_slug`, what the report's files are called, the page
            links to the list of reports and to the files beside it.

        Returns
        -------
        tuple of str and dict
        """
        facts, title, body, found = self._body(nb, resources, **settings)
        slug = str((resources or {}).get("boltkb_slug", ""))
        header = fragments.page_header(
            facts, title, body, published=_published(nb), index="index.html" if slug else ""
        )
        footer = fragments.page_footer(slug) if slug else ""
        parts = [fragments.front_matter(facts, title).rstrip(), header, body, footer]
        return "\n\n".join(part for part in parts if part) + "\n", found

    def _body(
        self, nb: NotebookNode, resources: dict[str, object] | None, **settings: object
    ) -> tuple[dict[str, object], str, str, dict[str, object]]:
        """Return a notebook's facts, its title, its Markdown and nbconvert's resources."""
        self._figures = 0
        facts = gather_facts(nb)
        text, found = super().from_notebook_node(nb, resources, **settings)
        text = re.sub(r"\n{3,}", "\n\n", text).strip()
        if "verdict" in facts:
            text = re.sub(r"\A# [^\n]*\n*", "", text)
        return facts, _title(nb), text, found

    def _other_output(self, output: Mapping[str, Mapping[str, object]]) -> str:
        """Return a figure, or nothing for a type that pages do not show."""
        figure = output["data"].get(fragments.PLOTLY_MIME)
        if not isinstance(figure, Mapping):
            return ""
        self._figures += 1
        return fragments.figure_html(figure, self._figures)


class SingleFileExporter(PageExporter):
    """Write an executed notebook as one HTML file that needs nothing and calls nobody."""

    export_from_notebook = "boltkb single file (HTML)"
    output_mimetype = "text/html"

    @default("file_extension")
    def _single_file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, object] | None = None, **settings: object
    ) -> tuple[str, dict[str, object]]:
        """Return the file's text and nbconvert's resources; parameters as `PageExporter`'s."""
        facts, title, body, found = self._body(nb, resources, **settings)
        header = fragments.page_header(facts, title, body, published=_published(nb))
        renderer = markdown.Markdown(
            extensions=list(MARKDOWN_EXTENSIONS), extension_configs=_EXTENSION_CONFIGS
        )
        content = _unlink(renderer.convert(f"{header}\n\n{body}"))
        tokens: list[dict[str, object]] = getattr(renderer, "toc_tokens", [])
        verdict = facts.get("verdict")
        headline = str(verdict.get("headline", "")) if isinstance(verdict, Mapping) else ""
        name = ": ".join(part for part in (title or _name(facts), headline) if part)
        return _document(name or "Report", _contents(tokens), content), found


def _document(title: str, contents: str, content: str) -> str:
    scripts = [_asset("plotly-basic.min.js"), _asset("boltkb.js")]
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    policy = (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    highlight = HtmlFormatter().get_style_defs(".highlight")
    style = "\n".join([_asset("boltkb.css"), _asset("single.css"), highlight])
    inline = "\n".join(f"<script>{script}</script>" for script in scripts)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<style>{style}</style>
</head>
<body class="boltkb-single" data-md-color-scheme="default">
<header class="bar"><span class="mark">boltkb</span><span class="tools">
<button type="button" data-boltkb="palette">Dark</button>
<button type="button" data-boltkb="print">Print</button></span></header>
<div class="columns">
<main class="md-typeset">
{content}
</main>
{contents}
</div>
{inline}
</body>
</html>
"""


@functools.cache
def _asset(name: str) -> str:
    text = (ASSETS / name).read_text(encoding="utf-8")
    if name.endswith(".js"):
        text = re.sub(r"</(script)", r"<\\/\1", text, flags=re.IGNORECASE)
        text = text.replace("<!--", "<\\!--")
    return text


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _contents(tokens: Iterable[Mapping[str, object]]) -> str:
    items = "".join(
        f'<li><a href="#{escape(token["id"])}">{token["name"]}</a></li>' for token in tokens
    )
    return (
        f'<nav class="contents" aria-label="On this page"><ol>{items}</ol></nav>' if items else ""
    )


def _unlink(html: str) -> str:
    """Return the HTML without links to other pages of the site, which are not at hand here."""
    return re.sub(
        r'<a\b[^>]*\bhref="(?!#|https?:|mailto:)[^"]*"[^>]*>(.*?)</a>', r"\1", html, flags=re.DOTALL
    )


def _own_markdown(source: str) -> str:
    return source.strip()


def _failure(output: Mapping[str, object]) -> str:
    text = f"{output.get('ename', 'Error')}: {output.get('evalue', '')}"
    return (
        '<div class="boltkb-verdict bad"><span class="tag">This run failed</span>'
        f"<p>A cell failed, and what follows is incomplete.</p>{fragments.text_output(text)}</div>"
    )


def _title(nb: NotebookNode) -> str:
    """Return the title the run was given; empty for none."""
    parameters = nb.metadata.get("papermill", {}).get("parameters", {})
    title = parameters.get("title", "")
    return title if isinstance(title, str) else ""


def _name(facts: Mapping[str, object]) -> str:
    export = facts.get("export")
    return str(export.get("name") or "") if isinstance(export, Mapping) else ""


def _published(nb: NotebookNode) -> str | None:
    end = nb.metadata.get("papermill", {}).get("end_time")
    return end if isinstance(end, str) else None
