"""The measuring stick measures: regions, truths, levels and scores; not how good the rules are."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from boltkb.catalogue import load_causes
from boltkb.errors import ExportError
from boltkb.twin.scenarios import load_scenario, scenario_names
from boltkb.twin.writing import Options, full_version, write_scenario
from evidence.diagnosis import PAGE, stored
from evidence.diagnosis_page import render
from evidence.grid import RESULTS, run_grid
from evidence.levels import LEVELS, view
from evidence.regions import REGIONS, SEEDS, VERSIONS, cases, drawn, load_region, seeds
from evidence.scores import (
    Judged,
    Rate,
    Target,
    alarmed,
    first_right,
    judge,
    score,
    supported_right,
)
from evidence.staged import Answer, answered, fingerprint
from evidence.truths import ALSO_TRUE, Happened, Truth, happened, judged

ROOT = Path(__file__).resolve().parents[2]
DEFAULT, REPORT, EVERYTHING = LEVELS
QUIET = Happened(
    member="", threads=20, most=9, attempts=10_000, rejected=0, early=0, requests=5_000, failed=0,
    retries=0, kept=0, all_held=0.0,
)  # fmt: skip


def happened_as(**changes: object) -> Happened:
    return dataclasses.replace(QUIET, **changes)  # type: ignore[arg-type]


def run_of(truth: Truth, **causes: str | None) -> Judged:
    """A run whose levels name so and so first, and support nothing else."""
    answers = {
        level: Answer("ok" if cause is None else "saturated", cause, "high", (cause,) * bool(cause))
        for level, cause in zip(LEVELS, causes.values(), strict=True)
    }
    return Judged("pool_too_small", 1, "5.26", truth, answers)


# --- regions ---------------------------------------------------------------------------------


def overlap(one: list[list[float]], other: list[list[float]]) -> bool:
    return any(a <= d and c <= b for a, b in one for c, d in other)


@pytest.mark.parametrize("name", scenario_names())
def test_the_two_regions_have_no_value_of_some_parameter_in_common(name):
    first, second = (load_region(region)[name] for region in REGIONS)
    assert first.keys() == second.keys()
    known = load_scenario(name).parameters
    # Read by its own parameters: what is only drawn may lead to the same values.
    told = [key for key, entry in first.items() if not isinstance(entry, str) and key in known]
    apart = [key for key in told if not overlap(first[key], second[key])]
    if name == "cpu_saturation":
        apart = [key for key in (*told, "size") if not overlap(first[key], second[key])]
    assert apart, f"{name}: every range of the one meets one of the other"


def test_regions_cover_every_scenario_and_their_seeds_are_apart():
    for region in REGIONS:
        assert set(load_region(region)) == set(scenario_names())
    (_, end), (start, _) = SEEDS.values()
    assert end <= start
    with pytest.raises(ValueError, match="from 1 to"):
        seeds("development", 2_000)


@pytest.mark.parametrize("region", REGIONS)
def test_what_is_drawn_lies_in_its_region_and_makes_a_scenario(region):
    entries = load_region(region)
    for case in cases(region, 4):
        own = entries[case.scenario]
        values = drawn(own, case.scenario, case.seed)
        assert load_scenario(case.scenario, changes=case.parameters).cause
        for key, value in values.items():
            ranges = own[key]
            if not isinstance(ranges, str):
                # A whole number may be rounded past an end.
                assert any(low - 0.5 <= value <= high + 0.5 for low, high in ranges), key
        assert min(values.values()) > 0
    assert {case.version for case in cases(region, 4)} == set(VERSIONS)


def test_a_case_is_the_same_each_time_and_differs_by_seed():
    first, second = cases("development", 2, ["healthy"])
    assert first == cases("development", 1, ["healthy"])[0]
    assert first.parameters != second.parameters
    with pytest.raises(ValueError, match="no scenario nothing"):
        cases("development", 1, ["nothing"])


@pytest.mark.parametrize("text", ["__import__('os')", "threads ** 2", "threads.real", "'8'"])
def test_a_sum_of_a_region_is_nothing_but_a_sum(text):
    with pytest.raises((ValueError, KeyError)):
        drawn({"threads": [[8, 8]], "rate": text}, "pool_too_small", 1)


def test_nothing_but_the_table_reads_the_held_out_region():
    allowed = {
        "evidence/__main__.py", "evidence/diagnosis.py", "evidence/diagnosis_page.py",
        "evidence/regions/__init__.py", "tests/evidence/test_diagnosis.py",
        # Asks which region the published table is of, and runs none of it.
        "tests/evidence/test_gate.py",
    }  # fmt: skip
    folders = ("boltkb", "evidence", "benchmarks", "notebooks", "data", "tests")
    files = [p for folder in folders for p in (ROOT / folder).rglob("*") if p.suffix in _TEXTS]
    assert len(files) > 100
    naming = {
        path.relative_to(ROOT).as_posix()
        for path in files
        if re.search(r"""["'/]held_out["'.]""", path.read_text("utf-8", "replace"))
        and "evidence/regions/" not in path.relative_to(ROOT).as_posix()
    }
    assert naming <= allowed


