"""What is noticed while a cluster's files are read is told of the member that they belong to."""

from __future__ import annotations

import gzip
from pathlib import Path

from export_shapes import files, write

from boltkb.exports import open_export


def test_a_cut_file_is_told_of_its_own_server(tmp_path: Path) -> None:
    content = files()
    cut = gzip.compress(content["logs/debug.log"].encode())[:-30]
    whole = {f"core-1/{name}": text for name, text in content.items()}
    other = {f"core-2/{name}": text for name, text in content.items() if "debug" not in name}
    conf = "server.bolt.thread_pool_max_size=9\n"
    place = write(
        tmp_path / "f",
        {**whole, **other, "core-2/logs/debug.log.1.gz": cut, "core-2/conf/neo4j.conf": conf},
    )
    cluster = open_export(place)
    first, second = cluster.servers
    assert [problem for problem in first.problems if "packed bytes" in problem] == []
    assert any("debug.log.1.gz: its packed bytes" in problem for problem in second.problems)
