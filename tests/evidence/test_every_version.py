"""Whatever an export holds and whatever version it is of, it is judged, and its facts are whole."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from jsonschema import Draft202012Validator

import boltkb
from boltkb.bolt import Diagnosis
from boltkb.catalogue import load_causes
from boltkb.exports import Export
from boltkb.publish.facts import check_facts, dump_facts, gather_facts
from boltkb.tables import FACTS_MIME
from evidence.cases import PublishedCase, load_cases

VERSIONS = (None, "3.4", "3.5", "4.1", "4.4", "5.10", "5.26", "2025.10", "2026.4")
CAPTURES = Path(__file__).resolve().parents[2] / "data" / "captures"
#: What says of an export what it is, and is no evidence by itself.
DESCRIBES = {"manifest"}
STATES = {"ok", "at_risk", "saturated", "cannot_tell"}


def judged(export: Export, facts_judge: Draft202012Validator) -> Diagnosis:
    pool = boltkb.read_pool(export)
    seen = boltkb.observe(export, pool)
    fit = boltkb.fit_queue(seen)
    diagnosis = boltkb.diagnose(export, pool, seen, fit)
    sizing = boltkb.size_threads(fit)
    advice = boltkb.advise(pool, fit, sizing, diagnosis)
    assert advice.headline
    assert advice.do_first
    found = (export, pool, seen, fit, sizing, diagnosis, advice, diagnosis.holders,
             diagnosis.thread_time, diagnosis.clients, diagnosis.course)  # fmt: skip
    cells = [{"outputs": [{"data": {FACTS_MIME: result.facts()}}]} for result in found]
    facts = gather_facts(SimpleNamespace(cells=cells))
    check_facts(facts)
    facts_judge.validate(json.loads(dump_facts(facts)))
    return diagnosis


def assert_judged_as_every_version(export: Export, facts_judge: Draft202012Validator) -> None:
    for version in VERSIONS:
        diagnosis = judged(replace(export, version=version), facts_judge)
        assert diagnosis.state in STATES
        assert {cause.id for cause in diagnosis.causes} == set(load_causes()), version
        for cause in diagnosis.causes:
            told = cause.evidence_for or cause.evidence_against or cause.missing
            assert told or cause.status == "cannot_tell", (version, cause.id)
            assert not any("None" in words.split() for words in cause.missing), (version, cause.id)


@pytest.mark.parametrize("case", load_cases(), ids=lambda case: case.folder.name)
def test_a_published_case_of_any_version(case: PublishedCase, facts_judge):
    assert_judged_as_every_version(boltkb.open_export(case.folder / "evidence"), facts_judge)


def kinds_of(capture: str) -> list[tuple[str, str]]:
    sources = boltkb.open_export(CAPTURES / capture).sources
    kinds = sorted({source.kind for source in sources} - DESCRIBES)
    assert len(kinds) > 3
    return [(capture, kind) for kind in kinds]


@pytest.mark.parametrize(
    ("capture", "kind"),
    [*kinds_of("neo4j-5.26-saturated"), *kinds_of("neo4j-5.26-leaked")],
)
def test_one_kind_of_file_alone(capture: str, kind: str, tmp_path: Path, facts_judge):
    whole = boltkb.open_export(CAPTURES / capture)
    paths = [source.path for source in whole.sources if source.kind == kind]
    for path in paths:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CAPTURES / capture / path, target)
    alone = boltkb.open_export(tmp_path)
    assert {source.kind for source in alone.sources} <= {source.kind for source in whole.sources}
    assert_judged_as_every_version(alone, facts_judge)
