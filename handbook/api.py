"""Reference pages of the Python API, a page for each room, from its docstrings.

Knows which rooms an analyst works with; what a name is and does, its docstring says.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from functools import partial
from types import FunctionType, ModuleType

import boltkb
from handbook.docstrings import described, opening, read, sentences
from handbook.markdown import code, front, table

__all__ = ["ROOMS", "START", "api_pages", "python_api"]

#: The rooms that an analyst works with, in the order of one run, with who looks there.
ROOMS: Mapping[str, str] = {
    "exports": "whoever opens what a server exported",
    "bolt": "whoever asks what the pool did, and why",
    "queueing": "whoever computes with servers, load and waiting",
    "advice": "whoever wants findings and advice as data",
    "figures": "whoever draws",
    "publish": "whoever makes reports from Python",
    "twin": "whoever simulates a server and its clients",
    "catalogue": "whoever looks up settings, metrics and messages in code",
    "tables": "whoever works on with a table, or shows numbers",
    "errors": "whoever catches what goes wrong",
}

#: What an analyst needs, from a clone of the repository; a test runs it.
START = """import boltkb

export = boltkb.open_export("data/captures/neo4j-5.26-saturated")
print(export)  # what was found, and what it can answer

pool = boltkb.read_pool(export)  # threads, queue, and where each value comes from
seen = boltkb.observe(export, pool)  # what the pool saw: held threads, rejections, gaps
fit = boltkb.fit_queue(seen)  # models, estimates with intervals, checks
print(fit.verdict, fit.offered_load)  # erlangs

diagnosis = boltkb.diagnose(export, pool, seen, fit)
print(diagnosis.state, diagnosis.cause, diagnosis.confidence)
for cause in diagnosis.causes[:3]:
    print(cause.id, cause.status, cause.share, *cause.evidence_for)

sizing = boltkb.size_threads(fit, rejection=0.001)
advice = boltkb.advise(pool, fit, sizing, diagnosis)
print(advice.headline)

boltkb.plot_busy(fit)  # draws itself in a notebook
table = fit.table().to_polars()  # work on with polars"""

#: What a public function returns, although its room loads it only then.
BESIDE: Mapping[str, Mapping[str, str]] = {"publish": {"Published": "boltkb.publish.run"}}

#: Characters of a signature that stands on one line.
_WIDTH = 72


def api_pages() -> Mapping[str, Callable[[], str]]:
    """Return the page of each room, by its path."""
    return {f"reference/api/{name}.md": partial(_room, name) for name in ROOMS}


def python_api() -> str:
    """Return the page that leads to the rooms."""
    lines = front(
        "Python API",
        "Open an export, observe, diagnose, size and draw from Python, and every public name.",
        "**Seven calls lead from an export to advice; each result shows itself in a notebook.** "
        "Inside, times are seconds, rates per second, loads erlangs.",
        "whoever works in a notebook of their own",
        origin="the package",
    )
    lines += ["```python", START, "```", "", "## The names of boltkb { #boltkb }", ""]
    homes = {name: _home(name) for name in boltkb.__all__}
    lines += table(
        ("Name", "What it does"),
        [
            (
                f"[`{name}`](api/{homes[name]}.md#{homes[name]}.{name})",
                sentences(opening(getattr(boltkb, name))),
            )
            for name in boltkb.__all__
        ],
    )
    lines += [
        "## Rooms { #rooms }",
        "",
        "What stands on these pages is public: a change of it is told in the change log.",
        "",
    ]
    lines += table(
        ("Room", "What it is for"),
        [
            (f"[`boltkb.{name}`](api/{name}.md)", sentences(opening(_module(name))))
            for name in ROOMS
        ],
    )
    return "\n".join(lines)


def _room(room: str) -> str:
    told = read(_module(room))
    names = _names(room)
    lines = front(
        f"boltkb.{room}",
        f"Public names of boltkb.{room}: what each takes, returns and raises.",
        f"**{sentences(told.summary)}**",
        ROOMS[room],
        origin="the package",
    )
    for kind in ("Functions", "Classes", "Values"):
        own = [name for name, (_, thing) in names.items() if _kind(thing) == kind]
        if own:
            lines += [f"{kind}: {', '.join(f'[`{name}`](#{room}.{name})' for name in own)}.", ""]
    for name in sorted(
        names, key=lambda name: (_kind(names[name][1]) != "Functions", name.lower())
    ):
        lines += _entry(room, name, *names[name])
    return "\n".join(lines)


