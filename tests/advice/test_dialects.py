"""A change as lines: names of the catalogue, in the form of each deployment and language."""

from __future__ import annotations

import pytest

from boltkb.advice.dialects import (
    SECONDS,
    docker_name,
    driver_blocks,
    setting_blocks,
    takes_effect,
    transaction_blocks,
)
from boltkb.catalogue import Version, load_drivers, load_settings
from boltkb.exports.settings.environment import setting_name as named_by_variable

POOL = {"pool-size": 26.0}


def text(blocks, label):
    return next(str(block) for block in blocks if block.label == label)


@pytest.mark.parametrize("setting", load_settings().values(), ids=lambda setting: setting.id)
def test_a_variable_of_a_container_means_the_setting_it_is_made_from(setting):
    """What is advised is read back by the room that reads containers' environments."""
    for interval in setting.names:
        assert named_by_variable(docker_name(interval.name)) == interval.name


def test_underscores_are_doubled_before_dots_become_underscores():
    name = "dbms.connector.bolt.thread_pool_max_size"
    assert docker_name(name) == "NEO4J_dbms_connector_bolt_thread__pool__max__size"


@pytest.mark.parametrize(
    ("version", "name"),
    [
        (Version(3, 5), "dbms.connector.bolt.thread_pool_max_size"),
        (Version(4, 4), "dbms.connector.bolt.thread_pool_max_size"),
        (Version(5, 26), "server.bolt.thread_pool_max_size"),
        (None, "server.bolt.thread_pool_max_size"),
    ],
)
def test_a_setting_has_the_name_of_its_version_in_every_form(version, name):
    blocks = setting_blocks("bolt-threads-max", version, "", "600")
    assert f"+ {name}=600" in text(blocks, "neo4j.conf")
    assert f"+ --env {docker_name(name)}=600" in text(blocks, "Docker")
    assert f'+   {name}: "600"' in text(blocks, "Helm values")


def test_only_what_is_set_is_taken_out():
    unset = setting_blocks("bolt-threads-max", Version(5, 26), "", "600")
    assert not [line for block in unset for line in block.lines if line.sign == "-"]
    set_ = setting_blocks("bolt-threads-max", Version(5, 26), "400", "600")
    assert all([line.sign for line in block.lines] == ["-", "+"] for block in set_)


def test_a_connector_of_another_name_is_taken_out_by_that_name():
    old = "dbms.connector.extern.thread_pool_max_size"
    blocks = setting_blocks("bolt-threads-max", Version(3, 5), "80", "99", written_as=old)
    assert f"- {old}=80" in text(blocks, "neo4j.conf")


@pytest.mark.parametrize("value", ["8'; reboot; '", "8\n+ evil=1", "<b>8</b>", "8 && rm -rf /"])
def test_a_hostile_value_never_gets_into_a_line_to_be_copied(value):
    blocks = setting_blocks("bolt-threads-max", Version(5, 26), value, "600")
    assert not [line for block in blocks for line in block.lines if line.sign == "-"]


def test_a_container_shown_by_the_export_comes_first():
    blocks = setting_blocks("bolt-threads-max", None, "", "600", container_first=True)
    assert [block.label for block in blocks] == ["Docker", "Helm values", "neo4j.conf"]


@pytest.mark.parametrize(
    ("identity", "version", "edition", "effect"),
    [
        ("bolt-threads-max", Version(5, 26), "enterprise", "needs a restart"),
        ("transaction-timeout", Version(5, 26), "enterprise", "dynamic"),
        ("transaction-timeout", Version(5, 26), "community", "needs a restart"),
        ("transaction-timeout", None, None,
         "dynamic in Enterprise Edition; Community needs a restart"),
        ("lock-timeout", Version(4, 4), "enterprise",
         "dynamic where this version takes it, else it needs a restart"),
        ("lock-timeout", Version(5, 26), "enterprise", "dynamic"),
    ],
)  # fmt: skip
def test_how_a_change_takes_effect_depends_on_version_and_edition(
    identity, version, edition, effect
):
    assert takes_effect(identity, version, edition) == effect


