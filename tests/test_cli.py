"""The command: exit codes, messages without a traceback, nothing written after a failure."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from boltkb.cli import app, main

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
QUIET = ROOT / "data" / "captures" / "neo4j-5.26-quiet"
CAPTURES = sorted(path.parent.name for path in QUIET.parent.glob("*/manifest.toml"))


def run(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "boltkb", *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def call(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """As `run`, in this process: to start another takes a second, and says no more each time."""
    out, error = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(error),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(sys, "argv", ["boltkb", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
    code = ended.value.code or 0
    return subprocess.CompletedProcess(words, int(code), out.getvalue(), error.getvalue())


def refuses(tmp_path: Path, *words: object, says: str, way: Callable[..., Any] = call) -> None:
    out = tmp_path / "out"
    done = way("report", *words, "--out", out, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()


def test_an_absent_path_is_refused(tmp_path):
    refuses(tmp_path, tmp_path / "nowhere", says="nowhere", way=run)


def test_an_empty_folder_is_refused(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    refuses(tmp_path, empty, says="empty")


def test_a_text_that_calls_itself_a_zip_is_refused(tmp_path):
    fake = tmp_path / "report.zip"
    fake.write_text("this is no archive\n" * 20)
    refuses(tmp_path, fake, says="report.zip")


def test_a_folder_with_nothing_of_neo4j_is_refused(tmp_path):
    other = tmp_path / "photos"
    other.mkdir()
    (other / "holiday.txt").write_text("sunny\n")
    refuses(tmp_path, other, says="recognised")


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("targt_rejection=0.01", "target_rejection"),
        ("target_rejection=often", "target_rejection"),
        ("target_rejection=2", "target_rejection"),
        ("start=yesterday", "ISO 8601"),
        ("start=2026-11-23T02:00:00", "zone"),
        ("nonsense", "NAME=VALUE"),
    ],
)
def test_a_bad_parameter_is_refused_and_named(tmp_path, word, says):
    refuses(tmp_path, QUIET, "-p", word, says=says)


def test_a_window_outside_the_data_is_refused_and_the_data_are_named(tmp_path):
    refuses(tmp_path, QUIET, "-p", "start=2019-01-01T00:00:00Z", "-p", "end=2019-01-02T00:00:00Z",
            says="outside the data")  # fmt: skip


def test_an_unknown_notebook_is_refused_and_the_known_are_named(tmp_path):
    refuses(tmp_path, QUIET, "--notebook", "thread_pol", says="thread_pool")


def test_a_zip_of_a_capture_is_a_report_from_anywhere(tmp_path):
    archive = tmp_path / "server-report.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(QUIET.rglob("*")):
            if path.is_file() and not path.name.startswith("truth"):
                made.write(path, path.relative_to(QUIET))
    done = run("report", archive, "--out", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert [name.split(".", 1)[1] for name in names] == ["facts.json", "html", "ipynb", "md"]


def test_the_version_and_the_help_are_there(tmp_path):
    assert run("--version", cwd=tmp_path).stdout.startswith("boltkb 0.")
    assert "report" in run("--help", cwd=tmp_path).stdout


def test_every_server_of_a_cluster_gets_a_report_and_a_bad_export_stops_none(tmp_path):
    place = tmp_path / "prod"
    for name in ("core-1", "core-2"):
        shutil.copytree(QUIET, place / name)
    log = place / "core-2" / "logs" / "debug.log"
    log.write_bytes(log.read_bytes()[:-200])
    done = call("report", tmp_path / "nowhere", place, "--out", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("boltkb:") == 1, done.stderr
    assert "nowhere" in done.stderr
    pages = sorted(path.name for path in (tmp_path / "out").glob("*.html"))
    assert pages == ["prod-core-1.html", "prod-core-2.html"]


def inspects(path: Path) -> str:
    done = CliRunner().invoke(app, ["inspect", str(path)])
    assert done.exit_code == 0, done.output
    assert not done.stderr, "progress is for terminals"
    return done.stdout


@pytest.mark.parametrize("name", CAPTURES)
def test_a_capture_is_inspected(name):
    said = inspects(ROOT / "data" / "captures" / name)
    assert said.startswith(f"Export {name}: Neo4j 5.26.30 Community")
    for words in ("What was read", "truth.json: not evidence", "What this export can tell"):
        assert words in said
    assert "How many threads were held, and when?" in said
    assert "cannot tell" in said
    # Where there is a trace already, how to have one is not told.
    assert ('name="BoltTrace"' in said) == (not name.endswith("traced"))


def test_what_is_inspected_is_json_too(tmp_path):
    done = call("inspect", QUIET, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    part = json.loads(done.stdout)
    assert part["version"] == "5.26.30"
    files = {path.name for path in QUIET.rglob("*") if path.is_file()}
    named = [*part["sources"], *part["ignored"]]
    assert {Path(entry["path"]).name for entry in named} == files
    assert {answer["id"] for answer in part["missing"]["answers"]} >= {"busy", "leaks"}
    assert part["missing"]["steps"]


VERSIONS = {
    "3.5.22": ("metrics.enabled=true", "dbms.logs.query.enabled=true"),
    "4.4.44": ("metrics.filter=*bolt.connections*", "dbms.logs.query.time_logging_enabled=true"),
    "5.26.30": ("server.metrics.filter=*bolt.connections*", "db.logs.query.parameter_logging"),
    "2026.06.0": ("*.neo4j.count.*", "server.bolt.enable_network_error_accounting=false"),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_gets_its_own_lines(tmp_path, version):
    folder = tmp_path / "server"
    folder.mkdir()
    lines = [
        f"2026-01-05 10:00:0{second}.000+0000 INFO  {words}\n"
        for second, words in enumerate((f"======== Neo4j {version} ========", "Started."))
    ]
    (folder / "neo4j.log").write_text("".join(lines))
    (folder / "manifest.toml").write_text('[neo4j]\nedition = "enterprise"\n')
    conf = "metrics.enabled=false\n" if version < "4" else "# nothing\n"
    (folder / "neo4j.conf").write_text(conf)
    said = inspects(folder)
    for words in VERSIONS[version]:
        assert words in said
    assert ("BoltTrace" in said) == (version not in {"3.5.22", "4.4.44"})


def test_a_folder_that_cannot_be_inspected_ends_with_2(tmp_path):
    for words in ((), ("--json",)):
        done = call("inspect", tmp_path / "nowhere", *words, cwd=tmp_path)
        assert done.returncode == 2
        assert "nowhere" in done.stderr
        assert "Traceback" not in done.stderr
        assert not done.stdout


def test_text_from_an_export_cannot_steer_the_terminal(tmp_path):
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "neo4j.conf").write_text("server.metrics.filter=\x1b[31m*a*\n")
    (folder / "a\x1b[2Jb.txt").write_text("?\n")
    assert "\x1b" not in inspects(folder)


def test_what_if_needs_the_facts_of_a_report(tmp_path):
    out = tmp_path / "out"
    done = call("what-if", QUIET / "manifest.toml", "--out", out, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "is not JSON" in done.stderr
    done = call("what-if", tmp_path / "x.facts.json", "-p", "threads", "--out", out, cwd=tmp_path)
    assert done.returncode == 2
    assert "NAME=VALUE" in done.stderr
    assert not out.exists()
