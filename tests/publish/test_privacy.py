"""A report for a site carries no name of a user, a client or a server, in any of its files."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest

import boltkb
from boltkb.errors import ParameterError, RunError
from boltkb.publish.privacy import check_hidden, in_site
from boltkb.publish.run import run_report
from tests.publish.small import write_export, write_notebook

CAPTURE = Path(__file__).resolve().parents[2] / "data" / "captures" / "neo4j-5.26-leaked"
#: One for each place that a name can stand in; no letters of them stand anywhere else.
PLANTED = {
    "host": "zqhost-01", "domain": "zqdomain", "user": "zquser", "application": "zqapplication",
    "literal": "zqliteral", "address": "10.77.66.55", "advertised": "zqadvertised",
    "broken": "zqbroken", "odd": "zqodd",
}  # fmt: skip


def planted_export(folder: Path) -> Path:
    """A copy of a real capture with names in every source."""
    place = folder / f"{PLANTED['host']}.{PLANTED['domain']}.example"
    shutil.copytree(CAPTURE, place, ignore=shutil.ignore_patterns("truth*"))
    for path in place.rglob("*"):
        if path.is_file():
            path.write_bytes(
                path.read_bytes()
                .replace(b"127.0.0.1", PLANTED["address"].encode())
                .replace(b"report-job", PLANTED["application"].encode())
            )
    with (place / "conf" / "neo4j.conf").open("a") as conf:
        conf.write(f"server.bolt.advertised_address={PLANTED['advertised']}.example:7687\n")
        conf.write(f"server.bolt.advertised_address={PLANTED['advertised']}.example:7688\n")
    with next((place / "metrics").glob("*connections_running.csv")).open("a") as metric:
        metric.write(f"1795398570,{PLANTED['broken']}\n")
    table = place / "show-transactions.csv"
    lines = table.read_text().splitlines()
    names = [name.strip() for name in lines[0].split(",")]
    row = dict(zip(names, [cell.strip() for cell in lines[1].split(", ")], strict=False))
    row |= {
        "username": f'"{PLANTED["user"]}"',
        "currentQuery": f"\"MATCH (n) WHERE n.id = '{PLANTED['literal']}' RETURN n\"",
        "clientAddress": f'"{PLANTED["address"]}:50001"',
    }
    table.write_text("\n".join([*lines, ", ".join(row.get(name, "") for name in names)]) + "\n")
    (place / f"{PLANTED['odd']}.dat").write_text("x" * 10)
    return place


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    (folder / "mkdocs.yml").write_text("site_name: x\ndocs_dir: pages  # ours\n")
    (folder / "pages").mkdir()
    return folder


def test_nothing_planted_is_left_in_any_file_of_a_site(site: Path, tmp_path: Path) -> None:
    export = planted_export(tmp_path)
    open_text = str(boltkb.open_export(export))
    assert PLANTED["broken"] in open_text
    assert PLANTED["odd"] in open_text
    out = site / "pages" / "reports"
    published = boltkb.report(export, out=out)
    files = sorted(path for path in out.iterdir() if not path.name.startswith("."))
    assert len(files) == 4
    for file in files:
        text = file.read_text()
        left = [word for word in PLANTED.values() if word in text or word in file.name]
        assert left == [], file.name
        assert str(tmp_path) not in text
    (private,) = out.glob(".*.redaction.json")
    assert private.name == f".{published.slug}.redaction.json"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    kept = json.loads(private.read_text())
    assert PLANTED["address"] in kept["pseudonyms"].values()
    again = boltkb.report(export, out=out)
    assert again.slug == published.slug
    assert json.loads(private.read_text()) == kept


def test_a_report_on_ones_own_disk_names_the_culprit(tmp_path: Path) -> None:
    published = boltkb.report(planted_export(tmp_path), out=tmp_path / "out")
    assert PLANTED["address"] in published.html.read_text()
    assert not list((tmp_path / "out").glob(".*.json"))


@pytest.mark.parametrize(
    ("config", "folder", "expected"),
    [
        ("site_name: x\n", "docs/reports", True), ("site_name: x\n", "out", False),
        ("docs_dir: 'pages'\n", "pages", True), ("docs_dir: pages\n", "docs", False),
    ],
)  # fmt: skip
def test_what_lies_in_a_site(tmp_path: Path, config: str, folder: str, expected: bool) -> None:
    (tmp_path / "mkdocs.yml").write_text(config)
    assert in_site(tmp_path / folder) is expected


def test_a_notebook_that_cannot_hide_names_says_so(tmp_path: Path) -> None:
    export, notebook = write_export(tmp_path / "in"), tmp_path / "own.ipynb"
    text = write_notebook(tmp_path).read_text()
    notebook.write_text(text.replace("redact: str", "other: str"))
    with pytest.raises(ParameterError, match="cannot hide names"):
        run_report(notebook, {"export": export}, tmp_path / "out", redact=True)


def test_a_notebook_that_hides_nothing_publishes_nothing(tmp_path: Path) -> None:
    export, notebook = write_export(tmp_path / "in"), write_notebook(tmp_path)
    with pytest.raises(RunError, match="left no key"):
        run_report(notebook, {"export": export}, tmp_path / "out", redact=True)
    assert not (tmp_path / "out").exists()


def test_a_private_file_of_ones_own_and_no_redaction_contradict(tmp_path: Path) -> None:
    given = {"export": str(CAPTURE), "redact": str(tmp_path / "key.json")}
    with pytest.raises(ParameterError, match="as well"):
        run_report("thread_pool", given, tmp_path / "out", redact=False)


def test_a_name_that_slipped_through_stops_the_report(tmp_path: Path) -> None:
    private = tmp_path / "x.json"
    private.write_text(json.dumps({"pseudonyms": {"client-1": "10.0.0.7", "user-1": "reader"}}))
    check_hidden({"a.md": "reader and client-1"}, private, ())
    with pytest.raises(RunError, match=r"still in a\.md") as problem:
        check_hidden({"a.md": "from 10.0.0.7"}, private, ())
    assert "10.0.0.7" not in str(problem.value)
