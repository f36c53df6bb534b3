"""What an export can tell, and the lines that would make it tell the rest."""

from __future__ import annotations

import html
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from export_shapes import files, user_line, write

from boltkb.catalogue import Version, default_filter, load_settings, setting_id
from boltkb.catalogue.questions import RECIPES
from boltkb.errors import CatalogueError
from boltkb.exports import Export, SettingValue, Where, empty_export, open_export
from boltkb.exports.missing import LIKELY, Missing, missing
from boltkb.publish.schema import ExportFacts

VERSIONS = ("3.5.35", "4.1.0", "4.4.44", "5.4.0", "5.17.0", "5.26.30", "2025.02.0", "2026.06.0")


def server(version: str | None, edition: str | None, settings: Mapping[str, str] = {}) -> Export:
    read = {
        name: SettingValue(name, value, Where("conf/neo4j.conf", line))
        for line, (name, value) in enumerate(settings.items(), 1)
    }
    return replace(empty_export(settings=read), version=version, edition=edition)


def text_of(found: Missing, recipe: str) -> str:
    (made,) = [made for made in found.steps if made.recipe == recipe]
    return "\n".join(snippet.text for snippet in made.snippets)


def recipes(found: Missing) -> list[str]:
    return [made.recipe for made in found.steps]


@pytest.mark.parametrize("edition", ["community", "enterprise", None])
@pytest.mark.parametrize("version", [*VERSIONS, None])
def test_an_export_of_nothing_answers_nothing(version, edition):
    found = missing(server(version, edition))
    assert {answer.state for answer in found.answers} == {"cannot tell"}
    assert recipes(found) == [recipe for recipe in RECIPES if recipe in recipes(found)]
    for answer in found.answers:
        assert answer.recipes or (edition == "community" and Version.parse(version).major < 5)


@pytest.mark.parametrize("edition", ["community", "enterprise", None])
@pytest.mark.parametrize("version", [*VERSIONS, None])
def test_each_setting_that_is_written_exists_in_the_version(version, edition):
    checked = 0
    for made in missing(server(version, edition)).steps:
        for snippet in made.snippets:
            if snippet.where != "neo4j.conf":
                continue
            meant = snippet.version or version
            meant = "5.26, 2026.06" if "later" in meant else meant
            for name in re.findall(r"(?m)^([a-z_.]+)=", snippet.text):
                entry = load_settings()[setting_id(name)]
                (held,) = [interval for interval in entry.names if interval.name == name]
                assert all(held.holds(Version.parse(each)) for each in meant.split(", ")), name
                assert held.since != "unknown"
                checked += 1
    assert checked


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_step_says_of_restarts_is_what_the_catalogue_says(version):
    for made in missing(server(version, "enterprise")).steps:
        names = [
            name
            for snippet in made.snippets
            if snippet.where == "neo4j.conf"
            for name in re.findall(r"(?m)^([a-z_.]+)=", snippet.text)
        ]
        if names:
            dynamic = all(load_settings()[setting_id(name)].dynamic for name in names)
            assert made.takes_effect.startswith("dynamic" if dynamic else "needs a restart")
        if made.takes_effect == "needs a restart":
            assert any("thread dumps" in note for note in made.notes)


@pytest.mark.parametrize(
    "version", ["4.2.5", "4.3.1", "4.4.44", "5.0.0", "5.20.0", "5.26.30", "2025.04.0", "2026.06.0"]
)
def test_the_filter_is_the_version_s_whole_list_with_the_additions_behind(version):
    found = missing(server(version, "enterprise"))
    (line,) = [x for x in text_of(found, "metrics").splitlines() if ".filter=" in f".{x}"]
    name, _, value = line.partition("=")
    assert name == ("metrics.filter" if version.startswith("4") else "server.metrics.filter")
    patterns = value.split(",")
    listed = default_filter(Version.parse(version))
    assert tuple(patterns[: len(listed.patterns)]) == listed.patterns
    added = patterns[len(listed.patterns) :]
    assert "*bolt.accumulated_processing_time" in added
    assert ("*bolt.worker_thread_bound_time" in added) == (Version.parse(version) >= Version(5, 21))
    said = " ".join(next(s for s in found.steps if s.recipe == "metrics").notes)
    assert ("was not read" in said) == (not listed.exact)
    assert "holds no neo4j.conf" in said


