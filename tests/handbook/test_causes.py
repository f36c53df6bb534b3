"""The page of the causes names each of them, and every link of it leads somewhere."""

from __future__ import annotations

import re

from boltkb.catalogue import load_causes, load_rules
from evidence import examples
from handbook.pages import DOCS

PAGE = DOCS / "reference" / "causes.md"


def test_every_cause_has_its_definition_its_change_and_what_would_tell():
    text = PAGE.read_text()
    for cause in load_causes().values():
        part = text.partition(f"{{ #{cause.id} }}\n")[2].partition("\n### ")[0]
        assert cause.said in part
        assert "**Would tell**" in part or "**Ruled out by**" in part
        assert not re.search(r"\bNone\b(?! of )", part)
    tuning = (DOCS / "tuning.md").read_text()
    leads = set(re.findall(r"tuning\.md#([\w-]+)", text))
    assert leads == {rule.id for rule in load_rules().values() if rule.cause}
    for anchor in leads:
        assert f"{{ #{anchor} }}" in tuning


def test_a_definition_is_one_sentence_of_its_own():
    said = [cause.said for cause in load_causes().values()]
    assert len(set(said)) == len(said)
    for words in said:
        assert re.fullmatch(r"[A-Z][^.?!]*\.", words), words


def test_what_named_a_cause_is_quoted_with_it():
    text = PAGE.read_text()
    for one in examples.stored():
        if one.leads:
            part = text.partition(f"{{ #{one.cause} }}\n")[2].partition("\n### ")[0]
            assert f"[{one.export}]" in part or f"cases/{one.export}.md" in part
