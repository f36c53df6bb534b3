"""A symbol in a formula of the theory is in the glossary, or its page says what it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from boltkb.catalogue import load_terms
from handbook.pages import DOCS

#: What any reader of a formula knows: indices, times, shares, the mathematics' own letters.
COMMON = set("tkjqdPEΣΠ")
FORMULA = re.compile(r"```text\n(.*?)```", re.DOTALL)
#: A letter by itself, with a subscript or without.
SYMBOL = re.compile(r"(?<![A-Za-z0-9_.'])[A-Za-zα-ωΑ-Ω](?![A-Za-z])")
PAGES = sorted(path for path in (DOCS / "theory").glob("*.md") if FORMULA.search(path.read_text()))


def symbols(formula: str) -> set[str]:
    """The letters of a formula; words and the names of models are none."""
    return set(SYMBOL.findall(re.sub(r"[A-Z](?:/[A-Za-z/]+)+|Erlang's \w", "", formula)))


def explained(letter: str, text: str) -> bool:
    """Whether a page says what a letter is: by an equation or in words."""
    own = rf"(?<![A-Za-z]){letter}[²₀ₖₐₛᵐ]*"
    return bool(
        re.search(rf"{own}(?:\([^)]*\))?(?:, [A-Za-z²ₐₛ]+)* ?[=:](?!=)", text)
        or re.search(rf"\*\* {own} (?:is|are)\b|\b(?:throughput|quantile) {own}", text)
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_symbol_is_explained(page: Path):
    text = page.read_text(encoding="utf-8")
    known = {letter for term in load_terms().values() for letter in term.symbol[:1]} | COMMON
    used = set().union(*(symbols(formula) for formula in FORMULA.findall(text)))
    assert {letter for letter in used - known if not explained(letter, text)} == set()


def test_a_symbol_without_a_word_is_found():
    assert symbols("deaths: min(k, c) μ + θ W(M/M/c), Erlang's B") == {"k", "c", "μ", "θ", "W"}
    assert not explained("θ", "deaths: min(k, c) μ + max(0, k − c) θ\nP = θ · length / λ")
    assert explained("θ", "θ = 1 / mean patience")
    assert explained("κ", "σ: a share;  κ: price of each pair")
    assert explained("z", "**Peakedness** z is the variance over the mean")
