"""A cluster's members are observed for the same time, and each case sees the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import boltkb
from boltkb.bolt.causes.case import open_case
from boltkb.bolt.observe import observe_members
from boltkb.bolt.window import Window
from boltkb.exports import hide_names, open_export

START = 1_795_000_000


def write(place, name, level, *, start=START, seconds=600, size=8):
    """A member whose pool holds `level` threads on average."""
    folder = place / name
    for part in ("conf", "metrics", "logs"):
        (folder / part).mkdir(parents=True)
    (folder / "conf" / "neo4j.conf").write_text(f"server.bolt.thread_pool_max_size={size}\n")
    random = np.random.default_rng(int(level * 100))
    busy = np.minimum(random.poisson(level, seconds), size)
    rows = "".join(f"{start + i},{held}\n" for i, held in enumerate(busy))
    (folder / "metrics" / "neo4j.dbms.bolt.connections_running.csv").write_text("t,value\n" + rows)
    (folder / "logs" / "debug.log").write_text(
        f"2026-11-18 11:06:40.000+0000 INFO  [o.n.b.{name}] here\n"
    )
    return folder


@pytest.fixture
def cluster(tmp_path):
    place = tmp_path / "prod"
    for name, level in (("core-1", 5.0), ("core-2", 1.0), ("core-3", 0.5)):
        write(place, name, level)
    return place


def test_every_member_of_a_cluster_is_observed_for_one_window(cluster):
    members = observe_members(open_export(cluster))
    assert [seen.pool.name for seen in members] == ["prod-core-1", "prod-core-2", "prod-core-3"]
    assert len({(seen.start, seen.end) for seen in members}) == 1
    means = [float(np.nanmean(seen.busy)) for seen in members]
    assert means == sorted(means, reverse=True)
    assert [seen.samples for seen in members] == [600, 600, 600]


def test_one_member_has_the_others_as_its_peers(cluster):
    export = open_export(cluster, server="core-2")
    assert [peer.name for peer in export.peers] == ["prod-core-1", "prod-core-3"]
    assert open_export(cluster, server="core-2", peers=False).peers == ()
    assert open_export(cluster).peers == ()
    assert open_export(cluster / "core-1").peers == ()
    window = Window(START + 100.0, START + 200.0, "as asked for")
    others = observe_members(export, window=window)
    assert [seen.pool.name for seen in others] == ["prod-core-1", "prod-core-3"]
    assert [seen.samples for seen in others] == [101, 101]


def test_a_case_sees_the_other_members_in_its_own_window(cluster):
    export = open_export(cluster, server="core-1")
    pool = boltkb.read_pool(export)
    seen = boltkb.observe(export, pool, end="2026-11-18T11:10:00Z")
    case = open_case(export, pool, seen, boltkb.fit_queue(seen))
    assert [member.pool.name for member in case.members] == ["prod-core-2", "prod-core-3"]
    assert all((m.start, m.end) == (seen.start, seen.end) for m in case.members)


def test_a_server_by_itself_has_no_members(make):
    assert observe_members(make()) == ()


def test_a_member_that_saw_another_time_has_no_samples_and_stops_nobody(cluster):
    write(cluster, "core-4", 2.0, start=START + 90_000)
    export = open_export(cluster, server="core-1")
    pool = boltkb.read_pool(export)
    seen = boltkb.observe(export, pool)
    others = observe_members(export, window=seen.window)
    assert [member.samples for member in others] == [600, 600, 0]


def test_a_long_cluster_is_narrowed_to_the_worst_incident_of_any_member(tmp_path):
    place = tmp_path / "prod"
    for name, level in (("a", 1.0), ("b", 2.0)):
        folder = write(place, name, level, seconds=30_000)
        if name == "b":
            file = folder / "metrics" / "neo4j.dbms.bolt.connections_running.csv"
            rows = file.read_text().splitlines()
            rows[15_001:15_301] = [f"{START + i},8" for i in range(15_000, 15_300)]
            file.write_text("\n".join(rows) + "\n")
    members = observe_members(open_export(place))
    assert [m.window.how.startswith("the worst incident") for m in members] == [True, True]
    assert all(m.start <= START + 15_000 and m.end >= START + 15_299 for m in members)


def test_names_of_peers_are_hidden_with_the_rest(cluster, tmp_path):
    export = hide_names(open_export(cluster, server="core-1"), tmp_path / "key.json")
    assert len(export.peers) == 2
    told = " ".join(str(observe.table()) + observe.pool.name for observe in observe_members(export))
    assert "core-" not in told
    assert "prod" not in told


def test_outranked_values_are_kept_for_each_member(cluster):
    settings = "name, value, isDynamic\nserver.bolt.thread_pool_max_size, 12, FALSE\n"
    (cluster / "core-1" / "settings.csv").write_text(settings)
    export = open_export(cluster, server="core-1")
    pool = boltkb.read_pool(export)
    assert (pool.threads, pool.max_threads.rank) == (12, "running")
    assert [value.value for value in export.outranked] == ["8"]
    assert "is 8 in" in pool.contradictions[0]
    assert replace(export, outranked=()).outranked == ()
