"""What is loaded when: a room only when it is asked for."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest


@pytest.mark.parametrize("name", ["boltkb.catalogue", "boltkb.exports", "boltkb.exports.records"])
def test_every_name_of_a_package_is_there_when_it_is_asked_for(name: str) -> None:
    package = importlib.import_module(name)
    assert set(package.__all__) == set(package._ROOMS) == set(dir(package))
    for known, room in package._ROOMS.items():
        assert getattr(package, known) is getattr(importlib.import_module(room), known)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        package.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("wanted", "others"),
    [
        ("boltkb.exports.logs.rejections", ["numpy", "boltkb.exports.metrics"]),
        ("boltkb.exports.logs.reading", ["boltkb.exports.metrics", "boltkb.exports.opening"]),
        ("boltkb.exports", ["numpy", "boltkb.exports.opening"]),
    ],
)
def test_what_a_room_does_not_need_is_not_loaded(wanted: str, others: list[str]) -> None:
    code = f"import sys, {wanted}; print([name for name in {others!r} if name in sys.modules])"
    said = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"
