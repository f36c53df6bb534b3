"""Blocks of whole lines, whatever the stream, its size and its limits."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from export_shapes import START, user_line
from hypothesis import given
from hypothesis import strategies as st

from boltkb.errors import ExportError
from boltkb.exports.intake.members import list_members
from boltkb.exports.intake.streams import Limits
from boltkb.exports.logs import blocks
from boltkb.exports.logs.blocks import LineBlocks
from boltkb.exports.logs.reading import read_log
from boltkb.exports.logs.rejections import read_rejections
from boltkb.exports.records import LogEvent, Where


@given(st.lists(st.binary(max_size=12), max_size=12), st.integers(1, 40))
def test_blocks_are_whole_lines_and_together_the_stream(lines: list[bytes], size: int) -> None:
    data = b"\n".join(lines)
    cut = LineBlocks(io.BytesIO(data), size, lambda: None)
    parts = [bytes(buffer[:length]) for buffer, length in cut]
    assert all(part.endswith(b"\n") for part in parts)
    whole, _, rest = data.rpartition(b"\n")
    assert b"".join(parts) == (whole + b"\n" if b"\n" in data else b"")
    assert cut.cut == bool(rest)


@given(st.lists(st.integers(0, 30), max_size=12), st.integers(1, 40))
def test_lines_that_are_too_long_are_dropped_in_their_place(lengths: list[int], size: int) -> None:
    before = blocks.LONGEST_LINE
    blocks.LONGEST_LINE = 16
    try:
        lines = [b"x" * length + b"\n" for length in lengths]
        told: list[bytes] = []
        cut = LineBlocks(io.BytesIO(b"".join(lines)), size, lambda: told.append(b"dropped"))
        for buffer, length in cut:
            told += bytes(buffer[:length]).splitlines(keepends=True)
    finally:
        blocks.LONGEST_LINE = before
    assert told == [line if len(line) <= 16 else b"dropped" for line in lines]


@given(st.lists(st.integers(0, 30), max_size=24), st.integers(1, 40), st.integers(1, 90))
def test_what_is_gathered_is_the_same_lines_in_fewer_blocks(
    lengths: list[int], size: int, least: int
) -> None:
    before = blocks.LONGEST_LINE
    blocks.LONGEST_LINE = 16
    try:
        data = b"".join(bytes([97 + n % 26]) * length + b"\n" for n, length in enumerate(lengths))
        told: list[list[bytes]] = []
        sizes = []
        for gathered in (1, least):
            lines: list[bytes] = []
            told.append(lines)
            dropped = lambda lines=lines: lines.append(b"dropped")  # noqa: E731
            cut = LineBlocks(io.BytesIO(data + b"rest"), size, dropped, buffers=2, least=gathered)
            for buffer, length in cut:
                sizes.append(length)
                lines += bytes(buffer[:length]).splitlines(keepends=True)
            assert cut.cut
    finally:
        blocks.LONGEST_LINE = before
    assert told[0] == told[1]
    if all(length < 16 for length in lengths) and len(data) >= least:
        assert max(sizes) >= least


PAUSE = "Detected VM stop-the-world pause: {{pauseTime={n}, gcTime=1, gcCount=1}}"
REJECTED = (
    "Unable to schedule bolt session 'bolt-{n}' for execution since there are no available threads"
    " to serve it at the moment. Task x rejected from y"
)
STATE = "[Running, pool size = 8, active threads = 8, queued tasks = 0, completed tasks = {n}]"


def busy_log(seed: int, entries: int) -> bytes:
    draw = random.Random(seed)
    lines = []
    for n in range(entries):
        time = f"2019-11-0{1 + n // 4_000} 10:{n // 60 % 60:02d}:{n % 60:02d}.{n % 1000:03d}+0000"
        state = STATE.format(n=n)
        kinds = (
            f"{time} INFO  [a.B] something {n}\n\tat a.B.c(B.java:1)\n",
            f"{time} WARN  [a.B] {PAUSE.format(n=n)}\n",
            f"{time} ERROR [a.B] {REJECTED.format(n=n)}{state} \njava.Exception: {state}\n",
            f"{time} ERROR [a.B] {REJECTED.format(n=n)}\njava.Exception: {state}\n",
        )
        lines.append(draw.choice(kinds))
    return "".join(lines).encode()


@pytest.mark.parametrize("seed", [1, 2])
def test_plain_and_packed_logs_give_the_same_events(seed: int, tmp_path: Path) -> None:
    read = []
    for path in packed(tmp_path, busy_log(seed, entries=12_000)):
        (member,) = list_members(path)[0]
        for block in (30_000, 1 << 20):
            log, alone = read_log(member, block=block), read_rejections(member, block=block)
            rejected = [event for event in log.events if event.kind == "rejection-a"]
            assert list(alone) == rejected
            read.append([replace(event, where=Where("", *lines(event))) for event in log.events])
            assert len(alone) > 5_500
            assert all("pool_size" in event.numbers for event in alone)
    assert all(events == read[0] for events in read)


def lines(event: LogEvent) -> tuple[int | None, int | None]:
    return event.where.first_line, event.where.last_line


def packed(folder: Path, data: bytes) -> list[Path]:
    (folder / "neo4j.log").write_bytes(data)
    (folder / "neo4j.log.gz").write_bytes(gzip.compress(data))
    with zipfile.ZipFile(folder / "logs.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("neo4j.log", data)
    return [folder / name for name in ("neo4j.log", "neo4j.log.gz", "logs.zip")]


def test_plain_and_packed_logs_are_read_alike(tmp_path: Path) -> None:
    data = "".join(user_line(i, "Stopping...") for i in range(5000)).encode()
    for path in packed(tmp_path, data):
        (member,) = list_members(path)[0]
        read = read_log(member)
        assert (read.source.rows, read.span.end) == (5000, START + 4999)


def test_limits_hold_for_what_is_read_into_a_buffer(tmp_path: Path) -> None:
    data = "".join(user_line(i, "Stopping...") for i in range(50_000)).encode()
    for path in packed(tmp_path, data):
        for limits in (Limits(member_bytes=1 << 20), Limits(total_bytes=1 << 20)):
            members, ignored = list_members(path, limits)
            if ignored:
                continue
            with pytest.raises(ExportError, match=r"is larger than|more than"):
                read_log(members[0])


def test_damaged_packed_bytes_are_told(tmp_path: Path) -> None:
    data = "".join(user_line(i, "Stopping...") for i in range(50_000)).encode()
    path = packed(tmp_path, data)[1]
    path.write_bytes(path.read_bytes()[:-20_000])
    notes: list[str] = []
    (member,) = list_members(path, notes=notes)[0]
    assert 0 < read_log(member).source.rows < 50_000
    assert "damaged" in notes[0]
