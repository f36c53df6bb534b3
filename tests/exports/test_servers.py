"""Files of two servers are never mixed; copies are left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from export_shapes import member

from boltkb.errors import ExportError
from boltkb.exports.intake.members import Member
from boltkb.exports.records import Ignored
from boltkb.exports.servers import Found, one_server


def found(path: str, text: str, kind: str = "log") -> Found:
    item = member(path, text)
    return Found(item, kind, Path(path).name, 0)


def kept(*entries: Found) -> tuple[list[str], list[Ignored]]:
    ignored: list[Ignored] = []
    chosen = one_server(entries, Path("given"), ignored, [])
    return [entry.member.path for entry in chosen], ignored


def test_copies_are_left_out_whatever_the_kind() -> None:
    paths, ignored = kept(found("a/neo4j.log", "x"), found("b/c/neo4j.log", "x"))
    assert paths == ["a/neo4j.log"]
    assert ignored == [Ignored("b/c/neo4j.log", "the same as a/neo4j.log")]


def test_two_servers_logs_are_an_error_that_names_both() -> None:
    with pytest.raises(ExportError, match=r"`a`, `b`.*different content"):
        kept(found("a/debug.log", "x"), found("b/debug.log", "y"))


def test_two_configurations_side_by_side_are_an_error() -> None:
    with pytest.raises(ExportError, match=r"neo4j\.conf"):
        kept(
            found("a/neo4j.conf", "x=1", "configuration"),
            found("b/neo4j.conf", "x=2", "configuration"),
        )


def test_thread_dumps_may_have_the_same_name_in_several_folders() -> None:
    paths, _ = kept(
        found("1/dump.txt", "x", "thread-dump"), found("2/dump.txt", "y", "thread-dump")
    )
    assert paths == ["1/dump.txt", "2/dump.txt"]


def test_rotated_files_of_one_folder_are_no_clash() -> None:
    assert kept(found("a/debug.log", "x"), found("a/debug.log.1", "y"))[1] == []


def test_a_member_that_cannot_be_read_is_no_copy() -> None:
    def broken() -> None:
        raise ExportError("damaged")

    bad = Found(Member("b/neo4j.log", None, broken), "log", "neo4j.log", 0)
    with pytest.raises(ExportError, match="more than one export"):
        kept(found("a/neo4j.log", "x"), bad)
