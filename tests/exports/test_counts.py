"""What an export says of how much it holds, to people and to machines."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from boltkb.exports import (
    DriverPool,
    Export,
    Holds,
    Ignored,
    MachineFact,
    SocketCount,
    Where,
    empty_export,
    open_export,
)
from boltkb.publish.schema import ExportFacts

NAN = float("nan")
HERE = Where("x", 1)


def full() -> Export:
    empty = np.array([])
    holds = Holds(
        asked=np.array([0.0, 1.0, 2.0, 3.0]),
        starts=np.array([0.0, 1.0, NAN, 3.0]),
        ends=np.array([0.5, 1.5, NAN, NAN]),
        waited=np.zeros(4),
        messages=np.ones(4, dtype=np.int64),
        connections=np.array(["bolt-1"] * 4),
        begin=0.0,
        end=10.0,
        where=HERE,
        rejected=np.array([False, False, True, False]),
    )
    pool = DriverPool(
        "java", "5.28", "db:7687", 0.0, None, {"acquired": 3}, empty, empty, empty, empty, 100, (),
        HERE,
    )  # fmt: skip
    sockets = tuple(
        SocketCount(time, 7687, peer, state, count, HERE)
        for time, peer, state, count in [
            (1.0, "10.0.0.1", "ESTABLISHED", 40),
            (1.0, "10.0.0.2", "CLOSE_WAIT", 2),
            (9.0, "10.0.0.1", "ESTABLISHED", 41),
        ]
    )
    queries = SimpleNamespace(completed=1200, failed=3, unfinished=1, start=0.0, end=60.0)
    machine = {
        "cpus": MachineFact("cpus", 8.0, "cpus: 8", HERE),
        "memory": MachineFact("memory", 2.0**34, "16.00GiB", HERE),
        "os": MachineFact("os", None, "Linux", HERE),
    }
    return replace(
        empty_export("a"), holds=holds, drivers=(pool,), sockets=sockets, queries=queries,
        machine=machine,
    )  # fmt: skip


def test_facts_count_every_kind_of_evidence():
    part = full().facts()["export"]
    assert part["holds"] == {
        "asked": 4, "begun": 3, "rejected": 1, "unfinished": 1, "left_out": 0,
        "start": "1970-01-01T00:00:00Z", "end": "1970-01-01T00:00:10Z",
    }  # fmt: skip
    assert part["queries"]["completed"] == 1200
    assert part["drivers"][0]["counts"] == {"acquired": 3}
    assert part["sockets"] == {
        "lists": 2, "peers": 2, "by_state": {"CLOSE_WAIT": 2, "ESTABLISHED": 81},
    }  # fmt: skip
    assert part["machine"]["cpus"] == {"value": 8.0, "text": "cpus: 8", "where": "x:1"}


@pytest.mark.parametrize("export", [full(), empty_export("b")], ids=["full", "empty"])
def test_facts_are_json_and_fit_the_schema(export):
    part = json.loads(json.dumps(export.facts()["export"], allow_nan=False))
    checked = ExportFacts.model_validate(part)
    named = set(ExportFacts.model_fields) - {"missing"}
    assert named <= set(part), "the schema knows a part that the facts lack"
    assert checked.model_dump()["holds"] == part["holds"]


def test_the_old_parts_of_the_facts_are_there_still():
    part = empty_export("c").facts()["export"]
    for key in ("name", "version", "edition", "start", "end", "simulated", "sources", "ignored"):
        assert key in part
    assert part["queries"] is part["holds"] is part["sockets"] is None


def test_the_table_tells_what_has_no_file_of_its_own():
    text = str(full())
    assert "Queries: 1,200 ended well, 3 failed, 1 without an end." in text
    assert "Thread holds: 4 asked for, 1 of them rejected, 1 without an end." in text
    assert "Pools of drivers: 1 of java." in text
    assert "Sockets, all lists together: 2 CLOSE_WAIT, 81 ESTABLISHED." in text
    assert "Machine: 8 processors, 16 GiB of memory." in text


def test_every_ignored_file_is_named_in_full_where_that_is_asked_for():
    ignored = tuple(Ignored(f"lib/{i}.jar", "a program") for i in range(40))
    export = replace(empty_export(), ignored=ignored)
    assert len(export.facts()["export"]["ignored"]) == 1
    whole = export.facts_in_full()["export"]["ignored"]
    assert [entry["path"] for entry in whole] == [f"lib/{i}.jar" for i in range(40)]


def test_a_real_export_s_facts_fit_the_schema(export_folder):
    part = open_export(export_folder).facts()["export"]
    assert ExportFacts.model_validate(part).evidence["thread_dumps"] == 2
