"""neo4j.conf, by the rules of Java's properties files, and what must not be read out of it.

A secret's value is replaced at this door; no other room ever sees it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from boltkb.exports.intake.members import Member
from boltkb.exports.records import SettingValue, Source, Where
from boltkb.exports.settings.secrets import HIDDEN, hide_secrets

__all__ = ["HIDDEN", "hide_secrets", "properties", "read_configuration", "read_key"]

_REPEATABLE = re.compile(r"^(?:dbms|server)\.jvm\.additional$")
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_SIZE = 8 << 20
_KEY_SIZE = 64 << 10
#: How many settings that stand twice are told one by one.
_TOLD = 10


def read_configuration(
    member: Member,
) -> tuple[Source, Mapping[str, SettingValue], tuple[str, ...]]:
    r"""Return a configuration's settings by name, and what is odd about them.

    Parameters
    ----------
    member : Member

    Returns
    -------
    tuple of (Source, mapping of str to SettingValue, tuple of str)
        Of a setting that stands twice the last one; only `*.jvm.additional` adds up.

    Raises
    ------
    ExportError
        When the file cannot be read.

    Examples
    --------
    >>> import io
    >>> text = b"# pool\nserver.bolt.thread_pool_max_size=8\n"
    >>> source, settings, _ = read_configuration(Member("neo4j.conf", 1, lambda: io.BytesIO(text)))
    >>> str(settings["server.bolt.thread_pool_max_size"].where)
    'neo4j.conf:2'
    """
    with member.open() as stream:
        data = stream.read(_SIZE)
    refused, why = 0, ""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        data = data.removeprefix(b"\xef\xbb\xbf")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("iso-8859-1")
    settings: dict[str, SettingValue] = {}
    problems: list[str] = []
    rows, twice = 0, 0
    for line, name, value in properties(text):
        if "\0" in name or "\0" in value or not name:
            refused += 1
            why = why or f"line {line}: not a setting"
            continue
        rows += 1
        where = Where(member.path, line)
        if name in settings and _REPEATABLE.match(name):
            value = f"{settings[name].value}\n{value}"
            where = settings[name].where
        elif name in settings:
            twice += 1
            problems.append(
                f"{member.path}: {name[:100]} stands twice, at line"
                f" {settings[name].where.first_line} and {line}; the later one is taken"
            )
        settings[name] = SettingValue(name, hide_secrets(name, value), where)
    if twice > _TOLD:
        problems = [*problems[:_TOLD], f"{member.path}: {twice - _TOLD} more stand twice"]
    source = Source(member.path, "configuration", rows, refused, why)
    return source, settings, tuple(problems)


def read_key(member: Member) -> tuple[Source, Mapping[str, SettingValue], tuple[str, ...]]:
    r"""Return the setting that a file holds whose name is the setting's, as Kubernetes mounts them.

    Parameters
    ----------
    member : Member

    Returns
    -------
    tuple of (Source, mapping of str to SettingValue, tuple of str)

    Raises
    ------
    ExportError
        When the file cannot be read.

    Examples
    --------
    >>> import io
    >>> text = io.BytesIO(b"8\n")
    >>> name = "neo4j.conf/server.bolt.thread_pool_max_size"
    >>> _, settings, _ = read_key(Member(name, 2, lambda: text))
    >>> settings["server.bolt.thread_pool_max_size"].value
    '8'
    """
    with member.open() as stream:
        text = stream.read(_KEY_SIZE).decode("utf-8", "replace").strip()
    if "\0" in text:
        return Source(member.path, "configuration", 0, 1, "line 1: not a setting"), {}, ()
    last = text.count("\n") + 1
    value = SettingValue(member.name, hide_secrets(member.name, text), Where(member.path, 1, last))
    return Source(member.path, "configuration", 1), {member.name: value}, ()


def properties(text: str) -> Iterator[tuple[int, str, str]]:
    r"""Yield line, key and value of a text in Java's properties format.

    A line that ends in an odd number of backslashes goes on in the next one; `=`, `:` or blanks
    part key and value; `#` and `!` begin a comment at the start of a line only; a backslash
    takes its meaning from what follows it.

    Parameters
    ----------
    text : str

    Yields
    ------
    tuple of (int, str, str)

    Examples
    --------
    >>> list(properties("a = 1\n! no\nb:2\\\n  3\nc d # e"))
    [(1, 'a', '1'), (3, 'b', '23'), (5, 'c', 'd # e')]
    """
    pending, begun = "", 0
    for number, raw in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        line = raw.lstrip(" \t\f")
        if not pending:
            if not line or line[0] in "#!":
                continue
            begun = number
        if (len(line) - len(line.rstrip("\\"))) % 2:
            pending += line[:-1]
            if not pending:
                pending = " "
            continue
        whole, pending = (pending + line).strip(" \t\f") if pending else line, ""
        yield (begun, *_parted(whole))
    if pending.strip():
        yield (begun, *_parted(pending.strip()))


def _parted(line: str) -> tuple[str, str]:
    end = 0
    while end < len(line) and line[end] not in "=: \t\f":
        end += 2 if line[end] == "\\" else 1
    key, rest = line[:end], line[end:].lstrip(" \t\f")
    if rest[:1] in {"=", ":"} and rest:
        rest = rest[1:].lstrip(" \t\f")
    # Neo4j trims what Java keeps: blanks at the end of a value.
    return _unescaped(key), _unescaped(rest).strip()


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    out: list[str] = []
    place = 0
    while place < len(text):
        character = text[place]
        place += 1
        if character != "\\" or place >= len(text):
            out.append(character if character != "\\" else "")
            continue
        character = text[place]
        place += 1
        if character == "u" and re.fullmatch(r"[0-9a-fA-F]{4}", text[place : place + 4]):
            out.append(chr(int(text[place : place + 4], 16)))
            place += 4
        else:
            out.append(_ESCAPES.get(character, character))
    return "".join(out)