_TEXTS = frozenset({".py", ".ipynb", ".toml"})


# --- truths ----------------------------------------------------------------------------------


def test_a_run_without_trouble_is_no_case_of_its_cause():
    assert judged("pool_too_small", "pool_too_small", QUIET, {}).kind == "nothing wrong"
    near = happened_as(most=20)
    assert judged("pool_too_small", "pool_too_small", near, {}).kind == "dropped"
    few = happened_as(most=20, rejected=9)
    assert judged("pool_too_small", "pool_too_small", few, {}).kind == "dropped"
    many = happened_as(most=20, rejected=10)
    assert judged("pool_too_small", "pool_too_small", many, {}) == Truth(
        "case", "pool_too_small", ("pool_too_small",), ("pool_too_small",)
    )


def test_trouble_before_the_staged_cause_is_not_its_own():
    early = happened_as(rejected=100, early=11, most=20)
    late = dataclasses.replace(early, early=10)
    kinds = [judged("slow_queries", "slow_queries", run, {}).kind for run in (early, late)]
    assert kinds == ["dropped", "case"]


@pytest.mark.parametrize(
    ("name", "shows", "short"),
    [
        ("leaked_transactions", {"kept": 2}, {"kept": 1}),
        ("load_balancer_cut", {"retries": 3}, {"retries": 2}),
        ("driver_per_request", {"requests": 5_000}, {"requests": 5_001}),
        ("client_pool_too_small", {"failed": 5}, {"failed": 5, "rejected": 1}),
        ("queue_enabled", {"all_held": 0.05}, {"all_held": 0.04}),
    ],
)
def test_some_causes_show_without_a_rejection(name, shows, short):
    assert judged(name, name, happened_as(**shows), {}).kind == "case"
    assert judged(name, name, happened_as(**short), {}).kind != "case"


def test_the_burst_is_right_where_it_is_most_of_a_storm():
    parameters = {"burst": 600}
    small, large = happened_as(rejected=1_199), happened_as(rejected=1_200)
    assert judged("retry_storm", "retry_storm", small, parameters).first == (
        "retry_storm", "burst_fan_out",
    )  # fmt: skip
    assert judged("retry_storm", "retry_storm", large, parameters).first == ("retry_storm",)


def test_a_healthy_run_that_came_near_its_limit_is_dropped():
    assert judged("healthy", None, QUIET, {}) == Truth("nothing wrong", None, (), ())
    for near in ({"most": 16}, {"rejected": 1}, {"failed": 1}):
        assert judged("healthy", None, happened_as(**near), {}).kind == "dropped"
    for name in ("rolling_deploy", "queue_enabled"):
        assert judged(name, name, QUIET, {}) == Truth("nothing wrong", None, (name,), (name,))


def test_what_is_also_true_are_causes_of_scenarios():
    for name, others in ALSO_TRUE.items():
        assert name in scenario_names()
        assert set(others) <= set(load_causes())


def test_the_truth_is_read_from_the_run_itself(tmp_path):
    leak = {"leak_share": "0.02", "rate": "5", "threads": "12"}
    folder = write_scenario(
        "leaked_transactions", tmp_path / "leak", changes=leak, hours=0.1, seed=3
    ).folder
    told = json.loads((folder / "truth.json").read_text())
    run = happened(folder, leak)
    assert run.kept == told["clients"]["outcomes"]["never_ended"] >= 2
    assert (run.rejected, run.attempts) == (told["rejected"], told["attempts"])
    none = {**leak, "leak_share": "0"}
    folder = write_scenario(
        "leaked_transactions", tmp_path / "none", changes=none, hours=0.1, seed=3
    ).folder
    assert judged("leaked_transactions", "leaked_transactions", happened(folder, none), none) == (
        Truth("nothing wrong", None, (), ())
    )


