"""The page on watching says what the files have, and its picture is of a capture.

`BOLTKB_REGENERATE=1` writes the picture anew instead of comparing it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import boltkb
from boltkb.publish.fragments import figure_html
from handbook.pages import DOCS
from handbook.watching.alerts import ALERTS
from handbook.watching.writing import RULE_FILES
from tests.prometheus import needed

ROOT = Path(__file__).resolve().parents[2]
PAGE = DOCS / "how-to" / "watch-it.md"
BEGIN = "<!-- begin: curves of neo4j-5.26-leaked -->"
END = "<!-- end: curves -->"


def picture() -> str:
    export = boltkb.open_export(ROOT / "data" / "captures" / "neo4j-5.26-leaked")
    pool = boltkb.read_pool(export)
    seen = boltkb.observe(export, pool)
    fit = boltkb.fit_queue(seen)
    drawn = boltkb.plot_incident(seen, fit, boltkb.diagnose(export, pool, seen, fit))
    return figure_html(json.loads(drawn.to_json()), 1)


def curves(html: str) -> dict[str, object]:
    """Return each curve of a figure by its name, as its data stand in the page."""
    (text,) = re.findall(r"data-figure='([^']*)'", html)
    return {
        trace["name"]: (trace.get("x"), trace["y"]) for trace in json.loads(unescape(text))["data"]
    }


def test_the_picture_is_that_of_the_capture():
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    committed, _, after = rest.partition(END)
    made = picture()
    if os.environ.get("BOLTKB_REGENERATE"):
        PAGE.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}", encoding="utf-8")
        return
    now, was = curves(made), curves(committed)
    assert set(now) == set(was)
    assert now["threads held"] == was["threads held"]


def test_the_page_has_every_alert_with_its_severity_and_every_file():
    text = PAGE.read_text()
    for alert in ALERTS:
        place = f"../reference/alerts.md#{alert.name.lower()}"
        assert f"\n| [{alert.name}]({place}) | {alert.severity} |" in text, alert.name
    assert set(re.findall(r"[`[](Bolt[A-Z]\w+)[`\]]", text)) == {alert.name for alert in ALERTS}
    for name in (
        *RULE_FILES,
        "assets/watching/bolt-dashboard.json",
        "assets/watching/bolt-threads.sh",
    ):
        assert f"](../{name})" in text


def test_the_servers_of_another_size_on_the_page_are_those_in_the_file():
    (shown,) = re.findall(
        r"(?s)- record: bolt:threads:limit\n  expr: \|-\n(.*?)```", PAGE.read_text()
    )
    file = (DOCS / "assets/watching/bolt-limit.yml").read_text()
    for line in shown.strip().splitlines():
        assert line.strip() in file


def test_prometheus_takes_the_configuration_on_the_page(tmp_path: Path):
    (text,) = [t for t in re.findall(r"(?s)```yaml\n(.*?)```", PAGE.read_text()) if "scrape" in t]
    for name in RULE_FILES:
        shutil.copy(DOCS / name, tmp_path)
    (tmp_path / "prometheus.yml").write_text(text)
    done = subprocess.run(
        [needed(), "check", "config", "prometheus.yml"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("rules found") == 3
