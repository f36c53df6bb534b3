"""The sizes on the pages are those of the table, and the table is what the twin does."""

from __future__ import annotations

import dataclasses
import json
import math
import re

import pytest

from boltkb.queueing import Estimate
from boltkb.queueing.erlang import erlang_b
from evidence import effects_page, effects_real
from evidence.captures import CAPTURES
from evidence.changes import NOT_MEASURED, PAIRS
from evidence.effects import MEASURES, Effect, digest, measure_pair, stored
from evidence.effects_page import GUIDE, pages, real_sentence, sections, sentence

BY_NAME = {pair.name: pair for pair in PAIRS}


def effect(name: str, **sides: tuple[float, float, tuple[float, float, float] | None]) -> Effect:
    unit = {"rejected": "probability", "failed": "probability"}
    none = Estimate(None, None, None, "s", "nothing")
    before, after = dict.fromkeys(MEASURES, none), dict.fromkeys(MEASURES, none)
    apart = dict.fromkeys(MEASURES)
    for measure, (was, now, difference) in sides.items():
        before[measure] = Estimate(was, was, was, unit.get(measure, "s"))
        after[measure] = Estimate(now, now, now, unit.get(measure, "s"))
        apart[measure] = difference
    return Effect(BY_NAME[name], "", 10, 1, before, after, apart)


@pytest.mark.parametrize(
    ("measures", "verdict"),
    [
        ({"rejected": (0.2, 0.1, (-0.1, -0.11, -0.09))}, "helps"),
        ({"rejected": (0.1, 0.2, (0.1, 0.09, 0.11))}, "hurts"),
        ({"rejected": (0.2, 0.199, (-0.001, -0.02, 0.02))}, "does nothing"),
        # Certain, and of no use to anybody.
        ({"rejected": (0.2, 0.199, (-0.001, -0.0011, -0.0009))}, "does nothing"),
        ({"rejected": (0.0002, 0.0, (-0.0002, -0.0003, -0.0001))}, "does nothing"),
    ],
)
def test_a_change_is_judged_run_by_run(measures, verdict):
    assert effect("close-leaks", **measures).verdict == verdict


def test_better_in_one_and_worse_in_another_is_both():
    told = effect(
        "bound-fan-out",
        failed=(0.1, 0.0, (-0.1, -0.11, -0.09)),
        rejected=(0.1, 0.0, (-0.1, -0.11, -0.09)),
        answer_95=(1.0, 2.0, (1.0, 0.9, 1.1)),
    )
    assert told.verdict == "gives and takes"
    later = effect("threads-leak-first", first=(60.0, 120.0, (60.0, 50.0, 70.0)))
    assert later.verdict == "delays"


def test_the_table_has_every_pair_with_the_settings_it_has_now():
    told = stored()
    assert [row.pair.name for row in told] == [pair.name for pair in PAIRS]
    stale = [row.pair.name for row in told if row.settings != digest(row.pair)]
    assert not stale, f"run `python -m evidence effects`: {stale}"
    for row in told:
        assert row.pair.before != row.pair.after
        assert {*row.pair.about, *row.pair.beside} <= set(MEASURES)


def test_no_page_lags_behind_the_table():
    for path, text in pages().items():
        said = path.read_text(encoding="utf-8")
        assert said == text, f"run `python -m evidence effects --pages`: {path.name}"


def test_every_section_of_the_guide_has_its_size_or_says_that_there_is_none():
    anchors = set(sections())
    assert {pair.section for pair in PAIRS} | set(NOT_MEASURED) == anchors
    assert not {pair.section for pair in PAIRS} & set(NOT_MEASURED)
    text = GUIDE.read_text(encoding="utf-8")
    assert text.count("**Size.**") == len(anchors)


def test_every_section_says_what_to_do_and_what_it_costs():
    parts = re.split(r"(?m)^### .+ \{ #", GUIDE.read_text(encoding="utf-8"))[1:]
    for part in parts:
        anchor = part.partition(" }")[0]
        part = re.split(r"(?m)^## ", part)[0]
        assert re.search(r"\*\*(Change|Then|Now)[^*]*\*\*", part), anchor
        for word in ("Sign", "When it helps", "When it hurts", "Undo"):
            assert f"**{word}.**" in part, f"{anchor}: {word}"


def test_there_are_changes_that_help_harm_and_do_nothing():
    verdicts = [row.verdict for row in stored()]
    assert verdicts.count("hurts") + verdicts.count("does nothing") >= 5
    assert "helps" in verdicts


def test_a_pair_run_again_lies_where_the_table_says():
    pair = BY_NAME["threads-overload"]
    seen = measure_pair(pair, runs=3, seed=99)
    (kept,) = [row for row in stored() if row.pair == pair]
    assert seen.verdict == kept.verdict == "helps"
    told, was = seen.before["rejected"], kept.before["rejected"]
    assert told.low <= was.high
    assert was.low <= told.high


