"""The reference page of `facts.json` and its JSON Schema, from the models that check it.

Knows JSON Schema's words, and nothing of what the facts are about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from boltkb.publish.schema import SCHEMA, json_schema
from handbook.markdown import code, front, table

__all__ = ["EXAMPLE", "facts", "schema"]

#: What a pipeline does with the facts; a test runs it beside a report.
EXAMPLE = """import json
from pathlib import Path

facts = json.loads(Path("neo4j-5.26-saturated.facts.json").read_text(encoding="utf-8"))
verdict, load = facts["verdict"], facts["estimates"]["offered_load"]
print(verdict["state"], verdict["cause"], verdict["confidence"])
if load["value"] is None:
    print(load["reason"])
else:
    print(load["value"], load["low"], load["high"], load["unit"])"""

_TYPES = {
    "array": "list",
    "boolean": "true or false",
    "integer": "whole number",
    "null": "null",
    "number": "number",
    "object": "object",
    "string": "text",
}


def schema() -> str:
    """Return the JSON Schema of `facts.json` as the text of a file."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def facts() -> str:
    """Return the page of every key of `facts.json`."""
    whole = json_schema()
    parts: Mapping[str, Any] = whole["$defs"]  # type: ignore[assignment]
    lines = front(
        "facts.json",
        "Every key of the facts beside a report: type, unit, meaning, and when it is null or "
        "missing; with a JSON Schema.",
        "**Beside each report stands `NAME.facts.json`: the same answer, for programs.** The "
        "[JSON Schema](../assets/facts.schema.json) of this page is a file of the site. Loads are "
        "erlangs, times seconds, rates per second; ids of causes are those of "
        "[Causes](causes.md).",
        "whoever reads reports with a program",
        origin="the models that check the facts",
    )
    lines += ["```python", EXAMPLE, "```", ""]
    lines += [
        "## How it changes { #stability }",
        "",
        (
            f"`schema` is {SCHEMA}. It grows by one when a key goes, or changes its type or its "
            "meaning, and the change log says so. A key that is new leaves it as it is: let keys "
            "through that you do not know. Compare `schema` before you read on."
        ),
        "",
        (
            "A report of the notebook `thread_pool` has every part below. A key that *may be "
            "missing* is absent from facts of an earlier boltkb or of a notebook of your own, or "
            "where its meaning says so."
        ),
        "",
        "## The whole { #facts }",
        "",
    ]
    lines += _keys(whole, parts)
    for name in _in_order(whole, parts):
        lines += [f"## {_title(name)} {{ #{_anchor(name)} }}", "", parts[name]["description"], ""]
        lines += _keys(parts[name], parts)
    return "\n".join(lines)


def _keys(part: Mapping[str, Any], parts: Mapping[str, Any]) -> list[str]:
    rows = []
    for key, found in part["properties"].items():
        kind = f"always `{found['const']}`" if "const" in found else _kind(found)
        # What a key says in the same words as its part is left out of it.
        words = found.get("description") or parts[_name(found)]["description"]
        missing = "" if key in part["required"] else " *May be missing.*"
        unit = f", {found['unit']}" if "unit" in found else ""
        # A key is looked for as a whole.
        name = f'<span class="boltkb-whole">{code(key)}</span>'
        rows.append((name, f"{kind}{unit}", f"{words}{missing}"))
    return table(("Key", "Type, unit", "Meaning"), rows)


def _name(found: Mapping[str, Any]) -> str:
    return str(found["$ref"]).rsplit("/", 1)[1]


def _kind(found: Mapping[str, Any]) -> str:
    """Return a type in words, with a link where it is a part of its own."""
    if "$ref" in found:
        name = _name(found)
        return f"[{_words(name)}](#{_anchor(name)})"
    if "anyOf" in found:
        kinds = [_kind(one) for one in found["anyOf"]]
        # Every whole number is a number.
        return " or ".join(
            kind for kind in kinds if kind != "whole number" or "number" not in kinds
        )
    if "enum" in found:
        return " or ".join(f"`{value}`" for value in found["enum"])
    if found.get("type") == "array":
        return f"list of {_kind(found['items'])}"
    if isinstance(inner := found.get("additionalProperties"), Mapping):
        return f"{_kind(inner)} by name"
    return _TYPES.get(found.get("type", ""), "anything")


def _in_order(whole: Mapping[str, Any], parts: Mapping[str, Any]) -> list[str]:
    """Return the parts as a reader meets them."""
    met: list[str] = []
    waiting = [whole]
    while waiting:
        for name in re.findall(r'"#/\$defs/(\w+)"', json.dumps(waiting.pop(0)["properties"])):
            if name not in met:
                met.append(name)
                waiting.append(parts[name])
    return met


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Facts")).lower()


def _title(name: str) -> str:
    return _words(name).capitalize()


def _anchor(name: str) -> str:
    return _words(name).replace(" ", "-")
