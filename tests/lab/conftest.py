"""A real server for the tests that are marked ``lab``, or the reason why there is none."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

NEEDED = {"java": "openjdk-17-jdk-headless", "javac": "openjdk-17-jdk-headless", "mvn": "maven"}


@pytest.fixture(scope="session")
def real_server_tools() -> None:
    """Skip without Java, Maven or the driver; fail instead where the machine is ours to set up."""
    missing = sorted({package for name, package in NEEDED.items() if shutil.which(name) is None})
    if importlib.util.find_spec("neo4j") is None:
        missing.append("boltkb[lab] (pip)")
    if missing:
        reason = f"the lab needs: {', '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
