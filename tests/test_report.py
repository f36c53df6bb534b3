"""A report as a user makes it: papermill by hand, and the four files of the command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import boltkb

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
CAPTURES = ROOT / "data" / "captures"
NOTEBOOK = ROOT / "notebooks" / "thread_pool.ipynb"
ESTIMATES = {
    "offered_load", "busy_threads_mean", "busy_threads_peak", "rejection_probability",
    "rejections_observed", "recommended_threads", "arrival_rate", "mean_hold",
}  # fmt: skip


def papermill(out: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "papermill", str(NOTEBOOK), str(out), *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    out = tmp_path_factory.mktemp("reports")
    return boltkb.report(CAPTURES / "neo4j-5.26-saturated", out=out)


@pytest.fixture(scope="module")
def facts(published) -> dict:
    return json.loads(published.facts.read_text())


def test_papermill_by_hand_works_from_a_clone(tmp_path):
    done = papermill(tmp_path / "out.ipynb", "-p", "export", "data/captures/neo4j-5.26-quiet")
    assert done.returncode == 0, done.stderr[-2000:]
    executed = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    text = json.dumps(executed)
    assert "holds no Bolt thread" in text


@pytest.mark.parametrize(
    ("word", "value", "says"),
    [("targt_rejection", "0.01", "target_rejection"), ("target_rejection", "often", "number")],
)
def test_papermill_by_hand_refuses_a_bad_parameter(tmp_path, word, value, says):
    done = papermill(tmp_path / "out.ipynb", "-p", word, value)
    assert done.returncode != 0
    assert "ParameterError" in done.stderr
    assert says in done.stderr


def test_papermill_lists_the_parameters(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "papermill", "--help-notebook", str(NOTEBOOK)],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    for name in ("export: str", "start: str", "end: str", "target_rejection: float", "title: str"):
        assert name in done.stdout


def test_the_facts_have_every_part(facts):
    assert facts["schema"] == 1
    assert {"name", "version", "edition", "start", "end", "sources"} <= set(facts["export"])
    assert {"max_threads", "min_threads", "queue_size", "discipline", "provenance"} <= set(
        facts["pool"]
    )
    assert {"state", "headline", "cause", "confidence"} <= set(facts["verdict"])
    assert set(facts["estimates"]) >= ESTIMATES
    for name, estimate in facts["estimates"].items():
        assert {"value", "low", "high", "unit", "reason"} <= set(estimate)
        assert estimate["value"] is not None or estimate["reason"], name
    for finding in facts["findings"]:
        assert {"rule", "status", "severity", "cause", "evidence", "advice"} <= set(finding)


def test_the_facts_say_what_the_chain_says(facts):
    export = boltkb.open_export(CAPTURES / "neo4j-5.26-saturated")
    pool = boltkb.read_pool(export)
    fit = boltkb.fit_queue(boltkb.observe(export, pool))
    assert facts["pool"]["max_threads"] == pool.threads
    assert facts["estimates"]["offered_load"]["value"] == pytest.approx(fit.offered_load.value)


def test_numbers_can_be_traced_to_a_file_and_its_lines(facts):
    assert facts["pool"]["provenance"]["max_threads"]["where"].startswith("conf/neo4j.conf:")
    rejections = next(f for f in facts["findings"] if f["rule"] == "rejections")
    assert all(":" in place for place in rejections["where"])
    assert ".csv:2-" in facts["window"]["busy_from"]


def test_the_single_file_is_small_and_asks_nobody(published):
    text = published.html.read_text()
    assert len(text.encode()) < 2_000_000
    assert "default-src 'none'" in text
    assert 'src="http' not in text
    assert "<link" not in text


def test_the_page_is_plain_markdown_with_its_title(published):
    page = published.page.read_text()
    assert page.startswith("---\n")
    assert "8 threads are too few" in page


def test_the_executed_notebook_is_there_and_holds_the_facts(published):
    executed = nbformat.read(published.notebook, as_version=4)
    kinds = {
        kind for c in executed.cells for o in c.get("outputs", []) for kind in o.get("data", {})
    }
    assert "application/vnd.boltkb.facts+json" in kinds


def test_m_m_c_is_always_there_and_says_when_it_is_unstable(tmp_path):
    published = boltkb.report(CAPTURES / "neo4j-5.26-leaked", out=tmp_path)
    models = {m["name"]: m for m in json.loads(published.facts.read_text())["models"]}
    assert models["M/M/c"]["verdict"] == "REFUSED"
    assert "unstable" in " ".join(models["M/M/c"]["reasons"])
