"""The script for Community Edition counts what boltkb reads in the same thread dumps."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from boltkb.catalogue import load_threads
from boltkb.exports import open_export

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "docs" / "assets" / "watching" / "bolt-threads.sh"
#: Captures with few and with many held threads.
CAPTURES = ("quiet", "saturated", "think-time", "bookmark-wait")
LISTED = "812 jdk.jcmd/sun.tools.jcmd.JCmd -l\n4711 org.neo4j.server.Neo4jCommunity --home=/x\n"


def count(
    folder: Path, dump: str, *, listed: str = LISTED, conf: str | None = None
) -> tuple[subprocess.CompletedProcess[str], dict[str, float]]:
    """Run the script with a `jcmd` that answers with a dump."""
    (folder / "dump.txt").write_text(dump)
    (folder / "listed.txt").write_text(listed)
    jcmd = folder / "jcmd"
    jcmd.write_text(
        f'#!/bin/sh\nif [ "$1" = -l ]; then cat {folder}/listed.txt; else\n'
        f'  [ "$1" = 4711 ] && [ "$2" = Thread.print ] && cat {folder}/dump.txt\nfi\n'
    )
    jcmd.chmod(0o755)
    words = [str(folder / "page.prom")]
    if conf is not None:
        (folder / "neo4j.conf").write_text(conf)
        words.append(str(folder / "neo4j.conf"))
    done = subprocess.run(
        [SCRIPT, *words], capture_output=True, text=True, check=False, timeout=30,
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
    )  # fmt: skip
    page = folder / "page.prom"
    lines = page.read_text().splitlines() if page.exists() else []
    samples = [line.split() for line in lines if not line.startswith("#")]
    return done, {name.removeprefix("neo4j_bolt_threads_"): float(v) for name, v in samples}


@pytest.mark.parametrize("capture", CAPTURES)
def test_a_dump_gives_what_boltkb_reads(tmp_path: Path, capture: str):
    place = ROOT / "data" / "captures" / f"neo4j-5.26-{capture}"
    export = open_export(place)
    conf = (place / "conf" / "neo4j.conf").read_text()
    assert export.thread_dumps
    for dump in export.thread_dumps:
        text = (place / dump.where.file).read_text()
        done, found = count(tmp_path, text, conf=conf)
        assert done.returncode == 0, done.stderr
        assert found["held"] == dump.held
        assert found["held"] + found["idle"] == len(dump.workers)
        assert found["limit"] == float(export.setting("bolt-threads-max").value)


@pytest.mark.parametrize(
    "thread", [t for t in load_threads().values() if "Bolt" in t.example], ids=lambda t: t.id
)
def test_every_name_that_a_bolt_thread_has_is_told(tmp_path: Path, thread):
    other = '"neo4j.BoltWorker-99" #1 daemon prio=5\n'
    _, found = count(tmp_path, f'{other}"{thread.example}" #2 daemon prio=5\n')
    held = thread.role == "held" and "BoltWorker" in thread.example
    assert found["held"] == held
    assert found["limit"] == 400


@pytest.mark.parametrize(
    ("line", "limit"),
    [
        ("server.bolt.thread_pool_max_size=60", 60),
        ("  dbms.connector.bolt.thread_pool_max_size = 1000 \r", 1000),
        ("#server.bolt.thread_pool_max_size=60", 400),
        ("server.bolt.unix_socket_thread_pool_max_size=20", 400),
    ],
)
def test_the_limit_is_the_one_in_the_configuration(tmp_path: Path, line: str, limit: int):
    _, found = count(tmp_path, '"neo4j.BoltWorker-1" #1\n', conf=f"a=b\n{line}\nc=d\n")
    assert found["limit"] == limit


@pytest.mark.parametrize(
    ("dump", "listed", "says"),
    [
        ('"main" #1\n', LISTED, "no Bolt worker"),
        ('"neo4j.BoltWorker-1" #1\n', "812 sun.tools.jcmd.JCmd -l\n", "no Neo4j"),
    ],
)
def test_an_old_number_does_not_stay(tmp_path: Path, dump: str, listed: str, says: str):
    done, found = count(tmp_path, '"neo4j.BoltWorker-1" #1\n')
    assert done.returncode == 0
    assert found["idle"] == 1
    done, found = count(tmp_path, dump, listed=listed)
    assert done.returncode == 1
    assert says in done.stderr
    assert not found
    assert not list(tmp_path.glob("page.prom*"))
