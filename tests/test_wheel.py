"""The wheel holds all that a report needs, and works outside the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
QUIET = ROOT / "data" / "captures" / "neo4j-5.26-quiet"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (made,) = out.glob("boltkb-*.whl")
    return made


def test_it_holds_notebooks_templates_assets_and_licences(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "boltkb/notebooks/thread_pool.ipynb" in names
    for part in ("publish/templates/", "publish/assets/boltkb.css", "catalogue/settings.toml"):
        assert any(name.startswith(f"boltkb/{part}") for name in names), part
    assert any(name.endswith("LICENSE") and "dist-info" in name for name in names)
    assert not any(name.startswith(("tests/", "data/", "docs/")) for name in names)


def test_a_report_is_made_from_the_wheel_alone(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "installed"), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "boltkb", "report", str(QUIET), "--out", "reports"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    where = subprocess.run(
        [sys.executable, "-c", "import boltkb; print(boltkb.__file__)"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert where.startswith(str(tmp_path))
    (html,) = (tmp_path / "reports").glob("*.html")
    assert html.stat().st_size < 2_000_000
