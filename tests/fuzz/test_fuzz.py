"""A short run of the fuzzing, and that it finds what it is there to find."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest
from corpus import seeds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boltkb.errors import BoltkbError
from boltkb.exports import open_export, opening
from boltkb.exports.gathered import Found, Gathered

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The program, keeping what fails in a folder of the test's own."""
    spec = importlib.util.spec_from_file_location("fuzz_program", HERE / "__main__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setenv("BOLTKB_CACHE", "off")
    return module


def test_two_thousand_inputs_break_nothing() -> None:
    done = subprocess.run(
        [sys.executable, str(HERE), "--inputs", "2000", "--seed", "7"],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("2,000 inputs")


def test_every_kind_that_is_read_has_a_seed() -> None:
    without = set(opening.TAKERS) - {seed.kind for seed in seeds()}
    assert not without, f"give tests/fuzz/samples.py a small file of each: {sorted(without)}"


def test_a_reader_that_breaks_is_found_kept_and_can_be_run_again(
    program: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def broken(_entries: Sequence[Found], _gathered: Gathered) -> None:
        raise KeyError("planted")

    monkeypatch.setattr(opening, "TAKERS", {**opening.TAKERS, "thread-dump": broken})
    assert program.main(["--inputs", "60", "--seed", "3"]) == 1
    said = capsys.readouterr()
    assert "failed" in said.out
    assert "KeyError" in said.err
    kept = next((tmp_path / "build" / "fuzz").iterdir())
    assert "planted" in (kept / "problem.txt").read_text()
    number = kept.name.partition("-")[2]
    assert program.main(["--seed", "3", "--only", number]) == 1


def test_a_reader_that_is_slow_or_takes_too_much_is_found(
    program: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "SLOWEST", 0.0)
    assert program.main(["--inputs", "2"]) == 1
    assert "took" in capsys.readouterr().err
    monkeypatch.setattr(program, "SLOWEST", 60.0)
    monkeypatch.setattr(program, "MOST_MEMORY", 1)
    assert program.main(["--inputs", "5"]) == 1
    assert "MB at the peak" in capsys.readouterr().err


def test_an_input_is_the_same_each_time(program: ModuleType) -> None:
    for number in range(20):
        assert program.inputs(5, number)[:2] == program.inputs(5, number)[:2]


pieces = st.sampled_from([
    b"2025-11-24 16:00:01.000+0000 ", b"INFO ", b"ERROR ", b"[bolt-1] ", b"\n", b"\r\n", b"\0",
    b",",
    b"t,value\n", b"1764000000,3", b'"', b"{", b"}", b"=", b"server.bolt.thread_pool_max_size",
    b"\xff", b"Full thread dump", b'"neo4j.BoltWorker-1" #3 prio=5', b"\tat a.b(C.java:1)", b" - ",
    b"bolt-session\tbolt\t", b"transactionId,connectionId\n", b"9" * 30, b"nan", b"-----", b"\\",
])  # fmt: skip
names = st.sampled_from([
    "debug.log", "neo4j.log", "query.log", "a.csv", "neo4j.conf", "threaddump.txt", "x.json",
    "gc.log", "env.txt", "neo4j.dbms.bolt.connections_running.csv", "app.log", "m.prom", "a.zip",
])  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(names, st.lists(pieces | st.binary(max_size=20), max_size=30), max_size=4))
def test_files_made_of_known_pieces_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, list[bytes]]
) -> None:
    folder = tmp_path_factory.mktemp("f")
    for name, parts in content.items():
        (folder / name).write_bytes(b"".join(parts))
    try:
        export = open_export(folder)
    except BoltkbError:
        return
    told = {source.path for source in export.sources} | {entry.path for entry in export.ignored}
    assert told >= {name for name in content if name != "a.zip"}
    export.to_html().encode()