def test_a_running_server_is_only_told_what_it_takes():
    dynamic = setting_blocks("transaction-timeout", Version(5, 26), "", "5m", edition="enterprise")
    assert "CALL dbms.setConfigValue('db.transaction.timeout', '5m');" in str(dynamic[0])
    for edition, identity in (("community", "transaction-timeout"), ("enterprise", "heap-max")):
        blocks = setting_blocks(identity, Version(5, 26), "", "5m", edition=edition)
        assert not [block for block in blocks if "setConfigValue" in str(block)]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("java", ".withMaxConnectionPoolSize(26)"),
        ("python", "max_connection_pool_size=26,"),
        ("javascript", "maxConnectionPoolSize: 26,"),
        ("dotnet", ".WithMaxConnectionPoolSize(26)"),
        ("go", "c.MaxConnectionPoolSize = 26"),
        ("rust", ".max_connections(26)"),
    ],
)
def test_a_pool_size_in_each_language(language, line):
    block = driver_blocks(POOL, [language])[0]
    assert (block.language, block.first) == (language, True)
    assert [row.text.strip() for row in block.lines if row.sign == "+"] == [line]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("java", ".withConnectionAcquisitionTimeout(10, TimeUnit.SECONDS)"),
        ("python", "connection_acquisition_timeout=10,"),
        ("javascript", "connectionAcquisitionTimeout: 10000,"),
        ("dotnet", ".WithConnectionAcquisitionTimeout(TimeSpan.FromSeconds(10))"),
        ("go", "c.ConnectionAcquisitionTimeout = 10 * time.Second"),
    ],
)
def test_a_time_has_the_unit_of_its_language(language, line):
    block = driver_blocks({"acquisition-timeout": 10.0}, [language])[0]
    assert [row.text.strip() for row in block.lines if row.sign == "+"] == [line]


@pytest.mark.parametrize(
    ("framework", "line"),
    [
        ("Spring Boot", "spring.neo4j.pool.max-connection-lifetime=318s"),
        ("Quarkus", "quarkus.neo4j.pool.max-connection-lifetime=318s"),
        ("Micronaut", "neo4j.max-connection-lifetime=318s"),
    ],
)
def test_frameworks_have_their_own_names(framework, line):
    blocks = driver_blocks({"max-lifetime": 318.0}, ["java"])
    assert f"+ {line}" in text(blocks, framework)


def test_languages_that_the_export_shows_come_first_and_the_others_are_folded():
    blocks = driver_blocks(POOL, ["go", "python"])
    assert [b.language for b in blocks if b.first] == ["go", "python"]
    assert {b.language for b in blocks if not b.first} == {"java", "javascript", "dotnet", "rust"}


def test_a_language_without_an_option_says_so():
    blocks = driver_blocks(POOL | {"acquisition-timeout": 10.0}, ["rust"])
    assert "no option for acquisition timeout" in blocks[0].note
    assert not [b for b in driver_blocks({"max-lifetime": 5.0}, ["rust"]) if b.language == "rust"]


def test_every_name_in_a_block_is_the_catalogues():
    """Names are not typed in a second time: each added line holds a name of the catalogue."""
    names = {option.name for option in load_drivers().values() if option.name}
    for option in SECONDS - {"transaction-timeout"} | {"pool-size"}:
        for block in driver_blocks({option: 30.0}, []):
            for line in block.lines:
                assert line.sign != "+" or any(name in line.text for name in names)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("java", ".withTimeout(Duration.ofSeconds(300))"),
        ("python", "@unit_of_work(timeout=300)"),
        ("javascript", "timeout: 300000,"),
        ("dotnet", ".WithTimeout(TimeSpan.FromSeconds(300))"),
        ("go", "neo4j.WithTxTimeout(300 * time.Second),"),
    ],
)
def test_a_transactions_own_timeout_in_each_language(language, line):
    block = transaction_blocks(300.0, [language])[0]
    assert [row.text.strip() for row in block.lines if row.sign == "+"] == [line]


def test_a_block_is_one_line_of_escaped_html():
    block = driver_blocks(POOL, ["java"])[0]
    html = block.to_html()
    assert "\n" not in html
    assert '<span class="gi">+         .withMaxConnectionPoolSize(26)</span>' in html