def _names(room: str) -> dict[str, tuple[str, object]]:
    """Return the public names of a room, each with where it is imported from and what it is."""
    module = _module(room)
    own = dict.fromkeys(module.__all__, f"boltkb.{room}")
    whole = {name: "boltkb" for name in boltkb.__all__ if _home(name) == room}
    found = {**BESIDE.get(room, {}), **whole, **own}
    return {
        name: (within, getattr(importlib.import_module(within), name))
        for name, within in sorted(found.items())
    }


def _module(room: str) -> ModuleType:
    return importlib.import_module(f"boltkb.{room}")


def _home(name: str) -> str:
    """Return the room that a name of the package lives in."""
    return str(getattr(boltkb, name).__module__).split(".")[1]


def _kind(thing: object) -> str:
    if inspect.isclass(thing):
        return "Classes"
    return "Functions" if callable(thing) else "Values"


def _entry(room: str, name: str, within: str, thing: object) -> list[str]:
    lines = [f"## {name} {{ #{room}.{name} }}", ""]
    if not callable(thing):
        return [*lines, f"`{within}.{name}` = `{thing!r}`", ""]
    lines += ["```python", f"{within}.{name}{_signature(thing)}", "```", ""]
    lines += described(read(thing))
    return [*lines, *_members(room, name, thing)] if isinstance(thing, type) else lines


def _signature(thing: object, *, wide: bool = False) -> str:
    """Return a signature: one line where it fits or `wide` is asked, else a parameter a line."""
    try:
        signature = inspect.signature(thing)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return ""
    # Annotations are text already; what quotes are left come from how they are kept.
    parts = [str(found).replace("'", "") if found.default is found.empty else _given(found)
             for found in signature.parameters.values()]  # fmt: skip
    marks = _marked(signature, parts)
    back = signature.return_annotation
    end = "" if back in (None, inspect.Signature.empty) else f" -> {_shown(back)}"
    whole = f"({', '.join(marks)}){end}"
    if wide or len(whole) <= _WIDTH:
        return whole
    return "(\n" + "".join(f"    {mark},\n" for mark in marks) + f"){end}"


def _marked(signature: inspect.Signature, parts: list[str]) -> list[str]:
    """Return the parameters with `*` before the first that must be named."""
    marks: list[str] = []
    for found, part in zip(signature.parameters.values(), parts, strict=True):
        starred = any(mark.startswith("*") for mark in marks)
        if found.kind is found.KEYWORD_ONLY and not starred:
            marks.append("*")
        marks.append(part)
    return marks


def _given(found: inspect.Parameter) -> str:
    default = "..." if "<factory>" in repr(found.default) else repr(found.default)
    if found.annotation is found.empty:
        return f"{found.name}={default}"
    return f"{found.name}: {_shown(found.annotation)} = {default}"


def _shown(annotation: object) -> str:
    return str(getattr(annotation, "__name__", annotation)).replace("'", "")


def _members(room: str, name: str, kind: type) -> list[str]:
    """Return a class's properties and inherited methods as tables, its own methods one by one."""
    properties, inherited, lines = [], [], []
    for key in _public(kind):
        found = inspect.getattr_static(kind, key)
        if isinstance(found, property):
            properties.append((code(key), _property(found), sentences(opening(found))))
            continue
        function = found.__func__ if isinstance(found, classmethod | staticmethod) else found
        if not isinstance(function, FunctionType):
            continue
        if key not in vars(kind):
            row = (code(f"{key}{_method(function, wide=True)}"), sentences(opening(function)))
            inherited.append(row)
            continue
        lines += [
            f"### {name}.{key} {{ #{room}.{name}.{key} }}",
            "",
            "```python",
            f"{name}.{key}{_method(function)}",
            "```",
            "",
            *described(read(function)),
        ]
    made = table(("Property", "Type", "What it is"), properties) if properties else []
    made += table(("Method", "What it does"), inherited) if inherited else []
    return [*made, *lines]


def _public(kind: type) -> list[str]:
    """Return the members that the package itself gave a class, also through what it extends."""
    own = [base for base in kind.__mro__ if base.__module__.startswith("boltkb")]
    return sorted({key for base in own for key in vars(base) if not key.startswith("_")})


def _property(found: property) -> str:
    annotation = inspect.signature(found.fget).return_annotation if found.fget else ""
    return code(_shown(annotation))


def _method(function: FunctionType, *, wide: bool = False) -> str:
    signature = inspect.signature(function)
    first, *others = signature.parameters.values()
    kept = others if first.name in ("self", "cls") else [first, *others]

    def stand_in() -> None: ...

    stand_in.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
    return _signature(stand_in, wide=wide)