def test_before_4_2_there_is_no_filter_to_write():
    found = missing(server("4.1.0", "enterprise"))
    assert ".filter=" not in text_of(found, "metrics")
    off = missing(server("3.5.1", "enterprise", {"metrics.bolt.messages.enabled": "false"}))
    assert "metrics.bolt.messages.enabled=true" in text_of(off, "metrics")


def test_a_filter_of_the_server_s_own_is_extended():
    own = {"server.metrics.filter": "*check_point*, neo4j.page_cache.evictions"}
    found = missing(server("5.26.30", "enterprise", own))
    (line,) = [x for x in text_of(found, "metrics").splitlines() if ".filter=" in x]
    assert line.startswith(
        "server.metrics.filter=*check_point*,neo4j.page_cache.evictions,*bolt.messages_received"
    )
    for name in ("connections_running", "connections_idle", "messages_started"):
        assert f",*bolt.{name}" in line
    assert "*cypher.replan_events" not in line


def test_a_filter_that_lets_everything_through_is_left_alone():
    found = missing(server("5.26.30", "enterprise", {"server.metrics.filter": "*"}))
    (made,) = [made for made in found.steps if made.recipe == "metrics"]
    assert made.title == "Save the folder of the metrics"
    assert made.takes_effect == "at once; nothing changes"


@pytest.mark.parametrize(
    "value", ["*a*;$(rm -rf /)", "*a*\nserver.x=1", "`id`", "(hidden)", "*a*," * 2000, "<b>"]
)
def test_a_stranger_s_filter_never_becomes_a_line_to_copy_unless_it_is_plain(value):
    found = missing(server("5.26.30", "enterprise", {"server.metrics.filter": value}))
    assert ".filter=" not in text_of(found, "metrics")
    (made,) = [made for made in found.steps if made.recipe == "metrics"]
    assert any("cannot be repeated here safely" in note for note in made.notes)


def test_metrics_that_are_switched_off_are_switched_on():
    settings = {"server.metrics.enabled": "false", "server.metrics.csv.enabled": "FALSE"}
    text = text_of(missing(server("5.26.30", "enterprise", settings)), "metrics")
    assert "server.metrics.enabled=true" in text
    assert "server.metrics.csv.enabled=true" in text


def test_a_denied_metric_is_named():
    denied = {"server.metrics.deny_filter": "*bolt.messages*"}
    said = [
        m for m in missing(server("2025.10.1", "enterprise", denied)).steps if m.recipe == "metrics"
    ]
    assert "takes *bolt.messages_received" in " ".join(said[0].notes)
    older = missing(server("2025.09.0", "enterprise", denied))
    assert "deny_filter" not in str(older)


@pytest.mark.parametrize("version", VERSIONS)
def test_community_is_promised_nothing_of_enterprise(version):
    found = missing(server(version, "Community"))
    assert not {"metrics", "query-log"} & set(recipes(found))
    assert any("Community Edition has no metrics" in note for note in found.notes)
    assert ("trace" in recipes(found)) == (Version.parse(version) >= Version(5))
    assert "dumps" in recipes(found)
    assert ("list-transactions" in recipes(found)) == (Version.parse(version) >= Version(4, 2))


@pytest.mark.parametrize(
    ("version", "settings"),
    [
        ("3.5.35", "enabled=true parameter_logging_enabled=false time_logging_enabled=true"),
        ("4.2.1", "parameter_logging_enabled=false time_logging_enabled=true"),
        (
            "4.4.44",
            "parameter_logging_enabled=false time_logging_enabled=true transaction_id.enabled=true",
        ),
        ("5.26.30", "parameter_logging_enabled=false"),
    ],
)
def test_the_query_log_is_had_without_parameters(version, settings):
    before = "db.logs.query." if version.startswith("5") else "dbms.logs.query."
    lines = [before + setting for setting in settings.split()]
    found = missing(server(version, "enterprise"))
    (made,) = [made for made in found.steps if made.recipe == "query-log"]
    (conf,) = [snippet for snippet in made.snippets if snippet.where == "neo4j.conf"]
    assert conf.text.splitlines() == lines
    (call,) = [snippet for snippet in made.snippets if "cypher-shell" in snippet.where]
    assert len(call.text.splitlines()) == len(lines)
    assert all(line.startswith("CALL dbms.setConfigValue('") for line in call.text.splitlines())


