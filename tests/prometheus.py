"""A real Prometheus on loopback, for the tests that need one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["create_blocks", "free_port", "needed", "serving"]

SECONDS_TO_START = 60.0


def needed() -> str:
    """Return the path of promtool; skip where Prometheus is missing, fail where tests must run."""
    tool = shutil.which("promtool")
    if tool is None or shutil.which("prometheus") is None:
        reason = "prometheus is missing; install the package `prometheus`"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return tool


def create_blocks(folder: Path, openmetrics: str) -> None:
    """Put samples in the text form of OpenMetrics into a database in a folder."""
    (folder / "samples.om").write_text(openmetrics)
    (folder / "prometheus.yml").write_text("scrape_configs: []\n")
    subprocess.run(
        [needed(), "tsdb", "create-blocks-from", "openmetrics", "samples.om", "data"],
        cwd=folder, check=True, capture_output=True, timeout=SECONDS_TO_START,
    )  # fmt: skip


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Give the address of a Prometheus that serves the database in a folder."""
    address = f"127.0.0.1:{free_port()}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                "prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
                "--storage.tsdb.retention.time=100y", f"--web.listen-address={address}",
            ],
            cwd=folder, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + SECONDS_TO_START
        while not _ready(address):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"Prometheus did not start: {(folder / 'log').read_text()[-2000:]}")
            # Waits for the process, which ends only if something is wrong.
            try:
                process.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                continue
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(timeout=SECONDS_TO_START)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _ready(address: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{address}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
