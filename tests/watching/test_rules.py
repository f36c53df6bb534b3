"""The alerts fire on what they are for, and on nothing else."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml

from boltkb.catalogue import Version
from boltkb.queueing.erlang import load_for_blocking
from handbook.pages import DOCS
from handbook.watching.alerts import ALERTS
from handbook.watching.names import scraped
from handbook.watching.writing import RULE_FILES
from tests.prometheus import needed
from tests.watching.days import DAYS, FOLDER, KEYS, written

CAPTURES = DOCS.parent / "data" / "captures"
FILES = [DOCS / name for name in RULE_FILES]
#: Twin runs of hours are not made anew in the tests.
LONG = {
    "a-busy-morning", "a-driver-for-each-request", "a-healthy-day", "a-leak", "a-restart",
    "a-slow-leak",
}  # fmt: skip


def promtool(*words: object) -> None:
    done = subprocess.run(
        [needed(), *map(str, words)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_files():
    promtool("check", "rules", *FILES)


def test_each_day_fires_what_it_must_and_nothing_else():
    promtool("test", "rules", *sorted(FOLDER.glob("*.yml")))


@pytest.mark.parametrize("name", sorted(set(DAYS) - LONG))
def test_a_day_is_what_its_capture_or_its_run_gives(name: str):
    assert (FOLDER / f"{name}.yml").read_text() == written(name)


def test_every_alert_is_tried_in_a_day():
    said = "".join(path.read_text() for path in FOLDER.glob("*.yml"))
    assert {alert.name for alert in ALERTS if f"{alert.name}" not in said} == set()


def test_the_days_have_the_names_of_the_catalogue():
    spelled = {scraped(key, Version(5, 26)) for key in KEYS} | {
        scraped(key, Version(4, 4)) for key in KEYS if key != "worker_thread_bound_time"
    }
    for path in FOLDER.glob("*.yml"):
        for name in re.findall(r"'(neo4j_(?:dbms_)?(?:bolt|vm)_\w+)\{", path.read_text()):
            assert name in spelled | {"neo4j_bolt_threads_held", "neo4j_bolt_threads_limit"}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_an_alert_leads_to_a_page_of_the_site(alert):
    assert (DOCS / alert.page.replace(".html", ".md")).is_file()


def test_every_series_that_is_used_is_recorded_once_in_each_chain():
    groups = {path.name: yaml.safe_load(path.read_text())["groups"] for path in FILES}
    rules = {
        name: [rule for group in found for rule in group["rules"]] for name, found in groups.items()
    }
    shared = rules["bolt-limit.yml"] + rules["bolt-rules.yml"]
    used = set(re.findall(r"bolt:[\w:]+", " ".join(rule["expr"] for rule in shared)))
    for name in ("bolt-5.yml", "bolt-4.4.yml", "bolt-community.yml"):
        recorded = [rule["record"] for rule in rules[name] + shared if "record" in rule]
        assert len(recorded) == len(set(recorded))
        lacking = used - set(recorded)
        if name == "bolt-5.yml":
            assert lacking == set()
        assert "bolt:threads:held" not in lacking


@pytest.mark.parametrize("place", sorted(CAPTURES.glob("*/metrics")), ids=lambda p: p.parent.name)
def test_messages_on_their_way_stay_below_the_threshold(place: Path):
    def read(name: str) -> tuple[np.ndarray, np.ndarray]:
        path = place / f"neo4j.dbms.bolt.{name}.csv"
        rows = np.loadtxt(path, delimiter=",", skiprows=1, usecols=(0, 1))
        return rows[:, 0], rows[:, 1]

    (first, received), (second, started) = read("messages_received"), read("messages_started")
    times, one, other = np.intersect1d(first, second, return_indices=True)
    unstarted = received[one] - started[other]
    # What later samples fall below was on its way; what stays was rejected.
    on_their_way = unstarted - np.minimum.accumulate(unstarted[::-1])[::-1]
    ends = times[times >= times[0] + 119]
    least = [on_their_way[(times > end - 120) & (times <= end)].min() for end in ends]
    assert max(least) <= 6 + 0.1 * read("connections_running")[1].mean()


def test_the_rule_of_thumb_is_never_above_erlang_b():
    for threads in (*range(5, 41), 60, 100, 200, 400, 800, 1000, 2000, 4000):
        exact = float(load_for_blocking(threads, 0.001))
        thumb = max(threads - 2.5 * threads**0.5, 0.15 * threads)
        assert thumb <= exact
        assert threads < 40 or thumb >= 0.97 * exact


def test_the_rule_of_thumb_is_the_one_in_the_file():
    text = Path(DOCS / "assets/watching/bolt-rules.yml").read_text()
    assert "limit - 2.5 * sqrt(bolt:threads:limit) > 0.15 * bolt:threads:limit" in text
