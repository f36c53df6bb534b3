"""The page on what to export cannot lag behind the catalogue, and names nothing that is not there.

`BOLTKB_REGENERATE=1` writes the generated parts instead of comparing them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from boltkb.catalogue import (
    Evidence,
    Version,
    default_filter,
    load_messages,
    load_metrics,
    load_questions,
    load_settings,
    setting_id,
)
from boltkb.exports import empty_export
from boltkb.exports.missing import missing
from boltkb.exports.recipes.tracing import APPENDER, LOGGER, NOTES

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "what-to-export.md"
PAGES = sorted((ROOT / "docs").rglob("*.md"))
KINDS = {
    "connections": "the list of connections",
    "debug-log": "`debug.log`",
    "drivers": "logs of the drivers",
    "dumps": "thread dumps",
    "dumps:2": "two or more thread dumps",
    "holds": "the trace",
    "log": "`neo4j.log` or `debug.log`",
    "machine:cpus": "`debug.log` from its start",
    "queries": "`query.log`",
    "rejection-lines": "`neo4j.log` or `debug.log`",
    "settings": "`neo4j.conf`",
    "sockets": "the list of sockets",
    "source:gc-log": "`gc.log`",
    "source:server-notes": "notes of the operating system",
    "transactions": "the list of transactions",
    "transactions+connections": "the lists of transactions and connections",
    "transactions-idle": "the list of transactions, with idle times",
}
HOW = {"exact": "", "good": "", "bound": ", *a bound*", "moment": ", *a moment*"}


def kind(evidence: Evidence) -> str:
    if evidence.found.startswith("series:"):
        keys = evidence.found.removeprefix("series:").split("+")
        return "metrics " + ", ".join(f"`{key}`" for key in keys)
    return KINDS[evidence.found]


def versions(evidence: Evidence) -> str:
    since, until = evidence.versions.since, evidence.versions.until
    if isinstance(since, Version):
        return f" from {since.short} on"
    return f" before {until.short}" if isinstance(until, Version) else ""


def questions() -> str:
    lines = ["| Question | Answered by, the strongest first |", "|---|---|"]
    for question in sorted(load_questions().values(), key=lambda question: question.rank):
        parts = [
            f"{kind(evidence)}{versions(evidence)}"
            f"{' (Enterprise)' if evidence.edition == 'enterprise' else ''}"
            f"{HOW[evidence.how]}: {evidence.tells}"
            for evidence in question.evidence
        ]
        lines.append(f"| {question.question} | {'<br>'.join(parts)} |")
    return "\n".join(lines)


def steps(version: str, recipe: str, where: str) -> str:
    export = replace(empty_export(), version=version, edition="enterprise")
    (made,) = [made for made in missing(export).steps if made.recipe == recipe]
    return next(snippet.text for snippet in made.snippets if snippet.where == where)


def tabs(several: list[str], recipe: str) -> str:
    blocks = []
    for version in several:
        text = steps(version, recipe, "neo4j.conf").replace("\n", "\n    ")
        blocks.append(f'=== "{version}"\n\n    ```properties\n    {text}\n    ```')
    return "\n\n".join(blocks)


def filters() -> str:
    return tabs(["4.2", "4.4", "5.20", "5.26", "2025.03", "2026.06"], "metrics")


def query_log() -> str:
    return tabs(["3.5", "4.2", "4.4", "5.26"], "query-log")


def trace() -> str:
    notes = "\n".join(f"- {note}" for note in NOTES)
    return (
        "Before `</Appenders>` in `conf/server-logs.xml`:\n\n"
        f"```xml\n{APPENDER}\n```\n\nBefore `</Loggers>`:\n\n```xml\n{LOGGER}\n```\n\n{notes}"
    )


PARTS: dict[str, Callable[[], str]] = {
    "questions": questions,
    "filters": filters,
    "trace": trace,
    "query log": query_log,
}


@pytest.mark.parametrize("part", PARTS)
def test_the_page_says_what_the_catalogue_says(part):
    text = PAGE.read_text(encoding="utf-8")
    begin, end = f"<!-- begin: {part} -->\n", f"<!-- end: {part} -->"
    before, _, rest = text.partition(begin)
    _, found, after = rest.partition(end)
    assert found
    made = f"{before}{begin}{PARTS[part]()}\n{end}{after}"
    if os.environ.get("BOLTKB_REGENERATE"):
        PAGE.write_text(made, encoding="utf-8")
    assert text == made or os.environ.get("BOLTKB_REGENERATE")


def test_each_filter_on_the_page_holds_the_whole_list_of_its_version():
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r'=== "([\d.]+)"\n\n    ```properties\n    \S*filter=(\S+)', text)
    assert len(found) == 6
    for version, value in found:
        listed = default_filter(Version.parse(version)).patterns
        assert tuple(value.split(",")[: len(listed)]) == listed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_setting_on_a_page_exists(page):
    text = page.read_text(encoding="utf-8")
    known = {interval.name for entry in load_settings().values() for interval in entry.names}
    shapes = r"(?<![\w.*])(?:server|db|dbms|internal|metrics|unsupported)\.[a-z_]+(?:\.[a-z_]+)+\b"
    for name in set(re.findall(shapes, text)):
        end = name.rsplit(".", 1)[1]
        is_metric = any(name in i.name for m in load_metrics().values() for i in m.names)
        # What drivers measure is named by the conventions of OpenTelemetry.
        if end in {"log", "xml", "md"} or is_metric or name.startswith("db.client."):
            continue
        stems = {setting.rsplit(".", 1)[0] for setting in known}
        assert setting_id(name) or name in stems, f"{page.name} names {name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_metric_on_a_page_exists(page):
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"`bolt\.((?:connections|messages|accumulated|worker)_\w+)`", text):
        assert name in load_metrics(), f"{page.name} names {name}"


def test_messages_that_the_pages_quote_are_those_of_the_catalogue():
    text = (ROOT / "docs" / "tuning.md").read_text(encoding="utf-8")
    assert load_messages()["starvation-increase"].needles[0] in text