def test_a_query_log_that_is_off_is_switched_on():
    found = missing(server("5.26.30", "enterprise", {"db.logs.query.enabled": "OFF"}))
    assert "db.logs.query.enabled=INFO" in text_of(found, "query-log")


def test_rejections_can_be_counted_from_each_log_up_to_5_17():
    assert "count-rejections" in recipes(missing(server("5.18.0", "community")))
    assert "count-rejections" not in recipes(missing(server("5.17.0", "community")))
    assert "logs" in missing(server("5.17.0", "community")).answer("rejections").recipes


@pytest.mark.parametrize(
    ("start", "settings", "state"),
    [
        ("5.17.0", "", "answered"),
        ("5.26.0", "", "partly"),
        ("5.26.0", "server.bolt.enable_network_error_accounting=false\n", "answered"),
        ("4.4.3", "", "answered"),
    ],
)
def test_a_quiet_log_means_no_rejection_only_where_each_leaves_a_line(
    tmp_path, start, settings, state
):
    log = user_line(1, f"======== Neo4j {start} ========") + user_line(500, "Stopping...")
    export = open_export(
        write(tmp_path / "x", {"neo4j.log": log, "neo4j.conf": "a.b=1\n" + settings})
    )
    answer = missing(export).answer("rejections")
    assert answer.state == state
    assert ("neo4j.log" in str(answer.by)) is True


def test_what_a_plain_export_answers(export_folder):
    found = missing(open_export(export_folder))
    states = {answer.id: answer.state for answer in found.answers}
    assert states["rejections"] == states["busy"] == states["clients"] == "answered"
    assert states["leaks"] == states["waiting"] == states["pool"] == states["pauses"] == "answered"
    assert states["arrivals"] == states["driver-pools"] == "cannot tell"
    assert found.answer("pool").by[0][1] == "conf/neo4j.conf:2"
    assert "dumps" not in recipes(found)


@pytest.mark.parametrize(
    ("left_out", "question"),
    [
        ("threaddump", "waiting"),
        ("neo4j.log debug.log", "rejections"),
        ("neo4j.conf debug.log", "pool"),
        ("connections_running threaddump show-transactions", "busy"),
    ],
)
def test_evidence_that_is_taken_away_is_asked_for(tmp_path, left_out, question):
    kept = {
        name: content
        for name, content in files().items()
        if not any(part in name for part in left_out.split())
    }
    answer = missing(open_export(write(tmp_path / "x", kept))).answer(question)
    assert answer.state != "answered"
    assert answer.recipes


def test_an_empty_list_of_transactions_answers_too(tmp_path):
    header = "database, transactionId, connectionId, status, elapsedTime, idleTime\n"
    folder = write(tmp_path / "x", {"show-transactions.csv": header, "neo4j.conf": "a.b=1\n"})
    assert missing(open_export(folder)).answer("leaks").state == "answered"


def test_an_unknown_version_gets_the_likely_ones():
    found = missing(server(None, "enterprise"))
    text = text_of(found, "metrics")
    assert "metrics.filter=" in text
    assert "server.metrics.filter=" in text
    labels = {s.version for m in found.steps if m.recipe == "metrics" for s in m.snippets}
    assert labels == {"", *(each.short for each in LIKELY)}
    assert any("======== Neo4j" in note for note in found.notes)
    odd = missing(server("no version", "enterprise"))
    assert [step.snippets for step in odd.steps] == [step.snippets for step in found.steps]


def test_the_trace_is_well_formed_and_keeps_debug_log_as_it_is():
    found = missing(server("5.26.30", "community", {"server.logs.config": "etc/logs.xml"}))
    (made,) = [made for made in found.steps if made.recipe == "trace"]
    appender, logger = (ElementTree.fromstring(snippet.text) for snippet in made.snippets)
    assert [snippet.where for snippet in made.snippets] == [
        "etc/logs.xml, before </Appenders>",
        "etc/logs.xml, before </Loggers>",
    ]
    assert appender.get("fileName") == "${config:server.directories.logs}/debug-bolt.log"
    assert appender.find("Policies/SizeBasedTriggeringPolicy").get("size") == "100 MB"
    assert logger.get("additivity") == "false"
    assert [(r.get("ref"), r.get("level")) for r in logger] == [
        ("BoltTrace", None),
        ("DebugLog", "INFO"),
    ]
    said = " ".join(made.notes)
    for word in ("quarter of an hour", "Do not raise the level of debug.log", "take thread dumps"):
        assert word in said


