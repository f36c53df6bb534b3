"""Archives of every kind a stranger sends: bombs, cut ones, links, lies in the directory."""

from __future__ import annotations

import gzip
import io
import os
import resource
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest
from export_shapes import files, gauge, write, zipped

from boltkb.errors import ExportError
from boltkb.exports import open_export
from boltkb.exports.intake.members import list_members
from boltkb.exports.intake.streams import Limits


def read(path: Path, **limits: int) -> tuple[dict[str, bytes], dict[str, str], list[str]]:
    notes: list[str] = []
    members, ignored = list_members(path, Limits(**limits), notes=notes)
    content = {}
    for member in members:
        with member.open() as stream:
            content[member.path] = stream.read()
    return content, {entry.path: entry.why for entry in ignored}, notes


def tarred(content: dict[str, bytes | str], *, mode: str = "w", prefix: str = "") -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:
        for name, text in content.items():
            data = text if isinstance(text, bytes) else text.encode()
            info = tarfile.TarInfo(prefix + name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


def at(tmp_path: Path, name: str, data: bytes) -> Path:
    place = tmp_path / name
    place.write_bytes(data)
    return place


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("prefix", ["", "./", "host-1/"])
def test_a_tar_is_read_like_the_folder_it_holds(tmp_path: Path, mode: str, prefix: str) -> None:
    place = at(tmp_path, "bundle.tgz", tarred(files(), mode=mode, prefix=prefix))
    folder = open_export(write(tmp_path / "f", files()))
    packed = open_export(place)
    assert packed.name == "bundle"
    assert [event.kind for event in packed.events] == [event.kind for event in folder.events]
    assert packed.series.keys() == folder.series.keys()
    assert packed.problems == folder.problems


def test_the_name_of_a_packed_tar_has_no_ending(tmp_path: Path) -> None:
    assert open_export(at(tmp_path, "b.tar.gz", tarred(files(), mode="w:gz"))).name == "b"


def test_every_file_of_a_large_packed_tar_is_entered_where_it_begins(tmp_path: Path) -> None:
    # Larger than the distance between two remembered places, so that both ways are taken.
    chance = {f"{i:02d}.log": os.urandom(1 << 20) * 7 for i in range(12)}
    content, ignored, notes = read(at(tmp_path, "a.tgz", tarred(chance, mode="w:gz")))
    assert (ignored, notes) == ({}, [])
    assert content == chance


def test_a_cut_tar_gives_what_came_before(tmp_path: Path) -> None:
    content = {f"{i}.log": os.urandom(20_000).hex() for i in range(4)}
    whole = tarred(content)
    got, _, notes = read(at(tmp_path, "a.tar", whole[: int(len(whole) * 0.4)]))
    assert list(got) == ["0.log", "1.log"]
    assert got["0.log"] == content["0.log"].encode()
    assert content["1.log"].encode().startswith(got["1.log"])
    assert any("cut" in note for note in notes)
    packed = tarred(content, mode="w:gz")
    got, _, notes = read(at(tmp_path, "a.tgz", packed[: len(packed) // 2]))
    assert got["0.log"] == content["0.log"].encode()
    assert notes


def test_links_devices_and_ways_out_of_a_tar_are_refused(tmp_path: Path) -> None:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, kind in (
            ("soft.csv", tarfile.SYMTYPE), ("hard.csv", tarfile.LNKTYPE),
            ("pipe.csv", tarfile.FIFOTYPE), ("device.csv", tarfile.CHRTYPE),
        ):  # fmt: skip
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        for name in ("../out.csv", "/abs.csv", "ok.csv"):
            info = tarfile.TarInfo(name)
            info.size = 1
            archive.addfile(info, io.BytesIO(b"x"))
    content, ignored, _ = read(at(tmp_path, "a.tar", target.getvalue()))
    assert list(content) == ["ok.csv"]
    assert ignored["soft.csv"] == ignored["hard.csv"] == "a link, not a file"
    assert ignored["pipe.csv"] == ignored["device.csv"] == "not an ordinary file"
    assert ignored["../out.csv"] == ignored["/abs.csv"] == "its path leads out of the archive"


def test_a_header_that_asks_for_gigabytes_is_a_damaged_tar(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 7 << 30
    data = info.tobuf(tarfile.GNU_FORMAT) + bytes(4096)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ExportError, match="damaged or cut"):
        list_members(at(tmp_path, "a.tar", data))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10


def test_a_packed_tar_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    data = gzip.compress(tarred({"debug.log": bytes(40 << 20)}))
    content, _ignored, _notes = {}, {}, []
    try:
        content, _ignored, _notes = read(at(tmp_path, "a.tgz", data))
    except ExportError as problem:
        assert "times its packed size" in problem.message  # noqa: PT017
    assert not content


def test_a_tar_in_a_zip_and_a_zip_in_a_tar_are_read(tmp_path: Path) -> None:
    inner = tarred({"x.csv": gauge([1])}, mode="w:gz")
    content, _, _ = read(at(tmp_path, "a.zip", zipped({"pod/b.tgz": inner})))
    assert list(content) == ["pod/b.tgz!x.csv"]
    inner = zipped({"x.csv": gauge([1])})
    content, _, _ = read(at(tmp_path, "a.tar", tarred({"c.zip": inner})))
    assert content == {"c.zip!x.csv": gauge([1]).encode()}


def test_files_that_lie_over_each_other_are_refused(tmp_path: Path) -> None:
    """The quoted bomb: many names in the directory for one stretch of packed bytes."""
    data = bytearray(zipped({"a.csv": gauge([1, 2]), "b.csv": gauge([3, 4])}))
    second = data.find(b"PK\x01\x02", data.find(b"PK\x01\x02") + 4)
    struct.pack_into("<I", data, second + 42, 0)
    data[second + 46 : second + 51] = b"b.csv"
    content, ignored, _ = read(at(tmp_path, "a.zip", bytes(data)))
    assert content == {}
    assert set(ignored.values()) == {"lies over another file of the archive"}


def test_a_size_that_lies_does_not_help(tmp_path: Path) -> None:
    data = bytearray(zipped({"debug.log": bytes(20 << 20)}))
    directory = data.find(b"PK\x01\x02")
    struct.pack_into("<I", data, directory + 24, 100)
    (member,), _ = list_members(at(tmp_path, "a.zip", bytes(data)))
    with member.open() as stream, pytest.raises(ExportError, match="times its packed size"):
        stream.read()


def test_a_wrong_check_sum_is_told(tmp_path: Path) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.csv", gauge([1, 2]))
    data = target.getvalue().replace(b"t,value", b"t,valve")
    content, _, notes = read(at(tmp_path, "a.zip", data))
    assert content["a.csv"].startswith(b"t,valve")
    assert notes == ["a.csv: its check sum is wrong: bytes in it are damaged"]


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_cut_zip_gives_the_files_it_begins_with(
    tmp_path: Path, method: int, streamed: bool
) -> None:
    class Pipe(io.RawIOBase):
        """A target that cannot be wound back, so that sizes stand behind each file."""

        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, part: bytes) -> int:
            self.data += part
            return len(part)

    content = {f"{i}.log": os.urandom(30_000).hex() for i in range(3)}
    target = Pipe() if streamed else io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    data = bytes(target.data) if streamed else target.getvalue()
    place = at(tmp_path, "a.zip", data[: int(len(data) * 0.6)])
    if streamed and method == zipfile.ZIP_STORED:
        with pytest.raises(ExportError, match="damaged or cut"):
            read(place)
        return
    got, _, notes = read(place)
    assert list(got) == ["0.log", "1.log"]
    assert got["0.log"] == content["0.log"].encode()
    assert content["1.log"].encode().startswith(got["1.log"])
    assert any("this archive is cut" in note for note in notes)


def test_a_cut_report_says_so_in_its_problems(tmp_path: Path) -> None:
    data = zipped(files())
    export = open_export(at(tmp_path, "report.zip", data[: len(data) // 2]))
    assert export.sources
    assert any("this archive is cut" in problem for problem in export.problems)


@pytest.mark.parametrize(
    ("magic", "what"),
    [
        (b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07\x01", "RAR"), (b"\xfd7zXZ\x00", "xz"),
        (b"\x28\xb5\x2f\xfd", "zstd"), (b"BZh9", "bzip2"),
    ],
)  # fmt: skip
def test_other_archives_are_named(tmp_path: Path, magic: bytes, what: str) -> None:
    data = magic + bytes(600)
    with pytest.raises(ExportError, match=f"{what}.*unpack it first"):
        open_export(at(tmp_path, "report.bin", data))
    content, ignored, _ = read(write(tmp_path / "f", {"a.csv": "x", "b.log": data}))
    assert list(content) == ["a.csv"]
    assert "unpack it first" in ignored["b.log"]
    _, ignored, _ = read(at(tmp_path, "a.zip", zipped({"b.log": data})))
    assert "unpack it first" in ignored["b.log"]


def test_methods_that_are_not_read_are_named(tmp_path: Path) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.csv", gauge([1]))
    _, ignored, _ = read(at(tmp_path, "a.zip", target.getvalue()))
    assert "(lzma); pack it with deflate" in ignored["a.csv"]


def test_a_directory_too_large_for_memory_is_refused(tmp_path: Path) -> None:
    body = b"PK\x03\x04" + bytes(40 << 20)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 9, 9, (40 << 20) - 100, 50, 0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ExportError, match="its directory is too large"):
        list_members(at(tmp_path, "a.zip", body + end))
    # The file itself is made in memory before; reading it must not add its directory.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 48 << 10


def test_gzip_files_may_follow_each_other_and_need_no_name(tmp_path: Path) -> None:
    data = gzip.compress(b"a") + gzip.compress(b"b") + bytes(512)
    content, _, notes = read(write(tmp_path / "f", {"debug.log.1": data, "x.log.gz": b"plain"}))
    assert content == {"debug.log.1": b"ab", "x.log.gz": b"plain"}
    assert notes == []


def test_a_gzip_with_a_wrong_check_sum_gives_what_was_unpacked(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(b"x" * 200_000))
    data[-8:-4] = struct.pack("<I", zlib.crc32(b"other"))
    content, _, notes = read(write(tmp_path / "f", {"a.gz": bytes(data)}))
    assert content["a.gz"].startswith(b"x" * 100_000)
    assert "damaged" in notes[0]
