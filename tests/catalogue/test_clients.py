"""What is known about clients does not contradict itself: one test for each kind of lie."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from boltkb.catalogue import (
    Version,
    agent_of,
    load_agents,
    load_defects,
    load_driver_lines,
    load_drivers,
    load_errors,
)
from boltkb.catalogue.clients import SAYS

LINES = load_driver_lines()
OPTIONS = load_drivers()
ERRORS = load_errors()
DRIVERS = ("dotnet", "go", "java", "javascript", "python", "rust")

# One line of each kind, as a driver writes it; those that are not verified as its source says.
REAL_LINES = {
    "any-lost": "org.neo4j.driver.exceptions.ServiceUnavailableException: Connection to the"
    " database terminated. Please ensure that your database is listening on the correct host",
    "dotnet-lost": "System.IO.IOException: Unexpected end of stream, read returned 0",
    "go-lost": "2025-07-22 14:03:16.715  ERROR  [bolt5 bolt-116@db:7687] Timeout while reading from"
    " connection [server-side timeout hint: 1m0s, user-provided context deadline: N/A]: x",
    "javascript-lost": "Neo4jError: read ECONNRESET",
    "python-lost": "neo4j.exceptions.SessionExpired: Failed to read from defunct connection"
    " IPv4Address(('db', 7687)) (ResolvedIPv4Address(('10.0.0.11', 7687)))",
    "any-no-threads": "neo4j.exceptions.TransientError: {neo4j_code:"
    " Neo.TransientError.Request.NoThreadsAvailable}",
    "any-no-threads-wire": "[0xd84cde03][127.0.0.1:17687][] S: FAILURE"
    " Neo.TransientError.Request.NoThreadsAvailable",
    "dotnet-acquisition-timeout": "Neo4j.Driver.ClientException: Failed to obtain a connection"
    " from pool within 00:01:00",
    "dotnet-acquisition-timeout-pool": "[pool-db:7687] Failed to acquire a connection from"
    " connection pool asynchronously.",
    "dotnet-closed": "[pool-db:7687] Disposing Available Connection conn-db:7687-1",
    "dotnet-retried": "Transaction failed and will be retried in 00:00:01.1234567 ms.",
    "go-acquisition-timeout": "ConnectivityError: Timeout while waiting for connection to any of"
    " [[127.0.0.1:17687]]: context deadline exceeded",
    "go-acquisition-timeout-pool": "2026-11-26 15:03:22.107   WARN  [pool 1] Borrow time-out",
    "go-asked": "2026-11-26 15:03:21.477  DEBUG  [session 2] connection acquisition timeout is"
    " 500ms, resolved deadline is: x",
    "go-created": "2026-11-26 15:03:21.485   INFO  [bolt5 bolt-60@127.0.0.1:17687] Connected",
    "go-failed": "2026-11-26 15:03:25.466   WARN  [pool 1] Failed to connect to 127.0.0.1:17687: x",
    "go-no-threads-wire": "2026-11-26 15:03:25.466  ERROR  [bolt5 ] Neo4jError:"
    " Neo.TransientError.Request.NoThreadsAvailable (There",
    "go-pool-full": "No idle connections on any of [[127.0.0.1:17687]]",
    "go-queued": "2026-11-26 15:03:21.600   WARN  [pool 1] Borrow queued",
    "go-released": "2026-11-26 15:03:21.746  DEBUG  [pool 1] Returning connection bolt-60 to"
    " 127.0.0.1:17687 {alive:true}",
    "go-retried": "2026-11-26 15:03:22.464  DEBUG  [session 14] Retrying transaction (): x"
    " [after 1.911456076s]",
    "java-acquired-channel": "Channel [0xb0edc196] acquired from the pool. Local address:"
    " /127.0.0.1:38484, remote address: /127.0.0.1:17687",
    "java-acquisition-timeout": "Unable to acquire connection from the pool within configured"
    " maximum time of 500ms",
    "java-asked": "Acquiring a connection from pool towards 127.0.0.1:17687",
    "java-channel-failure": "[0xb0edc196][127.0.0.1:17687][] Closing channel because of a failure",
    "java-created-channel": "Channel [0xb0edc196] created. Local address: /127.0.0.1:38484,"
    " remote address: /127.0.0.1:17687",
    "java-failed": "Failed to establish BoltConnection 127.0.0.1:17687",
    "java-leaked": "Neo4j Session object leaked, please ensure that your application closes them",
    "java-purged": "Connection purged from the pool.",
    "java-queue-full": "Connection pool pending acquisition queue is full.",
    "java-released": "Connection released to the pool.",
    "java-released-channel": "Channel [0xb0edc196] released back to the pool",
    "java-retried": "Transaction failed and will be retried in 1135ms",
    "java-towards": "Connection acquired from the pool. 127.0.0.1:17687",
    "javascript-acquired": "1795705301869 DEBUG Connection [0][bolt-15] acquired from the pool"
    " 127.0.0.1:17687",
    "javascript-acquisition-timeout": "Connection acquisition timed out in 500 ms. Pool status:"
    " Active conn count = 3, Idle conn count = 0.",
    "javascript-broken": "Connection [6][bolt-21] experienced a fatal error caused by x",
    "javascript-closed": "1795705303926 DEBUG Connection [0][bolt-15] closed",
    "javascript-created": "Connection [0][bolt-15] created for the pool 127.0.0.1:17687",
    "javascript-destroyed": "Connection [6][bolt-21] destroyed and can't be released to the pool"
    " 127.0.0.1:17687 because it is not functional",
    "javascript-failed": "Connection [9][] experienced a fatal error caused by x",
    "javascript-released": "Connection [0][bolt-15] released to the pool 127.0.0.1:17687",
    "python-acquired": "[#9DD4]  _: <POOL> handing out existing connection",
    "python-acquisition-timeout": "neo4j.exceptions.ConnectionAcquisitionTimeoutError: failed to"
    " obtain a connection from the pool within 0.5s (timeout)",
    "python-acquisition-timeout-pool": "[#0000]  _: <POOL> acquisition timed out",
    "python-asked": "[#0000]  _: <POOL> acquire direct connection, access_mode='READ'",
    "python-closed": "[#9DD4]  C: <CLOSE>",
    "python-failed": "[#9E00]  C: <OPEN FAILED> TransientError()",
    "python-killed": "[#9E00]  _: <POOL> killing connection on release bolt-7",
    "python-opening": "[#0000]  _: <POOL> trying to hand out new connection",
    "python-released": "[#9DD4]  _: <POOL> released bolt-2",
    "python-retried": "Transaction failed and will be retried in 0.8658726598849428s ({neo4j_code:",
    "python-socket": "[#9DD4]  C: <MAGIC> 0x6060B017",
    "python-towards": "[#0000]  C: <OPEN> 127.0.0.1:17687",
    "python-used": "[#9DD4]  C: BEGIN {'mode': 'r'}",
}
#: A line that is of two kinds on purpose: the wire's answer is an error's text as well.
ALSO = {
    "any-no-threads-wire": {"any-no-threads"},
    "go-no-threads-wire": {"any-no-threads"},
}


def test_every_line_is_found_in_its_text_and_in_no_other() -> None:
    assert set(REAL_LINES) == set(LINES)
    for name, text in REAL_LINES.items():
        matching = {
            line.id
            for line in LINES.values()
            if any(needle in text for needle in line.needles) and line.pattern.search(text)
        }
        assert matching == {name} | ALSO.get(name, set())


@pytest.mark.parametrize("line", LINES.values(), ids=lambda line: line.id)
def test_needles_are_ascii_and_patterns_cannot_run_away(line) -> None:
    assert line.needles
    assert all(needle.isascii() and len(needle) >= 8 for needle in line.needles)
    # Every repetition has an end, so that a hostile line costs a bounded time for each letter.
    assert not re.search(r"(?<!\\)[*+]|\{\d+,\}", line.pattern.pattern)


def test_a_languages_lines_are_named_after_it() -> None:
    for entry in (*LINES.values(), *OPTIONS.values()):
        assert entry.id.startswith(f"{entry.language}-")


def test_all_that_a_line_may_say_is_said_by_some() -> None:
    assert {line.says for line in LINES.values()} == set(SAYS)


def test_layers_tell_of_the_same_thing() -> None:
    says = {(line.language, line.says, line.layer) for line in LINES.values()}
    for language in ("python", "go", "dotnet"):
        assert {layer for who, what, layer in says if (who, what) == (language, "timed-out")} == {
            "pool",
            "session",
        }


@pytest.mark.parametrize("option", ["pool-size", "acquisition-timeout", "retry-time"])
def test_every_driver_has_the_options_that_matter(option: str) -> None:
    told = {
        entry.language
        for entry in OPTIONS.values()
        if entry.option == option and not entry.framework
    }
    assert told == set(DRIVERS)


def test_a_driver_has_each_option_once() -> None:
    keys = Counter((entry.language, entry.framework, entry.option) for entry in OPTIONS.values())
    assert keys.most_common(1)[0][1] == 1


def test_only_frameworks_may_leave_a_default_to_the_driver() -> None:
    assert all(entry.default for entry in OPTIONS.values() if not entry.framework)


def test_a_clients_errors_are_those_that_its_log_shows() -> None:
    for error in ERRORS.values():
        assert error.side == "client" or error.language == "any"
        found = [line for line in LINES.values() if line.pattern.search(error.text)]
        if error.id.endswith(("acquisition-timeout", "acquisition-timeout-6", "queue-full")):
            # The catalogue cuts an address away; a log has one.
            text = error.text.replace("[[", "[[db:7687]]")
            assert any(line.pattern.search(text) for line in LINES.values())
            assert all(line.language in (error.language, "any") for line in found)


def test_gql_statuses_have_five_places_and_are_unique() -> None:
    statuses = [error.gql_status for error in ERRORS.values() if error.gql_status]
    assert all(re.fullmatch(r"[0-9A-Z]{5}", status) for status in statuses)
    assert len(set(statuses)) == len(statuses)


def test_meanings_and_changes_are_whole_sentences() -> None:
    texts = [entry.meaning for entry in (*LINES.values(), *OPTIONS.values(), *ERRORS.values())]
    texts += [error.change for error in ERRORS.values()]
    for text in texts:
        assert text.endswith(".")
        assert text[0].isupper() or text.startswith("neo4rs")


@pytest.mark.parametrize("agent", load_agents().values(), ids=lambda agent: agent.id)
def test_an_agents_example_is_its_own_and_no_others(agent) -> None:
    found = agent_of(agent.example)
    assert found is not None
    assert found[0] is agent
    matching = [other.id for other in load_agents().values() if other.pattern.match(agent.example)]
    assert matching == [agent.id]


@pytest.mark.parametrize("name", ["", None, "shop-api/2.3", "my-neo4j-java/5.1", "neo4j-java/x"])
def test_a_programs_own_name_tells_of_no_driver(name) -> None:
    assert agent_of(name) is None


@pytest.mark.parametrize("defect", load_defects().values(), ids=lambda defect: defect.id)
def test_a_defects_versions_hold_together(defect) -> None:
    if isinstance(defect.since, Version) and isinstance(defect.until, Version):
        assert defect.since < defect.until
    for known in defect.reported:
        assert defect.has(Version.parse(known))
        assert not isinstance(defect.until, Version) or Version.parse(known) < defect.until
    if isinstance(defect.until, Version):
        assert defect.has(defect.until) is False
