"""Files are told by their names and first bytes, whatever folder they lie in."""

from __future__ import annotations

import pytest
from export_shapes import counter, debug_line, dump, files, gauge, member, user_line

from boltkb.exports.recognise import recognise

QUERY = user_line(1, "id:1 - 3 ms: (planning: 1) - bolt-session\tbolt\tagent\t\tclient/1.2.3.4:5")


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        ("a/b/neo4j.dbms.bolt.connections_running.csv", gauge([1]), "metric"),
        ("neo4j.dbms.bolt.connections_opened.csv.01", counter([1]), "metric"),
        ("logs/debug.log", debug_line(1, "x"), "log"),
        ("neo4j.log.1", user_line(1, "x"), "log"),
        ("debug-2025-11-24.log", debug_line(1, "x"), "log"),
        ("renamed by someone.txt", "noise\n" + debug_line(1, "x"), "log"),
        ("out.log", user_line(1, "x").replace(" INFO", "  INFO"), "log"),
        ("conf/neo4j.conf", "", "configuration"),
        ("neo4j (1).conf", "a=1", "configuration"),
        ("config/neo4j-admin.conf", "server.a=1", None),
        ("conf/apoc.conf", "a=1", None),
        ("threaddump.txt", dump(1), "thread-dump"),
        ("jstack.out", dump(1), "thread-dump"),
        ("whatever.log", dump(1), "thread-dump"),
        ("show-transactions.csv", files()["show-transactions.csv"], "transactions"),
        ("export (3).csv", files()["list-connections.csv"], "connections"),
        ("manifest.toml", "", "manifest"),
        ("truth.json", "{}", None),
        ("truth-attempts.csv.gz", gauge([1]), None),
        ("query.log", QUERY, "query-log"),
        ("renamed.log", QUERY, "query-log"),
        ("ps.csv", "Process PID,Process Name\n1,2\n", "server-notes"),
        ("processes.csv", "Process PID,Process Name\n1,2\n", None),
        ("config/server-logs.xml", "<Configuration/>", "server-notes"),
        ("conf/other.xml", "<a/>", None),
        ("neo4j.conf/server.bolt.thread_pool_max_size", "8\n", "configuration"),
        ("certificates/server.key", "-----BEGIN", None),
        ("env.prop", "HOME = /root\n", "environment"),
        ("compose.yaml", "      - NEO4J_server_bolt_enabled=true\n", "environment"),
        ("compose.yaml", "services: {}\n", None),
        ("settings.csv", 'name, value\n"server.bolt.enabled", "true"\n', "settings-list"),
        ("prices.csv", "name, value\napple, 3\n", None),
        ("ss.txt", "ESTAB 0 0 10.0.0.1:7687 10.0.0.9:50000\n", "sockets"),
        ("netstat.txt", "  TCP    10.0.0.1:7687   10.0.0.9:50000   ESTABLISHED\r\n", "sockets"),
        (
            "tx.json",
            '{"results":[{"columns":["database","transactionId"],"data":[]}]}',
            "transactions",
        ),
        (
            "tx.txt",
            "Mon Nov 24 16:00:00 UTC 2025\n+---+\n| transactionId | database |\n",
            "transactions",
        ),
        ("dump.json", '{\n  "threadDump": {}}', "thread-dump"),
        ("notes.txt", "The server is in state ESTABLISHED\n", None),
        ("neo4j.log", "", None),
        ("neo4j.log", b"PK\x03\x04xx", None),
        ("notes.md", "t,value\n", None),
        ("store.db", b"\0\1", None),
        ("logs/metrics/x.csv", "", None),
        ("neo4j.conf", b"\0\1\2", None),
    ],
)
def test_kinds(path: str, content, kind) -> None:
    found = recognise(member(path, content))
    assert found.kind == kind
    assert bool(found.why) == (kind is None)


@pytest.mark.parametrize(
    ("path", "stem", "number"),
    [
        ("x.csv", "x.csv", 0),
        ("x.csv.1", "x.csv", 1),
        ("x.csv.01", "x.csv", 1),
        ("x.csv.07.gz", "x.csv", 7),
        ("x.csv.01.zip!x.csv.01", "x.csv", 1),
    ],
)
def test_rotated_files_belong_together(path: str, stem: str, number: int) -> None:
    found = recognise(member(path, gauge([1])))
    assert (found.stem, found.number) == (stem, number)