def test_of_a_cluster_the_member_in_trouble_is_looked_at(tmp_path):
    changes = {"threads": "6", "rate": "30"}
    folder = write_scenario(
        "leader_hot_spot", tmp_path / "x", changes=changes, hours=0.05, seed=1
    ).folder
    run = happened(folder, changes)
    assert run.member == "server-1"
    assert run.rejected > 0
    seen = view(folder, tmp_path / "1", DEFAULT, full_version("5.26"))
    assert answered(seen, run.member).state != "failed"


# --- levels ----------------------------------------------------------------------------------


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_a_level_is_what_such_a_server_would_have_exported(tmp_path, version):
    def written(evidence: str) -> Path:
        return write_scenario(
            "pool_too_small", tmp_path / evidence, hours=0.05, seed=3, version=version,
            options=Options(evidence=evidence),
        ).folder  # fmt: skip

    full = written("all")
    release = full_version(version)
    least = files_of(view(full, tmp_path / "1", DEFAULT, release))
    report = files_of(view(full, tmp_path / "2", REPORT, release))
    whole = files_of(view(full, tmp_path / "3", EVERYTHING, release))
    # The twin writes less where it is told to: byte by byte the same.
    for found, evidence in ((least, "metrics"), (report, "usual")):
        own = files_of(written(evidence))
        assert found == {name: own[name] for name in found}
    assert set(least) < set(report) < set(whole)
    assert set(report) - set(least) == {"logs/debug.log", "logs/neo4j.log", "threaddump.txt"}
    assert whole == {
        name: text
        for name, text in files_of(full).items()
        if not name.startswith(("truth", "manifest"))
    }
    for name in whole:
        assert not re.search(r"truth|manifest|pool_too_small", name)


def test_a_level_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(ValueError, match="default metrics"):
        view(tmp_path, tmp_path / "out", "logs", "5.26.0")


# --- scores ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
     (1, 29, 0.0061, 0.1718)],
)  # fmt: skip
def test_wilson_newcombe_1998_table_1(part, whole, low, high):
    assert Rate(part, whole).interval == pytest.approx((low, high), abs=5e-5)


def test_nothing_of_nothing_has_no_share():
    assert Rate(0, 0).share is None
    assert Rate(0, 0).interval == (0.0, 1.0)
    assert Rate(7, 7).interval[1] == 1.0


def test_right_wrong_and_silent_add_up():
    truth = Truth("case", "retry_storm", ("retry_storm",), ("retry_storm", "burst_fan_out"))
    runs = [
        run_of(truth, one="retry_storm", two="burst_fan_out", three=None),
        run_of(truth, one="retry_storm", two="gc_pauses", three=None),
        run_of(Truth("dropped", None, (), ()), one="gc_pauses", two="gc_pauses", three="gc_pauses"),
    ]
    found = score(runs, tuple(LEVELS))
    one, two, three = found.values()
    assert (one.first_right, one.supported_right) == (Rate(2, 2), Rate(2, 2))
    assert (two.first_right, two.first_wrong, two.supported_right) == (
        Rate(0, 2), Rate(2, 2), Rate(1, 2),
    )  # fmt: skip
    assert (three.cannot_tell, three.first_wrong) == (Rate(2, 2), Rate(0, 2))
    assert one.false_alarms == Rate(0, 0)


def test_an_alarm_is_a_cause_or_a_state():
    quiet = Truth("nothing wrong", None, ("rolling_deploy",), ())
    assert not alarmed(quiet, Answer("ok", None, "high", ()))
    assert not alarmed(quiet, Answer("ok", "rolling_deploy", "high", ()))
    assert not alarmed(quiet, Answer("cannot_tell", None, "low", ()))
    assert alarmed(quiet, Answer("ok", "gc_pauses", "high", ()))
    assert alarmed(quiet, Answer("at_risk", None, "high", ()))
    assert alarmed(quiet, Answer("saturated", "rolling_deploy", "high", ()))


def test_only_what_is_named_first_counts_as_first():
    truth = Truth("case", "fleet_times_pool", ("fleet_times_pool",), ("fleet_times_pool",))
    told = Answer("saturated", "pool_too_small", "high", ("pool_too_small", "fleet_times_pool"))
    assert not first_right(truth, told)
    assert supported_right(truth, told)


def test_a_target_is_met_or_missed():
    runs = [run_of(Truth("case", "a", ("a",), ("a",)), one="a", two="a", three=None)]
    one, _, three = score(runs, tuple(LEVELS)).values()
    least = Target("x", "first_right", 0.9, at_least=True)
    assert (least.met(one), least.met(three)) == (True, False)
    assert Target("x", "false_alarms", 0.02, at_least=False).met(one) is None


