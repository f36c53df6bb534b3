"""What more than one file of this room needs."""

from __future__ import annotations

import json

import pytest

import boltkb
from tests.lab.conftest import real_server_tools
from tests.samples.fences import ROOT

__all__ = ["facts", "real_server_tools"]


@pytest.fixture(scope="session")
def facts() -> str:
    """What a report on a real capture leaves beside it for machines."""
    export = boltkb.open_export(ROOT / "data" / "captures" / "neo4j-5.26-saturated")
    pool = boltkb.read_pool(export)
    seen = boltkb.observe(export, pool)
    fit = boltkb.fit_queue(seen)
    sizing = boltkb.size_threads(fit, rejection=0.001)
    diagnosis = boltkb.diagnose(export, pool, seen, fit)
    advice = boltkb.advise(pool, fit, sizing, diagnosis)
    told: dict[str, object] = {}
    for result in (export, pool, seen, fit, sizing, diagnosis, advice):
        told |= result.facts()
    return json.dumps(told)
