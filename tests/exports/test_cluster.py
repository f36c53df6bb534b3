"""A folder of several servers' exports is a cluster, each member read by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from export_shapes import debug_line, files, gauge, write, zipped

import boltkb
from boltkb.errors import ExportError
from boltkb.exports import list_servers, open_export

RUNNING = "metrics/neo4j.dbms.bolt.connections_running.csv"


def member(size: int) -> dict[str, str]:
    """A server's export whose metric and log differ from every other one's."""
    content = files()
    log = next(name for name in content if name.endswith("debug.log"))
    content[log] += debug_line(599, f"only here {size}")
    content[RUNNING] = gauge([size] * 20)
    return content


def cluster(place: Path, sizes: dict[str, int]) -> Path:
    for name, size in sizes.items():
        write(place / name, member(size))
    return place


def test_each_member_is_an_export_of_its_own(tmp_path: Path) -> None:
    place = cluster(tmp_path / "prod", {"core-1": 3, "core-2": 5, "core-3": 7})
    assert list_servers(place) == ("core-1", "core-2", "core-3")
    export = open_export(place)
    assert export.server_names == ("core-1", "core-2", "core-3")
    means = [server.series["connections_running"].values.mean() for server in export.servers]
    assert means == [3, 5, 7]
    # The same neo4j.conf in every folder is no copy: each server has its own.
    assert [server.setting("bolt-threads-max").value for server in export.servers] == ["8"] * 3
    assert not export.series
    assert not export.settings
    assert export.start == min(server.start for server in export.servers)


def test_one_member_can_be_asked_for_by_name(tmp_path: Path) -> None:
    place = cluster(tmp_path / "prod", {"a": 3, "b": 5})
    alone = open_export(place, server="b")
    assert alone.name == "prod-b"
    assert alone.series["connections_running"].values.mean() == 5
    assert {source.path.split("/")[0] for source in alone.sources} == {"b"}
    with pytest.raises(ExportError, match="no server `c`; it holds a, b"):
        open_export(place, server="c")


def test_a_folder_of_report_archives_is_a_cluster(tmp_path: Path) -> None:
    place = tmp_path / "reports"
    place.mkdir()
    for name, size in {"db-1-2026-11-20_101010": 3, "db-2-2026-11-20_101112": 5}.items():
        (place / f"{name}.zip").write_bytes(zipped(member(size)))
    assert list_servers(place) == ("db-1-2026-11-20_101010", "db-2-2026-11-20_101112")
    assert len(open_export(place).servers) == 2


def test_archives_need_not_be_laid_out_alike(tmp_path: Path) -> None:
    place = tmp_path / "reports"
    place.mkdir()
    (place / "a.zip").write_bytes(zipped(member(3)))
    other = {f"b-2026/{name}": text for name, text in member(5).items()}
    (place / "b.zip").write_bytes(zipped(other))
    assert list_servers(place) == ("a", "b")


def test_what_is_no_members_stays_with_the_cluster(tmp_path: Path) -> None:
    place = cluster(tmp_path / "prod", {"a": 3, "b": 5})
    write(place, {"notes.txt": "hello", "a/notes.txt": "hello"})
    export = open_export(place)
    assert [entry.path for entry in export.ignored] == ["notes.txt"]
    assert "a/notes.txt" in [entry.path for entry in export.servers[0].ignored]


def test_one_server_in_folders_is_no_cluster(tmp_path: Path) -> None:
    place = write(tmp_path / "home", member(4))
    assert list_servers(place) == ()
    with pytest.raises(ExportError, match="export of one server"):
        open_export(place, server="logs")


def test_an_old_copy_beside_a_server_is_no_cluster(tmp_path: Path) -> None:
    content = member(4)
    place = write(tmp_path / "home", content)
    write(place, {"backup/logs/debug.log": debug_line(1, "older")})
    assert list_servers(place) == ()


def test_a_pool_is_one_servers(tmp_path: Path) -> None:
    export = open_export(cluster(tmp_path / "prod", {"a": 3, "b": 5}))
    with pytest.raises(ExportError, match=r"2 servers \(`a`, `b`\)"):
        boltkb.read_pool(export)
