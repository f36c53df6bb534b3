"""The command: exit codes, messages without a traceback, nothing written after a failure."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
QUIET = ROOT / "data" / "captures" / "neo4j-5.26-quiet"


def run(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "boltkb", *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def refuses(tmp_path: Path, *words: object, says: str) -> None:
    out = tmp_path / "out"
    done = run("report", *words, "--out", out, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()


def test_an_absent_path_is_refused(tmp_path):
    refuses(tmp_path, tmp_path / "nowhere", says="nowhere")


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


def test_one_bad_export_among_several_does_not_stop_the_others(tmp_path):
    done = run("report", tmp_path / "nowhere", QUIET, "--out", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 2
    assert len(list((tmp_path / "out").glob("*.html"))) == 1


def test_the_version_and_the_help_are_there(tmp_path):
    assert run("--version", cwd=tmp_path).stdout.startswith("boltkb 0.")
    assert "report" in run("--help", cwd=tmp_path).stdout


def test_every_server_of_a_cluster_gets_a_report(tmp_path):
    place = tmp_path / "prod"
    for name in ("core-1", "core-2"):
        shutil.copytree(QUIET, place / name)
    log = place / "core-2" / "logs" / "debug.log"
    log.write_bytes(log.read_bytes()[:-200])
    done = run("report", place, "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "prod-core-1.html").exists()
    assert (tmp_path / "out" / "prod-core-2.html").exists()
