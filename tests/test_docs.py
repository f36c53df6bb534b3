"""Pages cannot lag: generated parts are made again here, examples run, commands exist.

`BOLTKB_REGENERATE=1` writes the generated parts instead of comparing them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import boltkb

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
BEGIN = "<!-- begin: first screen of neo4j-5.26-saturated -->"
END = "<!-- end: first screen -->"


def first_screen() -> str:
    export = boltkb.open_export(ROOT / "data" / "captures" / "neo4j-5.26-saturated")
    pool = boltkb.read_pool(export)
    seen = boltkb.observe(export, pool)
    fit = boltkb.fit_queue(seen)
    sizing = boltkb.size_threads(fit, rejection=0.001)
    return boltkb.advise(pool, fit, sizing, boltkb.diagnose(export, pool, seen, fit)).to_html()


def test_the_home_page_shows_what_the_report_says():
    page = ROOT / "docs" / "index.md"
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    made = f"{before}{BEGIN}\n{first_screen()}\n{END}{after}"
    if os.environ.get("BOLTKB_REGENERATE"):
        page.write_text(made, encoding="utf-8")
    assert text == made or os.environ.get("BOLTKB_REGENERATE")


def test_every_make_target_on_a_page_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        for target in re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(), re.MULTILINE):
            assert target in targets, f"{page.name} says `make {target}`"


def test_every_path_that_a_page_names_is_there():
    for page in PAGES:
        for name in re.findall(r"`((?:data|notebooks|boltkb|docs)/[\w./-]+)`", page.read_text()):
            path = ROOT / name
            assert path.exists() or "reports" in name, f"{page.name} names {name}"
