"""Rule files as Prometheus reads them."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterable, Mapping

from handbook.watching.alerts import ALERTS, Alert
from handbook.watching.recorded import DERIVED, LIMIT, SOURCES, Recorded

__all__ = ["RULE_FILES"]

#: Seconds between two evaluations; the scrape should be as short.
_INTERVAL = "15s"
_HEADS: Mapping[str, str] = {
    "5": """Bolt threads of Neo4j 5, 2025 and 2026: their metrics under names that stay.
    For the default metrics.prefix, neo4j. Load bolt-limit.yml and bolt-rules.yml beside it.
    Also for 4.2 to 4.4 with metrics.namespaces.enabled=true, without the pauses and rejections.""",
    "4.4": """Bolt threads of Neo4j 4.x: their metrics under names that stay.
    For the default metrics.prefix, neo4j, and no namespaces. Load bolt-limit.yml and
    bolt-rules.yml beside it. Rejections are not in it: up to 4.4 a rejected message counts as
    started. Count log lines.""",
    "community": """Bolt threads of Community Edition: what bolt-threads.sh counts, under names
    that stay. Load bolt-limit.yml and bolt-rules.yml beside it; what needs metrics stays
    silent.""",
}
_LIMIT = """EDIT THIS FILE: how many Bolt threads each server has. No metric tells it, so the
    number in neo4j.conf has to be repeated here. A server with another number than 400 goes in
    front:
      0 * bolt:threads:held{instance=~"big-.+"} + 1000
      or neo4j_bolt_threads_limit
      or 0 * bolt:threads:held + 400"""
_RULES = """What follows from them, and the alerts: the same for every version.
    `page` names a page of the boltkb site, from its root."""


def _recording(key: str) -> Callable[[], str]:
    def make() -> str:
        words = key.replace(".", "-")
        return _file(_HEADS[key], [_group(f"bolt-{words}", map(_record, SOURCES[key]()))])

    return make


def _limit() -> str:
    return _file(_LIMIT, [_group("bolt-limit", [_record(LIMIT)])])


def _rules() -> str:
    return _file(
        _RULES,
        [
            _group("bolt-derived", map(_record, DERIVED)),
            _group("bolt-alerts", map(_alert, ALERTS)),
        ],
    )


#: Each file, from the root of the site's sources, and what writes it.
RULE_FILES: Mapping[str, Callable[[], str]] = {
    "assets/watching/bolt-5.yml": _recording("5"),
    "assets/watching/bolt-4.4.yml": _recording("4.4"),
    "assets/watching/bolt-community.yml": _recording("community"),
    "assets/watching/bolt-limit.yml": _limit,
    "assets/watching/bolt-rules.yml": _rules,
}


def _file(head: str, groups: Iterable[str]) -> str:
    lines = [f"# {line.removeprefix('    ')}" for line in head.splitlines()]
    lines.append("# From the catalogue, by `python -m handbook`.")
    return "\n".join([*lines, "groups:", *groups]) + "\n"


def _group(name: str, rules: Iterable[str]) -> str:
    return "\n".join([f"  - name: {name}", f"    interval: {_INTERVAL}", "    rules:", *rules])


def _record(one: Recorded) -> str:
    return "\n".join(
        [
            *_comment(one.means),
            f"      - record: {one.name}",
            "        expr: |-",
            textwrap.indent(one.expression, " " * 10),
        ]
    )


def _alert(one: Alert) -> str:
    return "\n".join(
        [
            *_comment(one.why),
            f"      - alert: {one.name}",
            "        expr: |-",
            textwrap.indent(one.expression, " " * 10),
            f"        for: {one.lasts}",
            "        labels:",
            f"          severity: {one.severity}",
            "        annotations:",
            # A JSON string is a YAML string, whatever stands in it.
            f"          summary: {json.dumps(one.says)}",
            f"          look_first: {json.dumps(one.look_first)}",
            f"          page: {one.page}",
        ]
    )


def _comment(words: str) -> list[str]:
    return textwrap.wrap(words, 92, initial_indent="      # ", subsequent_indent="      # ")
