"""The export shows itself, and finds settings under the names of any version."""

from __future__ import annotations

import pytest

from boltkb.errors import CatalogueError
from boltkb.exports import Ignored, SettingValue, Where, empty_export, iso


@pytest.mark.parametrize(
    "name",
    [
        "server.bolt.thread_pool_max_size",
        "dbms.connector.bolt.thread_pool_max_size",
        "dbms.connector.inside.thread_pool_max_size",
    ],
)
def test_a_setting_is_found_under_any_version_s_name(name: str) -> None:
    value = SettingValue(name, "8", Where("neo4j.conf", 3))
    assert empty_export(settings={name: value}).setting("bolt-threads-max") is value


def test_the_newest_name_wins_and_an_unknown_id_is_our_fault() -> None:
    names = ["dbms.connector.bolt.thread_pool_max_size", "server.bolt.thread_pool_max_size"]
    settings = {n: SettingValue(n, str(i), Where("c", i + 1)) for i, n in enumerate(names)}
    assert empty_export(settings=settings).setting("bolt-threads-max").value == "1"
    assert empty_export().setting("bolt-threads-max") is None
    with pytest.raises(CatalogueError, match="no setting"):
        empty_export().setting("no-such-setting")


def test_an_export_without_anything_says_so() -> None:
    export = empty_export("nothing")
    assert "Neo4j of an unknown version, without a time span" in str(export)
    assert export.facts()["export"]["start"] is None


def test_many_files_left_out_for_one_reason_are_told_once() -> None:
    from dataclasses import replace

    ignored = tuple(Ignored(f"lib/{i}.jar", "a program") for i in range(200))
    export = replace(empty_export(), ignored=ignored)
    told = export.facts()["export"]["ignored"]
    assert told == [{"path": "lib/0.jar and 199 more files", "why": "a program"}]


def test_times_are_iso_in_utc() -> None:
    assert iso(0.9) == "1970-01-01T00:00:00Z"