# --- the page --------------------------------------------------------------------------------


def test_the_page_says_each_miss_in_words():
    truth = Truth("case", "pool_too_small", ("pool_too_small",), ("pool_too_small",))
    runs = [
        run_of(truth, one=None, two="gc_pauses", three="pool_too_small"),
        Judged(
            "healthy", 2, "5.26", Truth("nothing wrong", None, (), ()),
            {level: Answer("at_risk", None, "low", ()) for level in LEVELS},
        ),
    ]  # fmt: skip
    text = render(runs, region="development", seeds=1, command="it", minutes=2.0)
    assert "Not the held-out region" in text
    assert "- pool too small, of 1: no cause named in 1 (seed 1) (state: ok 1)." in text
    assert "called *gc pauses* in 1 (seed 1), with high confidence in 1." in text
    assert "- healthy, seed 2, nothing wrong: at risk, no cause named." in text
    assert "target: at least 90\u00a0%, met" in text
    assert "target: at most 2\u00a0%, **missed**" in text
    assert "Not staged by any scenario: 2 gc pauses." in text


def test_an_error_is_told_and_counts_as_silence(tmp_path):
    (tmp_path / "nothing.txt").write_text("nothing")
    told = answered(tmp_path)
    assert (told.state, told.cause) == ("failed", None)
    assert told.error.startswith(ExportError.__name__)
    truth = Truth("case", "pool_too_small", ("pool_too_small",), ("pool_too_small",))
    run = Judged("pool_too_small", 1, "5.26", truth, dict.fromkeys(LEVELS, told))
    assert score([run], tuple(LEVELS))[EVERYTHING].failed == 1
    assert "seed 1, from everything: `ExportError`" in render(
        [run], region="held_out", seeds=1, command="it", minutes=0.0
    )


def test_the_page_shows_what_is_stored():
    kept = stored()
    told = render(
        kept.runs, region=kept.region, seeds=kept.seeds, command=kept.command,
        minutes=kept.minutes,
    )  # fmt: skip
    assert told in PAGE.read_text(encoding="utf-8"), "run `python -m evidence diagnosis`"


# --- the grid --------------------------------------------------------------------------------


def test_a_reduced_grid_runs_is_kept_and_goes_on(tmp_path):
    chosen = cases("development", 1, ["load_balancer_cut", "leaked_transactions"])
    said: list[str] = []
    first = run_grid(chosen[:1], tmp_path, exports=True, workers=1, say=said.append)
    assert [result.case for result in first] == chosen[:1]
    place = tmp_path / RESULTS
    with place.open("a") as file:
        file.write('{"fingerprint":"' + fingerprint() + '","run":{"ca')  # broken off
    said.clear()
    both = run_grid(chosen, tmp_path, workers=1, say=said.append)
    assert "1 of 2 runs are kept" in said[0]
    assert len(said) == 2
    assert both[0] == first[0]
    assert [judge(result).scenario for result in both] == [case.scenario for case in chosen]
    assert all(set(r.answers) == set(LEVELS) for r in both if r.truth.kind != "dropped")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("run-")] == []
    said.clear()
    assert run_grid(chosen, tmp_path, workers=1, say=said.append) == both
    assert said == [f"2 of 2 runs are kept in {place}"]
    # Other rules: what is kept of the old ones is not used, but the export is.
    place.write_text(place.read_text().replace(fingerprint(), "another"))
    (export,) = (tmp_path / "exports").iterdir()
    stamp = (export / "truth.json").stat().st_mtime_ns
    said.clear()
    again = run_grid(chosen[:1], tmp_path, exports=True, workers=1, say=said.append)
    assert len(said) == 1
    assert again[0].answers == first[0].answers
    assert (export / "truth.json").stat().st_mtime_ns == stamp


def test_a_run_that_cannot_be_made_does_not_end_the_others(tmp_path):
    good, other = cases("development", 1, ["load_balancer_cut", "idle_plateau"])
    broken = dataclasses.replace(other, parameters={"threads": "1"})
    with pytest.raises(RuntimeError, match=r"1 runs failed.*idle_plateau 1: ParameterError"):
        run_grid([broken, good], tmp_path, workers=1, say=lambda _: None)
    said: list[str] = []
    run_grid([good], tmp_path, workers=1, say=said.append)
    assert "1 of 1 runs are kept" in said[0]
