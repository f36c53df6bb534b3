from __future__ import annotations

import gzip
import socket
import tomllib
from pathlib import Path

import pytest

from data.lab.errors import LabError
from data.lab.files import Neutral, write_plain, write_table, write_toml


@pytest.fixture
def neutral(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Neutral:
    monkeypatch.setattr(socket, "gethostname", lambda: "box7")
    return Neutral(tmp_path / "home", [tmp_path / "jars" / "neo4j-bolt.jar"])


def test_paths_and_host_are_replaced_and_nothing_else(neutral: Neutral, tmp_path: Path) -> None:
    text = (
        f"home {tmp_path}/home/logs, jar {tmp_path}/jars/neo4j-bolt.jar, pid 12@box7, box7x, a.box7"
    )
    assert neutral.clean(text) == (
        "home /var/lib/neo4j/logs, jar /var/lib/neo4j/lib/neo4j-bolt.jar,"
        " pid 12@neo4j-lab, box7x, a.box7"
    )


def test_a_path_that_would_stay_is_an_error(neutral: Neutral) -> None:
    with pytest.raises(LabError, match="path of this machine"):
        neutral.clean(f"user.home = {Path.home()}")


def test_the_plain_table_reads_as_cypher_shell_prints_it(tmp_path: Path) -> None:
    row = ["bolt-1", None, True, 3, "PT1.5S", {"millis": 5}, ["a"], 'a "b"']
    write_plain(tmp_path / "x.csv", list("abcdefgh"), [row], at=1764000000.9)
    assert (tmp_path / "x.csv").read_text() == (
        "2025-11-24T16:00:00Z\n"
        'a, b, c, d, e, f, g, h\n"bolt-1", NULL, TRUE, 3, PT1.5S, {millis: 5}, ["a"], "a \\"b\\""\n'
    )


def test_the_manifest_is_toml(tmp_path: Path) -> None:
    content = {"name": "a", "real": True, "table": {"list": ["x", "y"], "n": 1}}
    write_toml(tmp_path / "m.toml", content)
    assert tomllib.loads((tmp_path / "m.toml").read_text()) == content


def test_a_gzipped_table_has_the_same_bytes_each_time(tmp_path: Path) -> None:
    for name in ("a.gz", "b.gz"):
        write_table(tmp_path / name, ("x", "y"), [(1, "z,")])
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == b'x,y\n1,"z,"\n'
