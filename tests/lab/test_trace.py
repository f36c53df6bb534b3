"""The lines that `boltkb inspect` prints for a trace, on a real server that is under load."""

from __future__ import annotations

import re
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from boltkb.exports import empty_export, open_export
from boltkb.exports.missing import missing

pytestmark = [pytest.mark.lab, pytest.mark.slow, pytest.mark.usefixtures("real_server_tools")]

PATIENCE_SECONDS = 90.0
THREADS = 2
SECRET = "a-person-s-name"


def shipped(jars: list) -> str:
    """server-logs.xml as it is in the released jar, looked at again every 5 seconds."""
    (jar,) = [path for path in jars if path.name.startswith("neo4j-logging-")]
    with zipfile.ZipFile(jar) as archive:
        text = archive.read("default-server-logs.xml").decode()
    packages = 'packages="org.neo4j.logging.log4j"'
    made = text.replace('status="ERROR"', f'status="ERROR" monitorInterval="5" {packages}')
    assert made != text
    return made


def with_trace(plain: str, version: str) -> str:
    """The same file as an operator would edit it."""
    steps = missing(replace(empty_export(), version=version, edition="community")).steps
    (trace,) = [made for made in steps if made.recipe == "trace"]
    for snippet in trace.snippets:
        place = snippet.where.rpartition(" before ")[2]
        assert plain.count(place) == 1
        plain = plain.replace(place, f"{snippet.text}\n{place}")
    return plain.replace('size="100 MB"', 'size="200 KB"')


def until(done: Callable[[], bool], work: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done() and time.monotonic() < deadline:
        work()
    assert done()


@pytest.fixture(scope="module")
def traced(tmp_path_factory, real_server_tools) -> Iterator[dict]:
    from neo4j import GraphDatabase
    from neo4j.exceptions import TransientError

    from data.lab import server as lab
    from data.lab.build import build

    built = build()
    plain = shipped(list(built.jars))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lab, "DEBUG_LOGS", plain)
        settings = lab.Settings(threads=THREADS, debug_log=True)
        with lab.Server(built, settings) as server, GraphDatabase.driver(server.bolt_address) as d:
            configuration = server.home / "conf" / "server-logs.xml"
            trace, debug = server.logs / "debug-bolt.log", server.logs / "debug.log"

            def ask() -> None:
                d.execute_query("RETURN $name AS `some\nquery`", name=SECRET)

            ask()
            pid = server.pid
            configuration.write_text(with_trace(plain, built.version))
            until(trace.exists, ask)
            before = debug.stat().st_size
            until((server.logs / "debug-bolt.log.02").exists, ask)
            rejected = 0
            held = [d.session() for _ in range(THREADS + 2)]
            for session in held:
                try:
                    session.begin_transaction().run("RETURN 1").consume()
                except TransientError:
                    rejected += 1
            for session in held:
                session.close()
            # Its files turn over: what they tell of the rejections is taken at once.
            told = ""

            def all_told() -> bool:
                nonlocal told
                told = everything(server.logs)
                return told.count("Unable to schedule for execution") >= rejected

            until(all_told, ask)
            grown = debug.read_bytes()[before:].decode()
            configuration.write_text(plain)
            sizes: list[int] = []

            def stands_still() -> bool:
                sizes.append(trace.stat().st_size)
                return len(sizes) > 50 and len(set(sizes[-50:])) == 1

            until(stands_still, ask)
            copy = tmp_path_factory.mktemp("trace")
            for path in server.logs.glob("*.log*"):
                (copy / path.name).write_bytes(path.read_bytes())
            yield {
                "logs": copy,
                "rejected": rejected,
                "told": told,
                "grown": grown,
                "same_process": server.pid == pid and server.is_running(),
            }


def everything(folder) -> str:
    return "".join(path.read_text() for path in folder.glob("debug-bolt.log*"))


def test_the_running_server_takes_it_and_lets_it_go(traced):
    assert traced["same_process"]


def test_debug_log_gets_nothing_of_it(traced):
    # What a busy machine adds, such as a line about a pause, is not the trace's.
    # The server's own line about starvation is not either.
    own = [line for line in traced["grown"].splitlines() if "ErrorAccountant]" not in line]
    for words in ("[bolt-", "o.n.b.", "DEBUG"):
        assert not any(words in line for line in own)
    assert "DEBUG" not in (traced["logs"] / "debug.log").read_text()


def test_it_tells_holds_and_rejections(traced):
    text = traced["told"]
    for words in (
        "Scheduling connection for execution",
        "Activating connection",
        "Waiting for additional jobs",
        "Returning to idle state",
    ):
        assert words in text
    assert traced["rejected"] >= 2
    assert len(re.findall("Unable to schedule for execution", text)) >= traced["rejected"]


def test_it_holds_no_query_and_no_parameter(traced):
    text = everything(traced["logs"])
    assert SECRET not in text
    assert "some" not in text
    assert re.search(r"Completed execution of RunMessage \(took \d+ ms\)", text)
    # A query over two lines would have left a line without a time.
    assert all(re.match(r"\d{4}-\d\d-\d\d ", line) for line in text.splitlines())


def test_it_turns_over_into_numbered_files_that_are_read(traced):
    export = open_export(traced["logs"])
    read = {source.path for source in export.sources if source.kind == "log"}
    assert {"debug-bolt.log", "debug-bolt.log.01", "debug-bolt.log.02", "debug.log"} <= read
    assert not [source for source in export.sources if source.refused]
