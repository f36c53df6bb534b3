"""Samples that need a server, all against one real Neo4j 5.26 with eight Bolt threads.

It runs with every setting that a page names for this version and Community Edition, validated
strictly, so a line that it does not take keeps it from starting.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from boltkb.catalogue import Version, load_drivers, load_settings, setting_id
from data.lab.server import Server
from tests.samples.fences import DRIVERS, Fence, fences, of, setting_lines
from tests.samples.installed import HERE, class_path, modules, need, run
from tests.samples.programs import run_all
from tests.samples.shells import files, missing, run_shell

pytestmark = [pytest.mark.lab, pytest.mark.slow, pytest.mark.usefixtures("real_server_tools")]

THREADS = 8
SERVED = Version(5, 26)
NODE = {"node": "nodejs", "npm": "npm"}
NEEDED = {"python": {}, "java": {}, "javascript": NODE, "go": {"go": "golang-go"}}
#: The lab's own line. Twice the bound of the bursts: a worker that has just been given back may
#: not wait for work yet, and a connection then takes another.
LAB = "server.bolt.thread_pool_max_size"
NO_PROCEDURE = "ProcedureNotFound"


def skip_without(programs: dict[str, str]) -> None:
    need([package for name, package in programs.items() if not shutil.which(name)])


def lines_of_pages() -> dict[str, str]:
    """Return the settings that pages name for this version and its Community Edition."""
    found: dict[str, str] = {}
    for fence in of("settings"):
        if Version.parse(fence.version or str(SERVED)) != SERVED:
            continue
        for name, value in setting_lines(fence):
            setting = load_settings()[setting_id(name) or ""]
            if setting.edition == "both":
                assert found.setdefault(name, value) == value, f"two values of {name}"
    return found


@pytest.fixture(scope="module")
def server(real_server_tools: None) -> Iterator[Server]:
    from data.lab.build import build
    from data.lab.server import Settings

    lines = {name: value for name, value in lines_of_pages().items() if name != LAB}
    assert lines
    extra = [f"{name}={value}" for name, value in lines.items()]
    extra.append("server.config.strict_validation.enabled=true")
    with Server(build(), Settings(threads=THREADS, extra=tuple(extra))) as running:
        yield running
        # Nothing of it is kept, and to end in peace it takes a quarter of a minute.
        os.kill(running.pid, signal.SIGKILL)


@pytest.mark.parametrize("language", DRIVERS)
def test_the_drivers_samples_run(language: str, server: Server, tmp_path: Path):
    skip_without(NEEDED[language])
    samples = [fence for fence in of("driver") if fence.language == language]
    outcomes = run_all(language, samples, server.bolt_address, tmp_path)
    assert [outcome.name for outcome in outcomes] == [sample.name for sample in samples]
    errors = [f"{outcome.name}: {outcome.error}" for outcome in outcomes if outcome.error]
    assert not errors, "\n".join(errors)
    named = {sample.name for sample in samples if "shop-api/2.3" in sample.text}
    assert named
    assert {o.name for o in outcomes if "shop-api/2.3" in o.agents} == named
    (proof,) = [outcome.proof for outcome in outcomes if outcome.proof]
    assert proof["bounded"] == 0
    assert proof["unbounded"] >= 12
    assert proof["first"]
    assert proof["busy"]
    assert proof["again"]
    if language == "javascript":
        # A rejection at sign-in is not tried again; `which-calls-are-retried` says so.
        assert proof["signIn"] == {"code": "ProtocolError", "retriable": False, "attempts": 0}


def test_a_sample_that_keeps_its_session_is_found_out(server: Server, tmp_path: Path):
    page = tmp_path / "how-to" / "page.md"
    page.parent.mkdir()
    text = "driver.session().begin_transaction().run('RETURN 1')"
    page.write_text(f"```python\n{text}\n```\n", encoding="utf-8")
    (fence,) = [_placed(fence) for fence in fences(page)]
    (outcome,) = run_all("python", [fence], server.bolt_address, tmp_path)
    assert outcome.error is not None
    assert "failed to obtain a connection from the pool" in outcome.error


def _placed(fence: Fence) -> Fence:
    """Return a block of a page that lies elsewhere as one of the site's."""
    (first, *_) = of("driver")
    return Fence(first.page, fence.line, fence.language, fence.text, fence.tab, fence.more)


