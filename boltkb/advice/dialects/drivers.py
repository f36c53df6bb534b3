"""A driver's option in each language, and in the frameworks that have a name of their own for it.

Knows how each language writes a driver's configuration; the names of options are the catalogue's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from boltkb.advice.dialects.block import Block, Line, added, kept, removed
from boltkb.catalogue import DriverOption, load_drivers

__all__ = ["SECONDS", "driver_blocks", "transaction_blocks"]

#: Options whose value is a time; the others are counts or switches.
SECONDS = frozenset(
    {
        "acquisition-timeout",
        "connect-timeout",
        "liveness-check",
        "max-lifetime",
        "retry-time",
        "transaction-timeout",
    }
)


@dataclass(frozen=True, slots=True)
class _Form:
    """How a language writes options: lines around, a template for one, and its times."""

    title: str
    above: tuple[str, ...]
    option: str
    below: tuple[str, ...]
    time: Callable[[float], str]


def _number(value: float) -> str:
    return f"{value:g}"


#: By language, or by framework.
_FORMS: Mapping[str, _Form] = {
    "java": _Form(
        "Java", ("Config config = Config.builder()",), "        .{name}({value})",
        ("        .build();",), lambda t: f"{_whole(t)}, TimeUnit.{_unit(t)}",
    ),
    "python": _Form(
        "Python", ("driver = GraphDatabase.driver(", "    uri, auth=auth,"), "    {name}={value},",
        (")",), _number,
    ),
    "javascript": _Form(
        "JavaScript", ("const driver = neo4j.driver(uri, auth, {",), "  {name}: {value},",
        ("})",), lambda t: _number(1000 * t),
    ),
    "dotnet": _Form(
        ".NET", ("var driver = GraphDatabase.Driver(uri, auth, o => o",), "    .{name}({value})",
        (");",), lambda t: f"TimeSpan.From{'Seconds' if t >= 1 else 'Milliseconds'}({_whole(t)})",
    ),
    "go": _Form(
        "Go", ("driver, err := neo4j.NewDriverWithContext(uri, auth, func(c *config.Config) {",),
        "    c.{name} = {value}", ("})",),
        lambda t: f"{_whole(t)} * time.{'Second' if t >= 1 else 'Millisecond'}",
    ),
    "rust": _Form(
        "Rust (neo4rs)", ("let config = ConfigBuilder::default()",), "    .{name}({value})",
        ("    .build()?;",), _number,
    ),
    "Spring Boot": _Form("Spring Boot", (), "{name}={value}", (), lambda t: _suffixed(t)),
    "Quarkus": _Form("Quarkus", (), "{name}={value}", (), lambda t: _suffixed(t)),
    "Micronaut": _Form("Micronaut", (), "{name}={value}", (), lambda t: _suffixed(t)),
}  # fmt: skip
#: How a language gives one transaction its time-out.
_TRANSACTIONS: Mapping[str, _Form] = {
    "java": _Form(
        "Java", ("session.executeWrite(work, TransactionConfig.builder()",),
        "        .{name}({value})", ("        .build());",),
        lambda t: f"Duration.ofSeconds({t:.0f})",
    ),
    "python": _Form(
        "Python", (), "@unit_of_work({name}={value})", ("def work(tx): ...",), _number,
    ),
    "javascript": _Form(
        "JavaScript", ("session.executeWrite(work, {",), "  {name}: {value},", ("})",),
        lambda t: _number(1000 * t),
    ),
    "dotnet": _Form(
        ".NET", ("await session.ExecuteWriteAsync(work, o => o",), "    .{name}({value})", (");",),
        lambda t: f"TimeSpan.FromSeconds({t:.0f})",
    ),
    "go": _Form(
        "Go", ("session.ExecuteWrite(ctx, work,",), "    neo4j.{name}({value}),", (")",),
        lambda t: f"{t:.0f} * time.Second",
    ),
}  # fmt: skip
_ORDER = ("java", "python", "javascript", "dotnet", "go", "rust")


def driver_blocks(
    values: Mapping[str, float],
    shown: Sequence[str],
    *,
    before: Mapping[str, float] | None = None,
) -> tuple[Block, ...]:
    """Return a change of driver options in every language that has them.

    Parameters
    ----------
    values : mapping of str to float
        By the option's word in the catalogue, such as `pool-size`; seconds for times.
    shown : sequence of str
        Languages that the export tells of: they come first, the others stand behind a fold.
    before : mapping of str to float, optional
        Values that are known to be set.

    Returns
    -------
    tuple of Block
        A language without a name for one of the options has a note instead of that line.

    Examples
    --------
    >>> print(driver_blocks({"pool-size": 26}, ["python"], before={"pool-size": 100})[0])
    Python:
          driver = GraphDatabase.driver(
              uri, auth=auth,
        -     max_connection_pool_size=100,
        +     max_connection_pool_size=26,
          )
    """
    known = [language for language in shown if language in _ORDER]
    order = [*dict.fromkeys(known), *(name for name in _ORDER if name not in known)]
    found = []
    for language in order:
        for framework in ("", *_frameworks(language)):
            block = _block(language, framework, values, before or {}, first=language in known)
            if block is not None:
                found.append(block)
    return tuple(found)


def transaction_blocks(seconds: float, shown: Sequence[str]) -> tuple[Block, ...]:
    """Return a time-out for one transaction, in every language that has one.

    Examples
    --------
    >>> print(transaction_blocks(300, ["go"])[0])
    Go:
          session.ExecuteWrite(ctx, work,
        +     neo4j.WithTxTimeout(300 * time.Second),
          )
    """
    known = [language for language in shown if language in _TRANSACTIONS]
    order = [*dict.fromkeys(known), *(name for name in _TRANSACTIONS if name not in known)]
    found = []
    for language in order:
        form, entry = _TRANSACTIONS[language], _entry(language, "", "transaction-timeout")
        if entry is not None:
            line = added(_written(form, entry, seconds))
            lines = (*map(kept, form.above), line, *map(kept, form.below))
            found.append(Block(form.title, lines, language, language in known))
    return tuple(found)


def _block(
    language: str,
    framework: str,
    values: Mapping[str, float],
    before: Mapping[str, float],
    *,
    first: bool,
) -> Block | None:
    form = _FORMS[framework or language]
    lines: list[Line] = []
    lacking: list[str] = []
    defaults: list[str] = []
    for option, value in values.items():
        entry = _entry(language, framework, option)
        if entry is None or not entry.name:
            lacking.append(option.replace("-", " "))
            continue
        old = before.get(option)
        if old is not None and old != value:
            lines.append(removed(_written(form, entry, old)))
        elif entry.default:
            defaults.append(f"{option.replace('-', ' ')} {entry.default}")
        lines.append(added(_written(form, entry, value)))
    if not lines:
        return None
    notes = [f"default: {', '.join(defaults)}"] if defaults else []
    if lacking:
        notes.append(f"it has no option for {' and '.join(lacking)}")
    label = framework or form.title
    around = (*map(kept, form.above), *lines, *map(kept, form.below))
    return Block(label, around, language, first, "; ".join(notes))


def _written(form: _Form, entry: DriverOption, value: float) -> str:
    text = form.time(value) if entry.option in SECONDS else _number(value)
    return form.option.format(name=entry.name, value=text)


def _entry(language: str, framework: str, option: str) -> DriverOption | None:
    """Return the newest entry of an option."""
    fitting = [
        entry
        for entry in load_drivers().values()
        if (entry.language, entry.framework, entry.option) == (language, framework, option)
    ]
    return next((entry for entry in fitting if entry.until is None), None)


def _frameworks(language: str) -> tuple[str, ...]:
    names = {entry.framework for entry in load_drivers().values() if entry.language == language}
    return tuple(name for name in _FORMS if name in names)


def _whole(seconds: float) -> str:
    return _number(seconds if seconds >= 1 else 1000 * seconds)


def _unit(seconds: float) -> str:
    return "SECONDS" if seconds >= 1 else "MILLISECONDS"


def _suffixed(seconds: float) -> str:
    return f"{_whole(seconds)}{'s' if seconds >= 1 else 'ms'}"