def test_theory_agrees_where_it_has_a_word():
    """An overload without retries is Erlang's loss system, greetings aside."""
    (kept,) = [row for row in stored() if row.pair.name == "threads-overload"]
    load = 18.0 * 0.36
    for side, threads in ((kept.before, 8), (kept.after, 16)):
        expected = float(erlang_b(threads, load))
        assert math.isclose(side["failed"].value, expected, rel_tol=0.25, abs_tol=3e-4)


def test_a_sentence_names_the_situation_the_change_and_both_numbers():
    told = effect("close-leaks", rejected=(0.78, 0.0, (-0.78, -0.8, -0.7)), held=(21.7, 1.0, None))
    said = sentence(told).replace("\u202f", " ").replace("\u00a0", " ")
    assert "A transaction is leaked every minute or so. *Every transaction is closed*" in said
    assert "rejected 78 % → none" in said
    assert said.endswith("**Helps.**")


def test_a_real_pair_says_that_it_is_real_and_counts_what_it_says():
    rows = effects_real.stored()
    assert {row.name for row in rows} == set(effects_real.STAGED)
    for row in rows:
        assert row.version.startswith("5.26")
        for side in (row.before, row.after):
            assert 0 <= side.rejected < side.asked
            assert side.last_rejected <= side.last_asked
            assert side.command.startswith("python -m data.lab capture")
            assert "/tmp" not in side.command
        assert f"--seed {row.seed} " in f"{row.before.command} "
        assert f"--seed {row.seed} " in f"{row.after.command} "
        assert "**Real**" in real_sentence(row)


def test_a_page_takes_only_pairs_that_there_are():
    with pytest.raises(KeyError):
        effects_page.myth_line(["no-such-pair"], stored(), ())


@pytest.mark.parametrize(
    ("page", "capture", "numbers"),
    [
        ("the-pool-queues", "saturated", ("rejected", "attempts")),
        ("bigger-driver-pool", "burst-fan-out", ("rejected", "attempts")),
        ("retries-make-it-harmless", "retry-storm", ("rejected", "attempts", "clients.requests")),
        ("driver-per-request", "driver-per-request", ("attempts", "clients.requests")),
        ("bigger-driver-pool", "client-pool-too-small", ("clients.outcomes.client_pool",)),
    ],
)
def test_a_myth_says_what_the_capture_counts(page, capture, numbers):
    truth = json.loads((CAPTURES / f"neo4j-5.26-{capture}" / "truth.json").read_text("utf-8"))
    text = (effects_page.MYTHS / f"{page}.md").read_text(encoding="utf-8")
    assert f"neo4j-5.26-{capture}" in text
    for path in numbers:
        value = truth
        for name in path.split("."):
            value = value[name]
        assert f"{value:,}" in text, path


@pytest.mark.parametrize(
    ("page", "words", "pair", "measure", "factor"),
    [
        ("questions/is-a-server-queue-supported", "three times as slow", "queue-off",
         "answer_95", 3),
        ("questions/running-plus-idle-above-limit", "nearly twenty times", "idle-connections",
         "connections", 19),
    ],
)  # fmt: skip
def test_a_size_in_words_is_that_of_the_table(page, words, pair, measure, factor):
    assert words in (effects_page.DOCS / f"{page}.md").read_text(encoding="utf-8")
    (kept,) = [row for row in stored() if row.pair.name == pair]
    sides = sorted((kept.before[measure].value, kept.after[measure].value))
    assert sides[1] / sides[0] == pytest.approx(factor, rel=0.15)


def test_every_myth_has_an_experiment_and_an_alternative():
    for path in effects_page.MYTHS.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        if path.name == "index.md":
            continue
        for head in ("## What is right about it", "## What to do instead", "## The counter-e"):
            assert head in text, f"{path.name}: {head}"
        if path.name != "log-says-normalized.md":
            assert "<!-- effect " in text, path.name
        for name in re.findall(r"--only ([a-z0-9. -]+)`", text):
            assert set(name.split()) <= set(BY_NAME), path.name


def test_the_settings_of_the_guide_are_spelt_as_in_the_reference():
    guide = GUIDE.read_text(encoding="utf-8")
    part = guide.partition("{ #settings }")[2].partition("Of the operating system")[0]
    reference = "".join(
        (effects_page.DOCS / "reference" / f"{name}.md").read_text(encoding="utf-8")
        for name in ("settings", "driver-pools")
    )
    names = [name for name in re.findall(r"`([A-Za-z_.]+)`", part) if name != "-Xss"]
    assert len(names) >= 40
    assert not [name for name in names if f"<code>{name}</code>" not in reference]


def test_a_table_with_other_settings_is_noticed():
    pair = BY_NAME["threads-overload"]
    other = dataclasses.replace(
        pair, after=dataclasses.replace(pair.after, server=dataclasses.replace(
            pair.after.server, threads=17
        ))
    )  # fmt: skip
    assert digest(pair) != digest(other)
