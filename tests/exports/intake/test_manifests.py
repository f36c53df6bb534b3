"""A manifest is anybody's text: what is odd in it is counted and stops nothing."""

from __future__ import annotations

import pytest
from export_shapes import member

from boltkb.exports.intake.manifests import read_manifest


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("sampling_interval = 2", 2.0), ("sampling_interval = '0.5s'", 0.5),
        ("sampling_interval = 1e999", None), ("sampling_interval = nan", None),
        (f"sampling_interval = {'9' * 400}", None), ("sampling_interval = true", None),
        ("sampling_interval = -3", None), ("[a]\nsampling_interval = [1]", None),
    ],
)  # fmt: skip
def test_an_interval_is_a_span_of_less_than_a_day(text: str, interval: float | None) -> None:
    assert read_manifest(member("manifest.toml", text))[1].sampling_interval == interval


@pytest.mark.parametrize("text", ["a = " + "9" * 5000, "a = " + "[" * 9000, "a", b"\xff = 1"])
def test_what_cannot_be_read_is_refused_with_a_reason(text: str | bytes) -> None:
    source, manifest = read_manifest(member("manifest.toml", text))
    assert source.refused == 1
    assert source.why.startswith("not TOML")
    assert manifest.version is None
