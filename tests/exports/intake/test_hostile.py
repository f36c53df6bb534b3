"""Whatever a stranger's bytes are, the answer is an export or an `ExportError`."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from export_shapes import files, write, zipped

from boltkb.errors import ExportError
from boltkb.exports import Export, open_export
from boltkb.exports.intake.streams import Limits

SMALL = Limits(member_bytes=1 << 20, total_bytes=4 << 20, nested_bytes=1 << 20)


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The bytes after one accident."""
    if not data:
        return data
    at = chance.randrange(len(data))
    accident = chance.randrange(6)
    if accident == 0:
        return data[:at]
    if accident == 1:
        return data[:at] + chance.randbytes(20) + data[at:]
    if accident == 2:
        return data[:at] + bytes(200) + data[at:]
    if accident == 3:
        return data + data[at:]
    if accident == 4:
        return data.replace(b"\n", b"\r\n")
    return bytes(byte ^ (chance.random() < 0.01) for byte in data)


def opened(path: Path) -> Export | None:
    try:
        export = open_export(path, limits=SMALL)
    except ExportError:
        return None
    str(export)
    export.to_html()
    export.facts()
    return export


@pytest.mark.parametrize("seed", range(12))
def test_damaged_files_are_read_or_told(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    content = {name: damaged(text.encode(), chance) for name, text in files().items()}
    export = opened(write(tmp_path / "f", content))
    assert export is not None
    named = {source.path for source in export.sources} | {item.path for item in export.ignored}
    assert named == set(content)


@pytest.mark.parametrize("seed", range(30))
def test_damaged_archives_are_read_or_told(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    place = tmp_path / "report.zip"
    data = zipped(files())
    for _ in range(chance.randrange(1, 4)):
        data = damaged(data, chance)
    place.write_bytes(data)
    export = opened(place)
    assert export is None or export.sources


@pytest.mark.parametrize("seed", range(10))
def test_noise_under_known_names_is_told(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    content = {name: chance.randbytes(chance.randrange(3000)) for name in files()}
    content["neo4j.conf"] = b"server.bolt.thread_pool_max_size=8\n"
    del content["conf/neo4j.conf"]
    export = opened(write(tmp_path / "f", content))
    assert export is not None
    assert export.setting("bolt-threads-max").value == "8"
    assert export.events == ()


@pytest.mark.parametrize(
    "text",
    [
        '{"time":"2025-11-24 16:00:01.000+0000","level":"INFO","message":' + "[" * 300_000,
        "2025-11-24 16:00:01.000+0000 INFO  [" + "a." * 300_000,
        "2025-11-24 16:00:01.000+0000 WARN  Terminated connection 'a'" + " as the client" * 50_000,
    ],
)
def test_lines_made_to_take_long_are_read_at_once(tmp_path: Path, text: str) -> None:
    needle = " Edition: [Running, pool size = ======== Neo4j x\n"
    export = opened(write(tmp_path / "f", {"debug.log": text + needle}))
    assert export is not None
    assert export.events == ()


@pytest.mark.parametrize("value", ["passw" * 100_000, "a" * 1_000_000, "://a:" * 100_000])
def test_values_made_to_take_long_are_read_at_once(tmp_path: Path, value: str) -> None:
    export = opened(write(tmp_path / "f", {"neo4j.conf": f"a.b={value}\nc.d=1\n"}))
    assert export is not None
    assert export.settings["c.d"].value == "1"


def test_one_broken_line_never_costs_the_others(tmp_path: Path) -> None:
    chance = random.Random(5)
    for name in ("logs/neo4j.log", "metrics/neo4j.dbms.bolt.connections_running.csv"):
        text = files()[name]
        lines = text.splitlines(keepends=True)
        at = chance.randrange(1, len(lines))
        lines[at : at + 1] = ["\udcff".encode("utf-8", "surrogateescape").decode("latin-1") + "\n"]
        whole = open_export(write(tmp_path / "a", {name: text}))
        broken = open_export(write(tmp_path / "b", {name: "".join(lines)}))
        assert whole.sources[0].rows - broken.sources[0].rows == 1
