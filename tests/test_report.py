"""A report as a user makes it: papermill by hand, and the four files of the command."""

from __future__ import annotations

import ast
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import boltkb
from boltkb.publish.parameters import MODELS
from handbook.facts import EXAMPLE

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
CAPTURES = ROOT / "data" / "captures"
NOTEBOOK = ROOT / "notebooks" / "thread_pool.ipynb"
PIPELINE = ROOT / "docs" / "how-to" / "run-it-in-a-pipeline.md"
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


def blocks(language: str) -> list[str]:
    """Return what the page of the pipeline has in a language, with places that are there."""
    found = re.findall(rf"(?ms)^```{language}\n(.*?)^```", PIPELINE.read_text())
    return [text.replace("/exports/prod-1", "data/captures/neo4j-5.26-quiet") for text in found]


def test_papermill_by_hand_works_from_a_clone(tmp_path):
    (line,) = [text for text in blocks("bash") if text.startswith("papermill ")]
    program, notebook, _, *words = shlex.split(line)
    assert (program, ROOT / notebook) == ("papermill", NOTEBOOK)
    done = papermill(tmp_path / "out.ipynb", *words)
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


def test_the_lines_of_the_pipeline_page_read_the_facts(published, tmp_path, monkeypatch, capsys):
    (code,) = [text for text in blocks("python") if "facts" in text]
    (tmp_path / "prod-1.facts.json").write_bytes(published.facts.read_bytes())
    monkeypatch.chdir(tmp_path)
    exec(compile(code, str(PIPELINE), "exec"), {})
    said = capsys.readouterr().out
    verdict = json.loads(published.facts.read_text())["verdict"]
    assert said.splitlines() == [verdict["headline"], verdict["do_first"]]


@pytest.mark.parametrize(("state", "code"), [("ok", 0), ("saturated", 1), ("cannot_tell", 1)])
def test_the_gate_of_the_pipeline_page_tells_states_apart(facts, tmp_path, state, code):
    if shutil.which("jq") is None:
        pytest.skip("jq is missing; install the package `jq`")
    (line,) = [text for text in blocks("bash") if "jq -e" in text]
    (tmp_path / "reports").mkdir()
    changed = {**facts, "verdict": {**facts["verdict"], "state": state}}
    (tmp_path / "reports" / "prod-1.facts.json").write_text(json.dumps(changed))
    gate = line.splitlines()[1]
    assert subprocess.run(gate, shell=True, cwd=tmp_path, check=False).returncode == code
    (line,) = [text for text in blocks("bash") if "@tsv" in text]
    line = line.replace("/var/www/reports", str(tmp_path / "reports"))
    other = {**facts, "verdict": {**facts["verdict"], "state": "at_risk"}}
    (tmp_path / "reports" / "a.facts.json").write_text(json.dumps(other))
    told = subprocess.run(line, shell=True, capture_output=True, text=True, check=True).stdout
    worst = [state, "at_risk"] if state == "saturated" else ["at_risk", state]
    assert [row.split("\t")[0] for row in told.splitlines()] == worst
    assert told.splitlines()[0].split("\t")[1] == facts["export"]["name"]


def test_the_airflow_lines_of_the_pipeline_page_pass_parameters_of_the_notebook():
    (code,) = [text for text in blocks("python") if "PapermillOperator" in text]
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    (given,) = [word.value for word in calls[0].keywords if word.arg == "parameters"]
    names = {ast.literal_eval(key) for key in given.keys}
    assert names <= set(MODELS["thread_pool"].model_fields)


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


def test_the_facts_keep_to_the_schema_of_the_site_and_have_no_key_beside_it(facts, facts_judge):
    facts_judge.validate(facts)


def test_a_program_reads_the_facts_as_the_site_shows(published, monkeypatch, capsys):
    monkeypatch.chdir(published.facts.parent)
    exec(compile(EXAMPLE, "facts.md", "exec"), {})
    state, load = capsys.readouterr().out.splitlines()
    assert state == "saturated pool_too_small high"
    assert load.endswith(" erlangs")


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
