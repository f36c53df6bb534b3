"""What was recorded beside the committed captures, as the tests read it."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

CAPTURES = Path(__file__).resolve().parents[2] / "data" / "captures"
METRIC_PREFIX = "neo4j.dbms.bolt."


def read_truth(name: str) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads((CAPTURES / name / "truth.json").read_text())
    return truth


def read_metric(name: str, metric: str) -> list[tuple[int, int]]:
    path = CAPTURES / name / "metrics" / f"{METRIC_PREFIX}{metric}.csv"
    with path.open(newline="") as file:
        next(file)
        return [(int(row[0]), int(row[1])) for row in csv.reader(file)]


def read_table(name: str, table: str) -> list[dict[str, str]]:
    path = CAPTURES / name / f"truth-{table}.csv.gz"
    with gzip.open(path, "rt", newline="") as file:
        return list(csv.DictReader(file))


def began(truth: dict[str, Any]) -> float:
    return datetime.fromisoformat(truth["start"]).timestamp()


def span(truth: dict[str, Any]) -> float:
    start, end = (datetime.fromisoformat(truth[name]) for name in ("start", "end"))
    return (end - start).total_seconds()
