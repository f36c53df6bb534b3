"""Every block is taken by one rule; those that need no server are held to what exists."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import yaml

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
from handbook.server import docker
from tests.samples.commands import command_names
from tests.samples.fences import (
    DOCTESTS,
    FENCES,
    ROOT,
    Fence,
    fences,
    kind,
    of,
    setting_lines,
)
from tests.samples.installed import need

#: What a page means that names no version.
NEWEST_LTS = "5.26"
DOCKER_NAME = re.compile(r"\bNEO4J_(?:server|dbms|db|metrics)_\w+")
CONF_NAME = re.compile(r"^(?:server|dbms|db|metrics|internal)\.[\w.]+$")
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


@named(of("python"))
def test_python_for_boltkb_runs_and_says_something(
    fence: Fence, facts: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "data").symlink_to(ROOT / "data")
    text = fence.text.replace("/var/www/reports/", "")
    for name in re.findall(r"[\w.-]+\.facts\.json", text):
        (tmp_path / name).write_text(facts, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    space = {"print": lambda *words: said.append(" ".join(map(str, words)))}
    exec(compile(text, fence.name, "exec"), space)
    assert said
    assert fence.page.name != "README.md" or said[0].startswith("SATURATED")


def test_what_the_generated_reference_shows_is_in_the_package():
    source = "\n".join(path.read_text() for path in (ROOT / "boltkb").rglob("*.py"))
    for fence in of("docstring"):
        for line in fence.text.splitlines():
            # Run where it stands: every docstring of the package is a test.
            assert not line.startswith(">>>") or line in source, f"{fence.name}: {line}"
    for fence in of("signature"):
        name, bracket, rest = fence.text.strip().partition("(")
        assert all(part.isidentifier() for part in name.split(".")), fence.name
        assert not bracket or ast.parse(f"def shown({rest}: ..."), fence.name
    for fence in of("usage"):
        assert fence.text.split()[1] in command_names(), fence.name


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
    assert isinstance(content, dict | list)
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
    content = yaml.safe_load(fence.text)
    if isinstance(content, list) and all("expr" in rule for rule in content):
        content = {"groups": [{"name": "page", "rules": content}]}
    if "groups" not in content:
        return
    need([] if shutil.which("promtool") else ["prometheus"])
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
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