def test_dotnet_is_csharp(tmp_path: Path):
    skip_without(NODE)
    samples = [{"name": fence.name, "text": fence.text} for fence in of("csharp")]
    samples.append({"name": "none", "text": "var driver = = 1;"})
    cases, results = tmp_path / "cases.json", tmp_path / "results.json"
    cases.write_text(json.dumps({"samples": samples}), encoding="utf-8")
    run(["node", HERE / "javascript" / "parse.mjs", modules(), cases, results])
    *found, none = json.loads(results.read_text(encoding="utf-8"))
    assert len(found) >= 6
    assert [one for one in found if one["error"]] == []
    assert none["error"]


def test_frameworks_publish_the_settings_of_the_pages_and_of_the_catalogue(tmp_path: Path):
    jars = {jar.name.rpartition("-")[0]: jar for jar in class_path()}
    with zipfile.ZipFile(jars["spring-boot-autoconfigure"]) as jar:
        spring = json.loads(jar.read("META-INF/spring-configuration-metadata.json"))
    with zipfile.ZipFile(jars["quarkus-neo4j"]) as jar:
        quarkus = jar.read("META-INF/quarkus-config-doc/quarkus-config-model.json").decode()
    known = {one["name"] for one in spring["properties"]}
    known |= set(re.findall(r'"(quarkus\.neo4j\.[\w.-]+)"', quarkus))
    for fence in of("framework"):
        assert {name for name, _ in setting_lines(fence)} <= known, fence.name
    ours = {o.name for o in load_drivers().values() if o.framework in ("Spring Boot", "Quarkus")}
    assert len(ours) > 10
    assert ours <= known


def test_cypher_runs_on_the_server(server: Server):
    from neo4j import GraphDatabase
    from neo4j.exceptions import ClientError

    with GraphDatabase.driver(server.bolt_address) as driver:
        for fence in of("cypher"):
            changes = re.search(r"CALL dbms\.setConfigValue\('([\w.]+)', '([^']+)'\)", fence.text)
            if changes is None:
                driver.execute_query(fence.text)
                continue
            setting = load_settings()[setting_id(changes[1]) or ""]
            assert setting.dynamic, fence.name
            assert setting.names[-1].name == changes[1]
            # Enterprise Edition alone has the procedure; here the text is all that can be wrong.
            assert "Enterprise" in fence.page.read_text(encoding="utf-8"), fence.name
            with pytest.raises(ClientError) as refused:
                driver.execute_query(fence.text)
            assert refused.value.code.endswith(NO_PROCEDURE), fence.name


@pytest.fixture(scope="module")
def given(server: Server) -> Iterator[dict[str, str]]:
    """What blocks for a shell find: the server, one of whose threads is held."""
    from neo4j import GraphDatabase

    with (
        GraphDatabase.driver(server.bolt_address) as driver,
        driver.session() as session,
        session.begin_transaction() as held,
    ):
        held.run("RETURN 1").consume()
        yield {
            "pid": str(server.pid),
            "home": str(server.home),
            "http": str(server.http_port),
            "bolt": str(server.bolt_port),
        }


@pytest.mark.parametrize("fence", of("served shell"), ids=lambda fence: fence.name)
def test_a_block_for_a_shell_beside_a_server(fence: Fence, given: dict[str, str], tmp_path: Path):
    need(missing(fence))
    ran = run_shell(fence, tmp_path, given)
    assert ran.code == 0, ran.complained
    assert ran.calls
    made = files(tmp_path)
    assert all(made.values()), made
    for name in made:
        if "threaddump" in name:
            text = (tmp_path / name).read_text(encoding="utf-8")
            assert len(re.findall(r'(?m)^"neo4j\.BoltWorker-\d+ \[bolt-', text)) == 1
    programs = {words[0] for words in ran.calls}
    assert "jcmd" not in programs or made or ran.said.strip() == "1"
    if "ss" in programs:
        assert (
            f":{given['bolt']}" in (tmp_path / next(n for n in made if "ss.txt" in n)).read_text()
        )
    if "curl" in programs:
        answer(fence, ran.said)


def answer(fence: Fence, said: str) -> None:
    """Hold a server's answer by HTTP against the version that the block is for."""
    if fence.version == "3.4":
        # The old address is gone in 5.x; that curl understood its words is all that shows.
        assert "errors" in said or said == ""
        return
    told = json.loads(said)
    if Version.parse(fence.version or str(SERVED)) < Version(4, 4):
        assert [error["code"].rpartition(".")[2] for error in told["errors"]] == [NO_PROCEDURE]
        return
    assert told["errors"] == []
    (result,) = told["results"]
    assert len(result["data"]) == 2  # the transaction that is held, and the one that asks
