"""Each line of versions is built for its Java and started by its own class."""

from __future__ import annotations

import pytest

from data.lab.build import check_java
from data.lab.errors import LabError
from data.lab.server import main_class


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("5.26.30", "CommunityEntryPoint"),
        ("2025.10.1", "Neo4jCommunity"),
        ("2026.01.0", "Neo4jCommunity"),
    ],
)
def test_the_class_that_starts_a_server_changed_with_2025(version, name):
    assert main_class(version) == f"org.neo4j.server.{name}"


def test_2025_on_java_17_is_refused_with_what_it_needs():
    with pytest.raises(LabError, match="21"):
        check_java("2025.10.1", 'openjdk version "17.0.15" 2025-04-15')


def test_2025_on_a_later_java_is_let_through():
    check_java("2025.10.1", 'openjdk version "25.0.3" 2026-04-21 LTS')
