"""Strangers' folders and archives are read with limits, and nothing leads out of them."""

from __future__ import annotations

import gzip
import io
import os
import stat
import zipfile
from pathlib import Path

import pytest
from export_shapes import write, zipped

from boltkb.errors import ExportError
from boltkb.exports.intake.members import list_members
from boltkb.exports.intake.streams import Limits


def listed(path: Path, **limits: int) -> tuple[dict[str, bytes], dict[str, str]]:
    members, ignored = list_members(path, Limits(**limits))
    content = {}
    for member in members:
        with member.open() as stream:
            content[member.path] = stream.read()
    return content, {entry.path: entry.why for entry in ignored}


def archive(tmp_path: Path, content: dict[str, bytes | str]) -> Path:
    place = tmp_path / "a.zip"
    place.write_bytes(zipped(content))
    return place


@pytest.mark.parametrize(
    "name", ["../neo4j.conf", "/etc/neo4j.conf", "a/../../x", "C:/x", "a\\..\\x"]
)
def test_paths_that_leave_an_archive_are_refused(tmp_path: Path, name: str) -> None:
    content, ignored = listed(archive(tmp_path, {name: "a=1", "ok.txt": "x"}))
    assert list(content) == ["ok.txt"]
    assert "path" in next(iter(ignored.values()))


def test_a_bomb_is_refused_by_its_ratio_and_by_its_size(tmp_path: Path) -> None:
    place = archive(tmp_path, {"debug.log": b"0" * (6 << 20), "ok.txt": "x"})
    content, ignored = listed(place)
    assert list(content) == ["ok.txt"]
    assert "times its packed size" in ignored["debug.log"]
    place = archive(tmp_path, {"debug.log": os.urandom(3000)})
    assert "larger than" in listed(place, member_bytes=1000)[1]["debug.log"]


def test_a_gzip_bomb_stops_while_it_is_read(tmp_path: Path) -> None:
    place = write(tmp_path / "f", {"debug.log.01.gz": gzip.compress(b"0" * (40 << 20))})
    (member,), _ = list_members(place)
    with member.open() as stream, pytest.raises(ExportError, match="times its packed size"):
        stream.read()


def test_a_gzip_is_read_and_a_cut_one_is_named(tmp_path: Path) -> None:
    text = os.urandom(40_000).hex().encode()
    data = gzip.compress(text)
    content = {"a.csv.01.gz": data, "b.csv.gz": data[: len(data) // 2], "c.csv.gz": data[:10]}
    notes: list[str] = []
    (whole, cut, head), _ = list_members(write(tmp_path / "f", content), notes=notes)
    assert whole.name == "a.csv.01"
    with whole.open() as stream:
        assert stream.read() == text
    assert notes == []
    with cut.open() as stream:
        begun = stream.read()
    assert text.startswith(begun)
    assert len(begun) > 35_000
    assert notes == [
        (
            "b.csv.gz: its packed bytes are damaged (they end early); the"
            f" {len(begun):,} bytes before are read, the rest is missing"
        )
    ]
    with head.open() as stream, pytest.raises(ExportError, match="damaged"):
        stream.read()


def test_the_total_is_limited(tmp_path: Path) -> None:
    place = write(tmp_path / "f", {"a": b"x" * 600, "b": b"x" * 600})
    with pytest.raises(ExportError, match="in all"):
        listed(place, total_bytes=1000)


def test_archives_inside_archives_end_somewhere(tmp_path: Path) -> None:
    inner = zipped({"x.csv": "t,value\n"})
    place = archive(tmp_path, {"one.zip": zipped({"two.zip": inner, "y.csv": "t,value\n"})})
    content, ignored = listed(place)
    assert list(content) == ["one.zip!y.csv"]
    assert ignored == {"one.zip!two.zip": "an archive too deep inside archives"}
    assert "archive of more than" in listed(place, nested_bytes=10)[1]["one.zip"]


def test_an_archive_in_a_folder_is_read_and_a_false_one_told(tmp_path: Path) -> None:
    good, bad, cut = zipped({"x.csv": "a"}), b"hello", zipped({"x.csv": "a"})[:20]
    place = write(tmp_path / "f", {"good.zip": good, "bad.zip": bad, "cut.zip": cut})
    content, ignored = listed(place)
    assert list(content) == ["good.zip!x.csv"]
    assert "its content is not one" in ignored["bad.zip"]
    assert "damaged" in ignored["cut.zip"]


def test_links_encrypted_and_repeated_names_are_told(tmp_path: Path) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        link = zipfile.ZipInfo("link.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
        packed.writestr("twice.csv", "first")
        with pytest.warns(UserWarning, match="Duplicate"):
            packed.writestr("twice.csv", "second")
    place = tmp_path / "a.zip"
    place.write_bytes(target.getvalue())
    content, ignored = listed(place)
    assert content == {"twice.csv": b"second"}
    assert ignored["link.csv"] == "a link, not a file"
    data = bytearray(zipped({"secret.csv": "x"}))
    data[data.find(b"PK\x01\x02") + 8] |= 1
    place.write_bytes(bytes(data))
    assert listed(place)[1] == {"secret.csv": "is encrypted"}


def test_links_that_leave_a_folder_are_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"secret.csv": "x", "dir/secret.csv": "x"})
    place = write(tmp_path / "f", {"a.csv": "y"})
    (place / "out.csv").symlink_to(outside / "secret.csv")
    (place / "outdir").symlink_to(outside / "dir")
    (place / "loop").symlink_to(place)
    (place / "dangling").symlink_to(place / "nothing")
    (place / "in.csv").symlink_to(place / "a.csv")
    content, ignored = listed(place)
    assert content == {"a.csv": b"y", "in.csv": b"y"}
    assert ignored["out.csv"] == ignored["outdir"] == "a link that leads out of the folder"
    assert set(ignored) == {"out.csv", "outdir", "loop", "dangling"}


def test_a_link_to_the_folder_itself_is_what_the_user_gave(tmp_path: Path) -> None:
    place = write(tmp_path / "f", {"a.csv": "y"})
    (tmp_path / "given").symlink_to(place)
    assert listed(tmp_path / "given")[0] == {"a.csv": b"y"}


def test_pipes_are_never_opened(tmp_path: Path) -> None:
    place = write(tmp_path / "f", {"a.csv": "y"})
    os.mkfifo(place / "debug.log")
    assert listed(place)[1] == {"debug.log": "not an ordinary file"}
    with pytest.raises(ExportError, match="neither a folder nor a file"):
        list_members(place / "debug.log")


def test_depth_and_number_are_limited(tmp_path: Path) -> None:
    place = write(tmp_path / "f", {"1/2/3/deep.csv": "x", "a.csv": "y"})
    content, ignored = listed(place, folder_depth=1)
    assert list(content) == ["a.csv"]
    assert ignored == {"1/2": "lies too deep in the folder"}
    with pytest.raises(ExportError, match="more than 2 files"):
        listed(archive(tmp_path, {"a": "", "b": "", "c": ""}), members=2)


def test_a_rotated_file_packed_by_itself_has_the_number_of_its_archive(tmp_path: Path) -> None:
    for number in (1, 2):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as target:
            target.writestr("x.csv.01", f"t,value\n1764000000,{number}\n")
        (tmp_path / f"x.csv.{number:02d}.zip").write_bytes(packed.getvalue())
    members, ignored = list_members(tmp_path)
    assert [(member.folder, member.name) for member in members] == [
        (".", "x.csv.01"),
        (".", "x.csv.02"),
    ]
    assert not ignored