@pytest.mark.parametrize("value", ["-rf", "logs; id", "a b", "<i>", "$(id)", "x" * 300])
def test_folders_from_an_export_are_copied_only_when_they_are_plain(value):
    settings = {"server.directories.logs": value, "server.logs.config": value}
    found = missing(server("5.26.30", "enterprise", settings))
    assert value not in str(found)
    assert "cp -p logs/neo4j.log* logs/debug.log* EXPORT/" in text_of(found, "logs")


def test_the_port_is_the_server_s_own():
    found = missing(server("5.26.30", None, {"server.bolt.listen_address": "0.0.0.0:9999"}))
    assert "sport = :9999" in text_of(found, "sockets")
    hostile = missing(server("5.26.30", None, {"server.bolt.listen_address": "x:1;id"}))
    assert "sport = :7687" in text_of(hostile, "sockets")


def test_it_shows_itself_as_one_line_of_html_with_nothing_unescaped():
    export = server("5.26.30", "enterprise")
    name = "server.bolt.thread_pool_max_size"
    nasty = SettingValue(name, "8", Where("<script>alert(1)</script>.conf", 3))
    shown = missing(replace(export, settings={name: nasty})).to_html()
    assert "\n" not in shown
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "&lt;Logger name=" in shown
    (code,) = re.findall(r"<pre><code>(server\.metrics\.filter[^<]*)</code>", shown)
    assert "\n" not in html.unescape(code)


def test_text_numbers_the_steps_that_the_table_names():
    found = missing(server("5.26.30", "enterprise"))
    text = str(found)
    for index, made in enumerate(found.steps, 1):
        assert f"\n{index}. {made.title}." in text
    rows = {row[0]: row[3] for row in found.table().rows}
    places = {made.recipe: index for index, made in enumerate(found.steps, 1)}
    answer = found.answer("waiting")
    steps = ", ".join(map(str, sorted(places[recipe] for recipe in answer.recipes)))
    assert rows[answer.question] == steps
    assert f"cannot tell  {answer.question}\n             by steps {steps}\n" in text


def test_what_nothing_can_tell_is_said_so():
    found = missing(server("4.4.44", "community"))
    for key in ("arrivals", "peaks"):
        question = found.answer(key).question
        assert f"{question}\n             none in this version and edition" in str(found)
        assert found.answer(key).recipes == ()


def test_no_text_from_an_export_steers_a_terminal():
    nasty = "\x1b[31m*a*\u202e"
    value = SettingValue("server.bolt.thread_pool_max_size", "8", Where(f"{nasty}.conf", 3))
    export = server("5.26.30", "enterprise", {"server.metrics.filter": nasty})
    shown = str(missing(replace(export, settings={**export.settings, value.name: value})))
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_its_facts_are_json_and_fit_the_schema(export_folder):
    export = open_export(export_folder)
    whole = {**export.facts_in_full()["export"], **missing(export).facts()["export"]}
    again = ExportFacts.model_validate(json.loads(json.dumps(whole, allow_nan=False)))
    assert {answer.id for answer in again.missing.answers} == {
        a.id for a in missing(export).answers
    }
    with pytest.raises(CatalogueError, match="no question"):
        missing(export).answer("no-such")


def test_no_line_names_a_path_that_is_not_neo4j_s():
    for version in VERSIONS:
        assert str(Path.home()) not in str(missing(server(version, None)))


def test_settings_that_the_server_listed_at_its_start_answer_for_the_pool():
    name = "server.default_listen_address"
    value = SettingValue(name, "0.0.0.0", Where("logs/debug.log", 40), "start")
    answer = missing(replace(server("5.20.0", None), settings={name: value})).answer("pool")
    assert answer.state == "answered"
    assert answer.by[0][1] == "logs/debug.log"


def test_lists_of_old_versions_are_said_to_be_of_enterprise():
    notes = {m.recipe: " ".join(m.notes) for m in missing(server("3.5.1", None)).steps}
    for recipe in ("list-transactions", "list-connections"):
        assert "Before 4.2 it belongs to Enterprise Edition." in notes[recipe]
    assert "Before 4.2" not in str(missing(server("4.4.1", None)))
