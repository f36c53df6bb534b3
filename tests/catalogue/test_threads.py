"""Names of threads, as servers of the versions write them."""

from __future__ import annotations

import pytest

from boltkb.catalogue import load_threads, thread_role


@pytest.mark.parametrize("entry", load_threads().values(), ids=lambda entry: entry.id)
def test_each_example_is_its_own_and_nobody_else_s(entry) -> None:
    assert [
        other.id for other in load_threads().values() if other.pattern.match(entry.example)
    ] == [entry.id]
    assert thread_role(entry.example) == (entry.id, entry.role)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("neo4j.BoltWorker-399 [bolt-1018352 - /10.0.0.7:40123]", "held"),
        ("neo4j.BoltWorker-1 [bolt-3 - /[0:0:0:0:0:0:0:1]:40123]", "held"),
        ("neo4j.BoltWorker-12 [bolt] [/10.0.0.7:40123] ", "held"),
        ("neo4j.BoltWorker-12 [inside] [/10.0.0.7:40123] ", "held"),
        ("neo4j.BoltWorker-12 [bolt]", "idle"),
        ("neo4j.BoltWorker-12", "idle"),
        ("neo4j.BoltNetworkIO-6", "network"),
        ("qtp1459151049-54", None),
        ("", None),
    ],
)
def test_roles(name: str, role: str | None) -> None:
    found = thread_role(name)
    assert (found[1] if found else None) == role


def test_the_parts_of_a_name_are_told_apart() -> None:
    found = load_threads()["bolt-worker-held"].pattern.match(
        "neo4j.BoltWorker-7 [bolt-12 - /127.0.0.1:54321]"
    )
    assert found.groupdict() == {
        "number": "7", "connection": "bolt-12", "client": "127.0.0.1:54321",
    }  # fmt: skip
