"""Every block is taken by one rule; those that need no server are held to what exists."""

from __future__ import annotations

import ast
import json
import re
import shlex
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import boltkb
from benchmarks import pages as theory
from boltkb.catalogue import (
    Setting,
    Version,
    load_drivers,
    load_errors,
    load_messages,
    load_settings,
    setting_id,
)
from boltkb.publish.parameters import MODELS
from handbook.server import docker
from tests.samples.commands import check, command_names
from tests.samples.fences import (
    DOCTESTS,
    FENCES,
    ROOT,
    Fence,
    fences,
    kind,
    of,
    pages,
    setting_lines,
)
from tests.samples.installed import need
from tests.samples.shells import missing, run_shell

#: What a page means that names no version.
NEWEST_LTS = "5.26"
DOCKER_NAME = re.compile(r"\bNEO4J_(?:server|dbms|db|metrics)_\w+")
CONF_NAME = re.compile(r"^(?:server|dbms|db|metrics|internal)\.[\w.]+$")
#: Real dumps of a server some of whose threads wait for their clients.
CAPTURE = ROOT / "data" / "captures" / "neo4j-5.26-bookmark-wait"
#: What a log puts before its message.
STAMP = re.compile(r"^\d{4}-\d\d-\d\d [\d:.+]+ (?:ERROR|WARN|INFO|DEBUG) +")
#: The JVM's own words, which no catalogue of Neo4j has.
JAVA_ERROR = "java.lang.OutOfMemoryError: unable to create new native thread"


