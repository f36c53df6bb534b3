"""Archives of the report tool of every version are read as they are, and nothing is refused."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from export_shapes import START, write, zipped
from report_layouts import REPORTS, SECRETS

from boltkb.errors import ExportError
from boltkb.exports import Export, open_export

Opened = Callable[[str], tuple[Export, Export]]

READ = (
    "logs/debug.log",
    "logs/neo4j.log",
    "metrics/",
    "threaddump.txt",
    "ps.csv",
    "vm.prop",
    "env.prop",
    "listTransactions.txt",
    "version.txt",
    "neo4j.conf",
    "server-logs.xml",
)
LEFT = ("tree.txt", "plugins.txt", "manifest.json", "user-logs.xml", "neo4j-admin.conf")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """A report as a folder and as an archive, opened once."""

    @cache
    def both(version: str) -> tuple[Export, Export]:
        place = tmp_path_factory.mktemp("report")
        archive = place / "db1-2025-11-24_160100.zip"
        archive.write_bytes(zipped(REPORTS[version]))
        folder = write(place / "unpacked", REPORTS[version])
        return open_export(folder), open_export(archive)

    return both


@pytest.mark.parametrize("version", REPORTS)
def test_every_file_is_read_or_left_out_for_a_reason(version: str, opened: Opened) -> None:
    for export in opened(version):
        assert [source for source in export.sources if source.refused] == []
        read = {source.path for source in export.sources}
        ignored = {entry.path: entry.why for entry in export.ignored}
        assert read | set(ignored) == set(REPORTS[version])
        assert not read & set(ignored)
        assert all(len(why) > 4 for why in ignored.values())
        for path in REPORTS[version]:
            if any(part in path for part in LEFT):
                assert path in ignored
            elif any(part in path for part in READ):
                assert path in read, (path, ignored.get(path))


@pytest.mark.parametrize("version", REPORTS)
def test_what_a_report_says(version: str, opened: Opened) -> None:
    for export in opened(version):
        assert export.version == version.split()[0]
        assert export.setting("bolt-threads-max").value == "8"
        (item,) = export.thread_dumps
        assert item.time == START + 55
        assert [worker.state for worker in item.workers] == [
            "idle",
            "waiting_for_client",
            "working",
        ]
        assert item.held_by == {"10.0.0.5": 1, "10.0.0.6": 1}
        assert export.machine["heap-max"].value == 2 * 1024**3
        assert export.machine["heap-max"].text == "-Xmx2g"
        assert "OpenJDK" in export.machine["jvm"].text
        assert export.series["connections_running"].values.max() == 8
        rejected = [event for event in export.events if event.kind.startswith("rejection")]
        assert len(rejected) == (1 if version < "5" and version[0] != "2" else 0)


@pytest.mark.parametrize("version", ["3.4.18", "3.5.35"])
def test_the_transactions_of_a_report(version: str, opened: Opened) -> None:
    for export in opened(version):
        (row,) = export.transactions
        assert (row.transaction, row.connection, row.client) == (
            "transaction-17",
            "bolt-12",
            "10.0.0.5:40316",
        )
        assert (row.elapsed, row.cpu, row.waiting, row.idle) == (15.0, 0.2, 0.0, 12.0)
        assert (row.started, row.time) == (START + 40.5, START + 55.5)


@pytest.mark.parametrize("version", ["5.26.30", "2025.10.1", "2026.06.0"])
def test_levels_of_the_logs_are_known(version: str, opened: Opened) -> None:
    for export in opened(version):
        assert export.machine["bolt-log-level"].text == "DEBUG"
        assert export.machine["json-logs"].text == "debug.log"


@pytest.mark.parametrize("version", REPORTS)
def test_no_secret_of_a_report_is_kept(version: str, opened: Opened) -> None:
    for export in opened(version):
        told = repr(export) + str(export) + export.to_html() + repr(export.settings)
        assert not [secret for secret in SECRETS if secret in told]


def test_a_version_that_contradicts_the_log_is_told(tmp_path: Path) -> None:
    files = REPORTS["5.26.30"] | {"version.txt": "neo4j 5.20.0\n"}
    export = open_export(write(tmp_path / "x", files))
    assert export.version == "5.26.30"
    assert any("version.txt says Neo4j 5.20.0" in problem for problem in export.problems)


def test_notes_alone_are_no_export(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="nothing that a Neo4j server exports"):
        open_export(write(tmp_path / "x", {"version.txt": "neo4j 5.26.30\n"}))
