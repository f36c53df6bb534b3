"""The truth beside an export, the query log, the clients' logs, and the rules of writing."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from pathlib import Path

import pytest
from written_exports import every_file, table_of, truth_of, write

from boltkb.catalogue import Version
from boltkb.errors import ParameterError
from boltkb.queueing import Constant
from boltkb.twin import Client, Driver, Poisson, Server, Work
from boltkb.twin.writing import Options, write_export

CAPTURES = Path(__file__).resolve().parents[3] / "data" / "captures"
QUERY = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\+0000 INFO  (?P<start>Query started: )?"
    r"(?:id:(?P<id>\d+) - )?(?:transaction id:(?P<tx>\d+) - )?(?P<ms>\d+) ms: "
    r"\(planning: \d+, waiting: (?P<waiting>\d+)\) - (?:\d+ B - )?"
    r"(?:\d+ page hits, \d+ page faults - )?bolt-session\tbolt\t(?:neo4j\t)?(?P<agent>[^\t]+)\t\t"
    r"client/(?P<client>[\d.]+:\d+)\tserver/10\.0\.0\.11:7687>\t(?:neo4j - )?neo4j - "
    r"(?P<query>(?:MATCH|MERGE) .*?) - \{id: 1\}(?: - runtime=\w+)? - \{\}$"
)


def test_the_truth_has_the_keys_of_the_captures(tmp_path: Path) -> None:
    truth = truth_of(write(tmp_path, "5.26.30", seconds=180.0))
    real = json.loads((CAPTURES / "neo4j-5.26-saturated" / "truth.json").read_text())
    # A real run has a scenario's name; a simulated one has it in its manifest.
    known = [name for name in real if name != "scenario"]
    assert list(truth)[: len(known)] == known
    assert truth["clients"].keys() == real["clients"].keys()
    assert [minute.keys() for minute in truth["minutes"]] == [real["minutes"][0].keys()] * 3
    for name in ("acquisitions", "attempts", "threads", "transactions"):
        ours = table_of(tmp_path / "export", name)
        theirs = table_of(CAPTURES / "neo4j-5.26-saturated", name)
        assert ours[0].keys() == theirs[0].keys()


def test_the_truth_follows_from_its_tables(tmp_path: Path) -> None:
    leaky = Client(
        "leaky/1.0",
        Work(seconds=0.2, kind="explicit", think=20.0, leak_share=0.01),
        Poisson(0.5),
        Driver.java(),
    )
    folder = write_export(
        Server(threads=8), leaky, tmp_path / "x", seconds=400.0, seed=5, cause="leaked_transactions"
    ).folder
    truth = truth_of(folder)
    rows = table_of(folder, "acquisitions")
    ended = Counter(row["outcome"] for row in rows)
    assert set(ended) == {"held", "rejected", "open"}
    assert ended["rejected"] == truth["rejected"]
    assert ended["held"] + ended["open"] == truth["accepted"]
    assert ended["open"] == truth["never_ended_holds"]
    began = 1772409600.0
    edges = [*range(0, 360, 60), 400]
    assert len(truth["minutes"]) == 7
    edges = [*range(0, 361, 60), 400]
    for i, minute in enumerate(truth["minutes"]):
        low, high = began + edges[i], began + edges[i + 1]
        own = [row for row in rows if low <= float(row["start"]) < high]
        told = sum(row["outcome"] == "rejected" for row in own)
        assert minute["rejected"] == told
        assert minute["attempts"] == len(own)
        held = math.fsum(
            max(
                0.0,
                min(high, float(r["start"]) + float(r["seconds"])) - max(low, float(r["start"])),
            )
            for r in rows
        )
        assert minute["carried_load"] == pytest.approx(held / (high - low), abs=1e-3)
    requests = table_of(folder, "attempts")
    assert truth["clients"]["requests"] == len(requests)
    assert truth["clients"]["outcomes"] == dict(
        sorted(Counter(r["outcome"] for r in requests).items())
    )


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    one = every_file(write(tmp_path / "a", "4.4.40", seed=4, evidence="all"))
    two = every_file(write(tmp_path / "b", "4.4.40", seed=4, evidence="all"))
    other = every_file(write(tmp_path / "c", "4.4.40", seed=5, evidence="all"))
    assert one == two
    assert one["logs/debug.log"] != other["logs/debug.log"]


@pytest.mark.parametrize("version", ["3.5.35", "4.4.40", "5.10.0", "2026.04.0"])
@pytest.mark.parametrize("mode", ["info", "verbose"])
def test_the_query_log_has_each_query_in_its_version_s_grammar(
    tmp_path: Path, version: str, mode: str
) -> None:
    folder = write(tmp_path, version, seconds=60.0, query_log=mode, evidence="logs")
    truth = truth_of(folder)
    lines = (folder / "logs" / "query.log").read_text().splitlines()
    found = [QUERY.match(line) for line in lines]
    assert None not in found
    ended = [line for line in found if line and not line["start"]]
    started = [line for line in found if line and line["start"]]
    least = sum(truth["clients"]["by_client"][k].get("ok", 0) for k in ("shop-api/2.3",))
    assert len(ended) >= least > 0
    assert lines == sorted(lines, key=lambda line: line[:23])
    modern = Version.parse(version) >= Version.parse("5.0")
    assert all((line["tx"] is not None) == modern for line in ended)
    if mode == "verbose":
        assert len(ended) <= len(started) + 1
        if version != "3.5.35":
            assert {line["id"] for line in ended} <= {line["id"] for line in started}
    else:
        assert not started


def test_the_query_log_as_json(tmp_path: Path) -> None:
    folder = write(tmp_path, "5.26.30", seconds=30.0, query_log="json", evidence="logs")
    rows = [json.loads(line) for line in (folder / "logs" / "query.log").read_text().splitlines()]
    assert {row["event"] for row in rows} == {"success"}
    assert all(row["source"].startswith("bolt-session\tbolt\t") for row in rows)
    assert all(row["elapsedTimeMs"] >= 0 for row in rows)


@pytest.mark.parametrize(
    ("driver", "pattern"),
    [
        (Driver.java, r"(?m)^\S+Z  WARN .*Transaction failed and will be retried in \d+ms$"),
        (
            Driver.python,
            r"(?m)^\[WARNING \] .*Transaction failed and will be retried in [\d.]+s \(",
        ),
        (Driver.go, r"(?m) DEBUG  \[session \d+\] Retrying transaction \(\): .*\[after [\d.]+s\]$"),
        (Driver.dotnet, r"(?m)Transaction failed and will be retried in 00:00:\d\d[.\d]* ms\.$"),
    ],
)
def test_clients_tell_of_each_try_that_is_repeated(tmp_path: Path, driver, pattern: str) -> None:
    client = Client("a/1", Work(seconds=0.5, kind="managed"), Poisson(8.0), driver())
    folder = write_export(
        Server(threads=3, core_threads=1), client, tmp_path / "x", seconds=60.0, seed=2
    ).folder
    (log,) = (folder / "clients").iterdir()
    told = len(re.findall(pattern, log.read_text()))
    rows = table_of(folder, "attempts")
    over = sum(int(row["tries"]) - 1 for row in rows if row["outcome"] != "unfinished")
    waiting = sum(int(row["tries"]) for row in rows if row["outcome"] == "unfinished")
    assert 0 < over <= told <= over + waiting


def test_javascript_tells_of_what_came_too_late(tmp_path: Path) -> None:
    late = Driver.javascript(pool=2, acquisition_timeout=0.2)
    client = Client("a/1", Work(seconds=0.5), Poisson(8.0), late)
    folder = write_export(Server(threads=30), client, tmp_path / "x", seconds=60.0).folder
    (log,) = (folder / "clients").iterdir()
    told = log.read_text().count("WARN ConnectionHolder got an error")
    assert told == truth_of(folder)["clients"]["outcomes"]["acquisition_timeout"] > 0


def test_members_of_a_cluster_lie_side_by_side(tmp_path: Path) -> None:
    client = Client("a/1", Work(seconds=0.2), Poisson(20.0), Driver.java(), writes=0.6)
    done = write_export(Server(threads=8, members=3), client, tmp_path / "x", seconds=60.0, seed=3)
    assert done.servers == ("server-1", "server-2", "server-3")
    truths = [truth_of(done.folder / name) for name in done.servers]
    assert sum(truth["attempts"] for truth in truths) == done.attempts
    assert all(truth["attempts"] > 0 for truth in truths)

    from boltkb.exports import open_export

    export = open_export(done.folder)
    assert [server.name for server in export.servers] == [f"x-{name}" for name in done.servers]
    assert all(server.simulated for server in export.servers)
    assert not any(source.refused for server in export.servers for source in server.sources)


def test_a_connection_that_gave_up_in_the_queue_never_had_a_thread(tmp_path: Path) -> None:
    # Who cannot sign in within 3 s is closed, while the queue is longer than that.
    server = Server(threads=1, core_threads=1, queue=500, sign_in_timeout=3.0)
    client = Client("a/1", Work(seconds=2.0), Poisson(4.0), Driver.java())
    folder = write_export(server, client, tmp_path / "x", seconds=200.0, seed=2).folder
    truth = truth_of(folder)
    rows = table_of(folder, "acquisitions")
    ended = Counter(row["outcome"] for row in rows)
    assert ended["left"] > 10
    assert all(float(row["seconds"]) == 0.0 for row in rows if row["outcome"] == "left")
    assert truth["accepted"] == ended["held"] + ended["open"]
    assert truth["attempts"] == truth["accepted"] + truth["rejected"]


def test_a_slow_consumer_is_told_of_in_the_words_of_its_version(tmp_path: Path) -> None:
    slow = Work(seconds=0.05, read=Constant(400.0), read_share=1.0)
    client = Client("slow/1", slow, Poisson(0.2), Driver.java())
    for version in ("4.4.40", "5.26.30"):
        server = Server(version=version, threads=20, consume_limit=100.0)
        folder = write_export(server, client, tmp_path / version, seconds=300.0).folder
        text = (folder / "logs" / "debug.log").read_text()
        told = re.findall(
            r"(?:did not consume outgoing buffers for|within mandated period of) 00:01:40.000", text
        )
        held = [row for row in table_of(folder, "acquisitions") if float(row["seconds"]) >= 100.0]
        ended = [row for row in held if row["outcome"] == "held"]
        assert len(told) == len(ended) > 0


def test_what_stands_in_the_way_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "mine.txt").write_text("mine")
    for force in (False, True):
        with pytest.raises(ParameterError, match=r"not empty|something else"):
            write_export(
                Server(), Client("a/1", Work(seconds=0.1), Poisson(1.0)), tmp_path / "export",
                seconds=5.0, force=force,
            )  # fmt: skip
    assert [path.name for path in (tmp_path / "export").iterdir()] == ["mine.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


def test_a_simulated_export_is_replaced_only_when_told_to(tmp_path: Path) -> None:
    client = Client("a/1", Work(seconds=0.1), Poisson(1.0))
    first = every_file(write_export(Server(), client, tmp_path / "x", seconds=40.0).folder)
    with pytest.raises(ParameterError, match="--force"):
        write_export(Server(), client, tmp_path / "x", seconds=40.0, seed=1)
    assert every_file(tmp_path / "x") == first
    write_export(Server(), client, tmp_path / "x", seconds=40.0, seed=1, force=True)
    assert every_file(tmp_path / "x")["truth.json"] != first["truth.json"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"evidence": "some"}, "`evidence` must be one of"),
        ({"edition": "aura"}, "`edition` must be one of"),
        ({"start": "yesterday"}, "ISO 8601"),
        ({"start": "2026-01-01"}, "time zone"),
        ({"edition": "community", "evidence": "metrics"}, "Community Edition exports none"),
        ({"edition": "community", "query_log": "json"}, "Community Edition has none"),
    ],
)
def test_options_that_cannot_be_are_named(options: dict[str, str], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        Options(**options)


@pytest.mark.parametrize("version", ["3.5.35", "4.4.40", "5.26.30"])
def test_a_transaction_that_takes_too_long_is_told_of(tmp_path: Path, version: str) -> None:
    work = Work(seconds=Constant(0.1), kind="explicit", queries=Constant(2.0), think=20.0)
    server = Server(version=version, threads=20, transaction_timeout=10.0)
    client = Client("slow/1", work, Poisson(0.3), Driver.java())
    folder = write_export(server, client, tmp_path / "x", seconds=300.0, seed=6).folder
    outcomes = truth_of(folder)["clients"]["outcomes"]
    text = (folder / "logs" / "debug.log").read_text()
    told = re.findall(r"(?m) WARN  ?\[o\.n\.k\.i\.a\.t\.m\.\w+\] .* timeout\.$", text)
    assert len(told) == outcomes["transaction_timeout"] > 0


def test_an_export_may_be_written_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    client = Client("a/1", Work(seconds=0.1), Poisson(1.0))
    write_export(Server(), client, ".", seconds=40.0)
    assert Path("truth.json").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["here"]