def named(found: list[Fence]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fence", found, ids=lambda fence: fence.name)


def test_every_block_of_every_page_is_taken_by_a_rule():
    assert len(FENCES) > 100
    escaped = [
        f"{fence.name} ({fence.language or 'no language'})" for fence in FENCES if not kind(fence)
    ]
    assert not escaped, f"no rule takes {escaped}"


@pytest.mark.parametrize(
    "block",
    [
        "```rust\nfn main() {}\n```",
        "```python {.no-test}\nprint(1)\n```",
        "```python\n>>> 1 + 1\n3\n```",
        "```properties\n# nothing\n```",
        "```\nanything\n```",
    ],
)
def test_a_block_that_no_rule_knows_is_refused(block: str, tmp_path: Path):
    page = tmp_path / "how-to" / "page.md"
    page.parent.mkdir()
    page.write_text(f"# Title\n\n{block}\n", encoding="utf-8")
    (fence,) = fences(page)
    assert kind(fence) == ""


def test_a_fence_is_found_in_a_list_and_under_its_tab(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text(
        '=== "4.2"\n\n    ```properties\n    a=1\n    ```\n\n=== "5.26"\n\n    ```properties\n'
        "    b=2\n    ```\n\n1. first\n\n    ~~~bash\n    if true; then\n      x\n    fi\n    ~~~\n"
    )
    one, two, three = fences(page)
    assert (one.version, two.version, three.version) == ("4.2", "5.26", None)
    assert three.text == "if true; then\n  x\nfi\n"
    page.write_text("```bash\nopen\n")
    with pytest.raises(ValueError, match="not closed"):
        fences(page)


def test_doctests_on_pages_are_run_by_the_tests_of_their_pages():
    run = {*theory.FIGURES, "index", "simulation"}
    for fence in of("doctest"):
        name = fence.page.stem
        assert (fence.page.parent.name == "theory" and name in run) or name in DOCTESTS, fence.name
    for file in DOCTESTS.values():
        assert "DocTestRunner" in (ROOT / file).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def facts() -> str:
    export = boltkb.open_export(ROOT / "data" / "captures" / "neo4j-5.26-saturated")
    pool = boltkb.read_pool(export)
    seen = boltkb.observe(export, pool)
    fit = boltkb.fit_queue(seen)
    sizing = boltkb.size_threads(fit, rejection=0.001)
    advice = boltkb.advise(pool, fit, sizing, boltkb.diagnose(export, pool, seen, fit))
    return json.dumps(advice.facts())


@named(of("python"))
def test_python_for_boltkb_runs_and_says_something(
    fence: Fence, facts: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "data").symlink_to(ROOT / "data")
    (tmp_path / "prod-1.facts.json").write_text(facts, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    space = {"print": lambda *words: said.append(" ".join(map(str, words)))}
    exec(compile(fence.text.replace("/var/www/reports/", ""), fence.name, "exec"), space)
    assert said
    assert fence.page.name != "README.md" or said[0].startswith("SATURATED")


@named(of("airflow"))
def test_an_operator_takes_parameters_that_its_notebook_has(fence: Fence):
    (call,) = [node for node in ast.walk(ast.parse(fence.text)) if isinstance(node, ast.Call)]
    given = {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg}
    notebook = ROOT / given["input_nb"]
    assert notebook.is_file()
    assert set(given["parameters"]) <= set(MODELS[notebook.stem].model_fields)
    assert {"task_id", "input_nb", "output_nb", "parameters"} >= set(given)


@named(of("shell"))
def test_a_shell_block_runs_and_calls_only_what_exists(fence: Fence, tmp_path: Path):
    need(missing(fence))
    for dump in CAPTURE.glob("threaddump*.txt"):
        shutil.copy(dump, tmp_path)
    ran = run_shell(fence, tmp_path, {})
    assert ran.code == 0, ran.complained
    assert ran.complained == ""
    assert ran.calls
    for words in ran.calls:
        check(words)


def test_the_threads_that_a_block_counts_in_dumps_are_those_of_a_report(tmp_path: Path):
    (fence,) = [fence for fence in of("shell") if "BoltWorker" in fence.text]
    need(missing(fence))
    for dump in CAPTURE.glob("threaddump*.txt"):
        shutil.copy(dump, tmp_path)
    found = re.findall(r"(\S+) held (\d+) waiting (\d+)", run_shell(fence, tmp_path, {}).said)
    told = {name: (int(held), int(waiting)) for name, held, waiting in found}
    dumps = boltkb.open_export(CAPTURE).thread_dumps
    assert len(set(told.values())) == len(told) == 2
    assert told == {
        dump.where.file: (
            dump.held,
            sum(worker.state == "waiting_for_client" for worker in dump.workers),
        )
        for dump in dumps
        if dump.where.file in told
    }


@pytest.mark.parametrize(
    "line",
    [
        "boltkb no-such-command x",
        "boltkb report x --no-such-option",
        "boltkb report x -p no_such_parameter=1",
        "boltkb simulate no_such_scenario --out x",
        "boltkb simulate leaked_transactions --out x --set no_such=1",
        "make no-such-target",
        "make report NO_SUCH=1",
        "papermill notebooks/thread_pool.ipynb out.ipynb -p no_such_parameter 1",
        "papermill notebooks/no_such.ipynb out.ipynb",
        "systemctl no-such-verb neo4j",
    ],
)
def test_a_command_that_does_not_exist_is_refused(line: str):
    import click
    from typer._click.exceptions import ClickException

    with pytest.raises((AssertionError, click.ClickException, ClickException)):
        check(line.split())


def test_commands_within_sentences_exist():
    found = []
    for page in pages():
        text = page.read_text(encoding="utf-8")
        found += re.findall(r"`((?:boltkb|papermill|make) [^`\n]+)`", text)
    assert len(found) > 20
    for line in found:
        words = shlex.split(line)
        if words[0] == "boltkb" and len(words) == 2:
            # A sentence may name the command alone.
            assert words[1] in command_names(), line
        else:
            check(words)


def test_a_program_without_a_stand_in_is_refused(tmp_path: Path):
    fence = replace(of("shell")[0], text="no-such-program --option\n")
    assert run_shell(fence, tmp_path, {}).code == 127
    assert run_shell(replace(fence, text="kill 1\n"), tmp_path, {}).code == 127
    with pytest.raises(AssertionError, match="writes to"):
        run_shell(replace(fence, text="cat x > /etc/neo4j.conf\n"), tmp_path, {})


def held(name: str, value: str, version: str) -> Setting:
    """Return the setting of a name in a version, once the value is one that it takes."""
    key = setting_id(name)
    assert key is not None, f"the catalogue knows no {name}"
    setting = load_settings()[key]
    names = [one.name for one in setting.names if one.holds(Version.parse(version))]
    assert name in names, f"{version} calls {name} {names}"
    if setting.kind == "integer":
        assert value.isdigit(), (name, value)
    if setting.kind == "boolean":
        assert value in ("true", "false"), (name, value)
    return setting


@named(of("settings"))
def test_every_setting_exists_in_the_version_of_its_block(fence: Fence):
    for name, value in setting_lines(fence):
        held(name, value, fence.version or NEWEST_LTS)


@named(of("docker", "yaml"))
def test_every_setting_of_a_container_exists(fence: Fence):
    spelled = {
        docker(name.name): name.name for one in load_settings().values() for name in one.names
    }
    found = [(name, None) for name in DOCKER_NAME.findall(fence.text)]
    for name, _ in found:
        assert name in spelled, name
    if kind(fence) == "docker":
        assert found
        for line in fence.text.splitlines():
            option = re.fullmatch(r"--env (NEO4J_\w+)=(\S+)(?: \\)?", line)
            assert option is not None, line
            held(spelled[option[1]], option[2], fence.version or NEWEST_LTS)
        return
    content = yaml.safe_load(fence.text)
    assert isinstance(content, dict)
    for name, value in walk(content):
        if CONF_NAME.match(name):
            held(name, value, fence.version or NEWEST_LTS)
            # Helm refuses a number where it wants a string.
            assert isinstance(value, str), name


def walk(content: object) -> list[tuple[str, str]]:
    """Return every key of a document that has a plain value."""
    if isinstance(content, dict):
        found = [
            (str(key), value)
            for key, value in content.items()
            if not isinstance(value, dict | list)
        ]
        return found + [pair for value in content.values() for pair in walk(value)]
    if isinstance(content, list):
        return [pair for value in content for pair in walk(value)]
    return []


@named(of("yaml"))
def test_rules_for_prometheus_are_rules(fence: Fence, tmp_path: Path):
    if "groups" not in yaml.safe_load(fence.text):
        return
    need([] if shutil.which("promtool") else ["prometheus"])
    (tmp_path / "rules.yml").write_text(fence.text, encoding="utf-8")
    check_rules(tmp_path / "rules.yml")


def check_rules(path: Path) -> None:
    done = subprocess.run(
        ["promtool", "check", "rules", str(path)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_query_for_prometheus_parses(tmp_path: Path):
    found = of("promql")
    if not found:
        return
    need([] if shutil.which("promtool") else ["prometheus"])
    rules = [{"record": f"query:{n}", "expr": fence.text} for n, fence in enumerate(found)]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "pages", "rules": rules}]}))
    check_rules(path)


