"""A second opening starts from the cache, and whatever changes is read anew."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from export_shapes import START, debug_line, files, write, zipped
from typer.testing import CliRunner

from boltkb.cli import app
from boltkb.exports import Export, Limits, cache, open_export, opening

LONG_AGO = START - 86_400


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that entries go to."""
    monkeypatch.setenv("BOLTKB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "exports"


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """An export worth keeping, not touched of late."""
    lines = "".join(debug_line(second / 80, f"line {second}") for second in range(80_000))
    content = files()
    place = write(
        tmp_path / "large", {**content, "logs/debug.log": content["logs/debug.log"] + lines}
    )
    return aged(place)


def aged(place: Path) -> Path:
    for path in [place, *place.rglob("*")]:
        os.utime(path, (LONG_AGO, LONG_AGO))
    return place


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every path that is really read; the clock stands a minute ahead, so that files look old."""
    seen: list[Path] = []
    read = opening._opened

    def counted(path: Path, *others: object) -> Export:
        seen.append(path)
        return read(path, *others)

    monkeypatch.setattr(opening, "_opened", counted)
    now = cache.time.time
    monkeypatch.setattr(cache.time, "time", lambda: now() + 60)
    return seen


def entries(kept: Path) -> list[Path]:
    return sorted(kept.iterdir()) if kept.exists() else []


def test_the_second_opening_reads_nothing(large: Path, kept: Path, reads: list[Path]) -> None:
    first, second = open_export(large), open_export(large)
    assert len(reads) == 1
    assert str(second) == str(first)
    assert second.events == first.events
    assert second.sources == first.sources
    (entry,) = entries(kept)
    assert stat.S_IMODE(entry.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700


def test_a_small_export_leaves_the_disk_alone(
    export_folder: Path, kept: Path, reads: list[Path]
) -> None:
    for _ in range(2):
        open_export(aged(export_folder))
    assert len(reads) == 2
    assert not kept.exists()


def grown(place: Path) -> None:
    with (place / "logs" / "debug.log").open("a") as log:
        log.write(debug_line(9000, "one more"))


def same_size(place: Path) -> None:
    path = place / "conf" / "neo4j.conf"
    status = path.stat()
    path.write_text(path.read_text().replace("=8", "=9"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def added(place: Path) -> None:
    write(place, {"threaddump-9.txt": files()["threaddump.txt"]})


def removed(place: Path) -> None:
    (place / "threaddump.txt").unlink()


def renamed(place: Path) -> None:
    (place / "threaddump.txt").rename(place / "dump.txt")


@pytest.mark.parametrize("change", [grown, same_size, added, removed, renamed])
def test_any_change_of_any_file_is_noticed(
    large: Path, kept: Path, reads: list[Path], change: Callable[[Path], None]
) -> None:
    before = open_export(large)
    change(large)
    after = open_export(large)
    assert len(reads) == 2
    assert len(entries(kept)) == 2
    assert (after.sources, after.settings) != (before.sources, before.settings)


def test_other_limits_other_readers_and_another_path_are_other_entries(
    large: Path, kept: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_export(large)
    open_export(large, limits=Limits(members=1000))
    monkeypatch.setattr(cache, "_readers", lambda: "changed")
    open_export(large)
    moved = large.rename(large.with_name("moved"))
    assert open_export(moved).name == "moved"
    assert len(reads) == len(entries(kept)) == 4


def test_an_archive_is_kept_as_well(tmp_path: Path, kept: Path, reads: list[Path]) -> None:
    place = tmp_path / "report.zip"
    place.write_bytes(zipped({**files(), "blob.dat": os.urandom(5 << 20)}))
    first, second = open_export(place), open_export(place)
    assert len(reads) == 1
    assert str(first) == str(second)


def test_a_file_that_is_still_written_is_not_kept(
    large: Path, kept: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = max(path.stat().st_ctime for path in large.rglob("*"))
    monkeypatch.setattr(cache.time, "time", lambda: now + 1)
    open_export(large)
    assert entries(kept) == []
    read = opening._opened

    def growing(path: Path, *others: object) -> Export:
        export = read(path, *others)
        grown(large)
        return export

    monkeypatch.setattr(cache.time, "time", lambda: now + 60)
    monkeypatch.setattr(opening, "_opened", growing)
    open_export(large)
    assert entries(kept) == []


@pytest.mark.parametrize("content", [b"", b"x" * 5000, b"cut", b"\x80\x04."])
def test_a_broken_or_foreign_entry_is_written_anew(
    large: Path, kept: Path, reads: list[Path], content: bytes
) -> None:
    first = open_export(large)
    (entry,) = entries(kept)
    whole = entry.read_bytes()
    entry.write_bytes(whole[: len(whole) // 2] if content == b"cut" else content)
    assert str(open_export(large)) == str(first)
    assert len(reads) == 2
    assert entry.read_bytes() == whole
    entry.unlink()
    entry.symlink_to(large / "logs" / "debug.log")
    open_export(large)
    assert len(reads) == 3
    assert not entry.is_symlink()


def test_off_is_off(
    large: Path, kept: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOLTKB_CACHE", "off")
    for _ in range(2):
        open_export(large)
    assert len(reads) == 2
    assert not kept.exists()


def test_a_cache_that_cannot_be_written_stops_nothing(
    large: Path, tmp_path: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BOLTKB_CACHE", str(tmp_path / "file"))
    assert open_export(large).sources


def test_the_entry_unused_longest_goes_first(
    large: Path, kept: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for members in (100, 200, 300, 400):
        open_export(large, limits=Limits(members=members))
    for age, entry in enumerate(entries(kept)):
        os.utime(entry, (LONG_AGO - age, LONG_AGO - age))
    oldest = entries(kept)[-1]
    size = oldest.stat().st_size
    monkeypatch.setattr(cache, "_MOST", 5 * size - size // 2)
    open_export(large, limits=Limits(members=500))
    assert len(entries(kept)) == 4
    assert oldest not in entries(kept)


def test_processes_side_by_side_see_all_or_nothing(large: Path, kept: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        now = cache.time.time
        patch.setattr(cache.time, "time", lambda: now() + 60)
        shown: list[str] = []
        threads = [
            threading.Thread(target=lambda: shown.append(str(open_export(large)))) for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(shown) == 6
    assert len(set(shown)) == 1
    assert len(entries(kept)) == 1


def test_the_command_says_where_and_clears(large: Path, kept: Path, reads: list[Path]) -> None:
    open_export(large)
    run = CliRunner().invoke(app, ["cache"])
    assert str(kept) in run.output.replace("\n", "")
    assert len(entries(kept)) == 1
    run = CliRunner().invoke(app, ["cache", "--clear"])
    assert "removed 1 reading" in run.output
    assert entries(kept) == []
