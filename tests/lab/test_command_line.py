from __future__ import annotations

import socket
from pathlib import Path

import pytest

from data.lab import build as building
from data.lab.__main__ import main
from data.lab.errors import LabError
from data.lab.server import Server, Settings, take_port

GOOD = ["capture", "--scenario", "quiet", "--minutes", "1", "--out"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ([], "COMMAND"),
        (["capture", "--scenario", "quiet"], "--out"),
        (["capture", "--scenario", "busy", "--minutes", "1", "--out", "x"], "busy"),
        ([*GOOD, "x", "--rate", "-1"], "--rate"),
        ([*GOOD, "x", "--rate", "nan"], "--rate"),
        ([*GOOD, "x", "--hold", "inf"], "--hold"),
        ([*GOOD, "x", "--threads", "0"], "--threads"),
        ([*GOOD, "x", "--threads", "many"], "--threads"),
        ([*GOOD, "x", "--bolt-port", "70000"], "--bolt-port"),
        ([*GOOD, "x", "--profile", "week"], "week"),
        ([*GOOD, "x", "--nonsense"], "--nonsense"),
    ],
)
def test_wrong_arguments_end_with_two(
    wrong: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(wrong)
    assert end.value.code == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("more", [[], ["--force"]])
def test_a_folder_with_something_else_in_it_is_not_written_to(
    more: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "kept").write_text("kept")
    assert main([*GOOD, str(tmp_path), *more]) == 2
    assert "not an empty folder" in capsys.readouterr().err
    assert (tmp_path / "kept").read_text() == "kept"


@pytest.mark.parametrize(("present", "missing"), [((), "Java"), (("java", "javac"), "Maven")])
def test_a_missing_program_is_named_with_its_package(
    present: tuple[str, ...],
    missing: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in present:
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert main(["start"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert missing in said
    assert "openjdk-17-jdk-headless maven" in said


def test_a_port_in_use_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    made = building.Build("5.26.30", tmp_path / "java", (), tmp_path / "plugin.jar")
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        server = Server(made, Settings(bolt_port=port))
        with pytest.raises(LabError, match=rf"Bolt port {port} .*--bolt-port"), server:
            pytest.fail("the server must not start")
        assert not server.is_running()


def test_a_free_port_is_found() -> None:
    assert 1024 < take_port(0, "Bolt") < 1 << 16


def test_a_server_that_ends_at_once_is_told_and_its_home_removed(tmp_path: Path) -> None:
    java = tmp_path / "java"
    said = "Exception: Unrecognized setting\\n\\tat a.b.C(C.java:1)\\n12:00 INFO  Stopped."
    java.write_text(f"#!/bin/sh\nprintf '{said}'\nexit 3\n")
    java.chmod(0o755)
    plugin = tmp_path / "plugin.jar"
    plugin.write_bytes(b"")
    server = Server(building.Build("5.26.30", java, (), plugin), Settings())
    with (
        pytest.raises(LabError, match=r"exit code 3 .*words: Exception: Unrecognized setting$"),
        server,
    ):
        pytest.fail("the server must not start")
    assert not server.is_running()
    assert not server.home.exists()


def test_maven_that_fails_is_told_in_one_paragraph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("java", "javac", "mvn"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho '[ERROR] no such version'\nexit 1\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match=r"Neo4j 9\.9\.9 .*no such version") as error:
        building.build("9.9.9", cache=tmp_path / "cache")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("version", "java"),
    [
        ("5.26.30", 'openjdk version "11.0.2" 2019-01-15'),
        ("5.26.30", 'java version "1.8.0_392"'),
        ("2025.01.0", 'openjdk version "17.0.15" 2025-04-15'),
    ],
)
def test_a_java_that_is_too_old_is_refused(version: str, java: str) -> None:
    with pytest.raises(LabError, match=rf"Neo4j {version} needs Java (17|21)"):
        building.check_java(version, java)


@pytest.mark.parametrize("java", ['openjdk version "17.0.15"', 'openjdk version "21"', "unknown"])
def test_a_java_that_will_do_is_let_through(java: str) -> None:
    building.check_java("5.26.30", java)
