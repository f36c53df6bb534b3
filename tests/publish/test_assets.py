from __future__ import annotations

import hashlib
import tomllib

import plotly.offline
import pytest

from boltkb.publish.exporters import ASSETS

VENDORED = tomllib.loads((ASSETS / "vendored.toml").read_text(encoding="utf-8"))["file"]


@pytest.mark.parametrize("entry", VENDORED, ids=lambda entry: entry["path"])
def test_what_others_wrote_is_unchanged_and_has_its_licence(entry: dict[str, str]) -> None:
    content = (ASSETS / entry["path"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    licence = (ASSETS / entry["licence_file"]).read_text(encoding="utf-8")
    assert "Permission is hereby granted" in licence
    assert entry["licence"] == "MIT"


#: Scripts written for this project.
OURS = {"boltkb.js", "calculators.js", "numbers.js", "picture.js", "queueing.js", "story.js"}


def test_every_foreign_script_is_listed() -> None:
    assert {path.name for path in ASSETS.glob("*.js")} - OURS == {e["path"] for e in VENDORED}


def test_plotly_in_the_browser_is_plotlys_own_version() -> None:
    entry = next(e for e in VENDORED if e["name"] == "plotly.js-basic-dist-min")
    assert entry["version"] == plotly.offline.get_plotlyjs_version()
    head = (ASSETS / entry["path"]).read_text(encoding="utf-8")[:200]
    assert f"v{entry['version']}" in head


def test_styles_and_scripts_of_ours_ask_nobody() -> None:
    for name in ("boltkb.css", "single.css", *sorted(OURS)):
        text = (ASSETS / name).read_text(encoding="utf-8")
        # The name of a language of markup, which nobody asks for.
        text = text.replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text
        assert "https://" not in text
        assert "url(" not in text.replace("new URL(", "")
        assert "@import" not in text