def test_json_is_json():
    for fence in of("json"):
        json.loads(fence.text)


@named(of("xml"))
def test_xml_is_xml(fence: Fence):
    assert len(ElementTree.fromstring(f"<all>{fence.text}</all>"))


@named(of("message"))
def test_every_line_that_a_program_wrote_is_known(fence: Fence):
    known = [re.compile(message.expression) for message in load_messages().values()]
    texts = [error.text for error in load_errors().values()]
    texts += [error.code for error in load_errors().values()]
    for stamped in fence.text.splitlines():
        line = STAMP.sub("", stamped)
        told = any(one.search(line) for one in known) or line == JAVA_ERROR
        assert told or any(text and text in line for text in texts), line


@named(of("framework"))
def test_every_setting_of_a_framework_is_in_the_catalogue(fence: Fence):
    known = {option.name for option in load_drivers().values() if option.framework}
    for name, _ in setting_lines(fence):
        assert name in known, name


def test_every_option_of_dotnet_is_in_the_catalogue():
    known = {option.name for option in load_drivers().values() if option.language == "dotnet"}
    known |= {"WithUserAgent"}
    for fence in of("csharp"):
        for name in re.findall(r"\.(With\w+)\(", fence.text):
            assert name in known, f"{fence.name}: {name}"
