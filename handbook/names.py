"""The page on which a setting is found by any of its names, in every form of deployment."""

from __future__ import annotations

from boltkb.catalogue import load_settings
from handbook.markdown import code, versions
from handbook.reading import LOOKED_UP
from handbook.server import docker

__all__ = ["setting_names"]


def setting_names() -> str:
    """Return the page as Markdown with one table of HTML, which a script filters."""
    rows = []
    for setting in load_settings().values():
        for interval in reversed(setting.names):
            effect = "at once" if setting.dynamic else "restart"
            cells = (
                code(interval.name),
                versions(interval.since, interval.until),
                code(docker(interval.name)),
                code(f'{interval.name}: ""'),
                code(setting.default) if setting.default else "none",
                f'<a href="../reference/settings.html#{setting.id}">{effect}</a>',
            )
            rows.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    heads = ("neo4j.conf", "Versions", "Docker, Kubernetes", "Helm, under config:", "Default",
             "Takes effect")  # fmt: skip
    head = "".join(f"<th>{words}</th>" for words in heads)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return "\n".join(
        [
            "---",
            'title: "What is my setting called?"',
            'description: "A Neo4j setting by any of its names: version by version, in neo4j.conf, Docker and Helm."',  # noqa: E501
            "hide:",
            "  - navigation",
            "  - toc",
            "---",
            "",
            "<!-- from the catalogue, by `python -m handbook` -->",
            "",
            "# What is my setting called?",
            "",
            f"*For whoever has a name from another version, or form of deployment. {LOOKED_UP}*",
            "",
            f'<div class="boltkb-calculator" data-kind="names">{table}</div>',
            "",
        ]
    )
