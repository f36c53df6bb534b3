"""Folders that a stranger prepared, and files that change while they are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from export_shapes import files, write

from boltkb.errors import ExportError
from boltkb.exports import open_export
from boltkb.exports.intake.members import list_members
from boltkb.exports.intake.streams import Limits


def test_a_file_that_grows_comes_to_an_end(tmp_path: Path) -> None:
    place = write(tmp_path / "f", {"debug.log": b"x" * 1000})
    (member,), _ = list_members(place)
    with member.open() as stream, (place / "debug.log").open("ab") as more:
        size = 0
        while part := stream.read(100):
            size += len(part)
            more.write(b"y" * 200)
            more.flush()
    assert size == 1000


def test_a_file_that_shrinks_is_told(tmp_path: Path) -> None:
    place = write(tmp_path / "f", {"debug.log": b"x" * (1 << 20)})
    notes: list[str] = []
    (member,), _ = list_members(place, notes=notes)
    with member.open() as stream:
        stream.read(100)
        os.truncate(place / "debug.log", 100)
        while stream.read(1 << 16):
            pass
    assert notes == ["debug.log: became shorter while it was read"]


def test_a_file_that_vanishes_or_becomes_a_pipe_is_told(tmp_path: Path) -> None:
    place = write(tmp_path / "f", {"a.log": b"x", "b.log": b"x"})
    (first, second), _ = list_members(place)
    (place / "a.log").unlink()
    (place / "b.log").unlink()
    os.mkfifo(place / "b.log")
    with pytest.raises(ExportError, match="cannot be opened"):
        first.open()
    with pytest.raises(ExportError, match="not an ordinary file"):
        second.open()


def test_names_that_cannot_be_written_are_shown_in_letters(tmp_path: Path) -> None:
    place = tmp_path / "pro\udcffd\x1b"
    try:
        place.mkdir()
        write(place, {"logs/a\nb\udce9.log": "x", **files()})
    except (OSError, UnicodeError):
        pytest.skip("this file system takes no such names")
    export = open_export(place)
    for text in (str(export), export.to_html(), export.path, export.name):
        text.encode("utf-8")
    assert export.name == "pro\\udcffd\\x1b"
    assert [e.path for e in export.ignored if "\\x0a" in e.path] == ["logs/a\\x0ab\\udce9.log"]


def test_an_operating_systems_own_files_are_named_as_such(tmp_path: Path) -> None:
    content = {"__MACOSX/._debug.log": "x", ".DS_Store": "x", "logs/._neo4j.log": "x", "a.csv": "x"}
    members, ignored = list_members(write(tmp_path / "f", content))
    assert [member.path for member in members] == ["a.csv"]
    assert {entry.why for entry in ignored} == {"an operating system's own file"}


def test_names_that_differ_by_capitals_are_told(tmp_path: Path) -> None:
    place = write(tmp_path / "f", {"a.csv": "x", "A.csv": "y"})
    notes: list[str] = []
    members, _ = list_members(place, notes=notes)
    if len(members) < 2:
        pytest.skip("this file system knows no capitals")
    assert notes == ["a.csv: its name differs from A.csv by capitals only"]


def test_a_file_too_large_for_memory_is_still_read_in_parts(tmp_path: Path) -> None:
    place = tmp_path / "query.log"
    with place.open("wb") as file:
        file.truncate(5 << 30)
    (member,), _ = list_members(place)
    with member.open() as stream:
        assert len(stream.read(1 << 20)) == 1 << 20
        with pytest.raises(ExportError, match="is larger than"):
            stream.read()
    assert member.size == 5 << 30


def test_limits_of_plain_files_and_of_packed_ones_are_apart() -> None:
    limits = Limits()
    assert limits.member_bytes > 10 << 30
    assert limits.packed_bytes < limits.member_bytes
    assert limits.packed_total_bytes < limits.total_bytes
