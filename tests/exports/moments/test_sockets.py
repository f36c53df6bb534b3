"""Sockets are counted by client and state, in the output of every system's tools."""

from __future__ import annotations

import pytest
from export_shapes import START, member, write

from boltkb.exports import open_export
from boltkb.exports.moments.sockets import read_sockets

SS = """\
State      Recv-Q Send-Q         Local Address:Port           Peer Address:Port Process
LISTEN     0      128                        *:7687  *:*  users:(("java",pid=1))
ESTAB      0      0        [::ffff:10.0.0.1]:7687   [::ffff:10.0.0.9]:50000 users:(("java"))
ESTAB      0      3875154  [::ffff:10.0.0.1]:7687      [::ffff:10.0.0.9]:50001
CLOSE-WAIT 1      0                 10.0.0.1:7687               10.0.0.9:50002
FIN-WAIT-2 0      0          [2001:db8::1%eth0]:7687        [2001:db8::9]:50003
ESTAB      0      0                 10.0.0.1:41000              10.0.0.7:5432
ESTAB      0      0                 10.0.0.1:50900              10.0.0.2:7687
"""
NETSTAT = """\
Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
tcp6       0      0 :::7687                 :::*                    LISTEN      1722/java
tcp        0      0 10.0.0.1:7687           10.0.0.9:50000          ESTABLISHED 1722/java
tcp        0      0 10.0.0.1:7687           10.0.0.9:50001          ESTABLISHED -
tcp        1      0 10.0.0.1:7687           10.0.0.9:50002          CLOSE_WAIT  1722/java
tcp6       0      0 2001:db8::1:7687        2001:db8::9:50003       FIN_WAIT2   1722/java
udp        0      0 0.0.0.0:68              0.0.0.0:*                           801/dhclient
"""
WINDOWS = """
Active Connections

  Proto  Local Address          Foreign Address        State           PID
  TCP    0.0.0.0:7687           0.0.0.0:0              LISTENING       4711
  TCP    10.0.0.1:7687          10.0.0.9:50000         ESTABLISHED     4711
  TCP    10.0.0.1:7687          10.0.0.9:50001         ESTABLISHED     4711
  TCP    10.0.0.1:7687          10.0.0.9:50002         CLOSE_WAIT      4711
  TCP    [2001:db8::1]:7687     [2001:db8::9]:50003    FIN_WAIT_2      4711
"""
MAC = """\
Active Internet connections (including servers)
Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)
tcp4       0      0  10.0.0.1.7687          10.0.0.9.50000         ESTABLISHED
tcp4       0      0  10.0.0.1.7687          10.0.0.9.50001         ESTABLISHED
tcp4       0      0  10.0.0.1.7687          10.0.0.9.50002         CLOSE_WAIT
tcp6       0      0  2001:db8::1.7687       2001:db8::9.50003      FIN_WAIT_2
tcp46      0      0  *.7687                 *.*                    LISTEN
"""
WANTED = {
    ("10.0.0.9", "ESTABLISHED"): 2,
    ("10.0.0.9", "CLOSE_WAIT"): 1,
    ("2001:db8::9", "FIN_WAIT_2"): 1,
}


@pytest.mark.parametrize("text", [SS, NETSTAT, WINDOWS, MAC], ids=["ss", "netstat", "win", "mac"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_every_tool_says_the_same(text: str, ends: str) -> None:
    file = member("sockets.txt", text.replace("\n", ends))
    source, rows, _ = read_sockets(file, {7687})
    assert (source.refused, source.why) == (0, "")
    found = {(row.peer, row.state): row.count for row in rows if row.state != "LISTEN"}
    assert found == WANTED
    assert sum(row.count for row in rows if row.state == "LISTEN") == 1


def test_without_a_header_too() -> None:
    body = "\n".join(SS.splitlines()[1:])
    one = read_sockets(member("s", SS), {7687})[1]
    two = read_sockets(member("s", body), {7687})[1]
    assert [(row.peer, row.state, row.count) for row in one] == [
        (row.peer, row.state, row.count) for row in two
    ]


def test_counts_of_uniq_are_added_up() -> None:
    text = (
        "    120 ESTAB      10.0.0.1:7687   10.0.0.9:50000\n"
        "      3 tcp 0 0 10.0.0.1:7687 10.0.0.9:50001 ESTABLISHED\n"
        "     17 CLOSE-WAIT 10.0.0.1:7687   10.0.0.9:50000\n"
    )
    _, rows, _ = read_sockets(member("s", text), {7687})
    assert {row.state: row.count for row in rows} == {"ESTABLISHED": 123, "CLOSE_WAIT": 17}


def test_a_series_has_times() -> None:
    text = f"2025-11-24T16:00:10Z\n{SS}\n2025-11-24T16:00:20Z\n{NETSTAT}"
    source, rows, _ = read_sockets(member("s", text), {7687})
    assert {row.time for row in rows} == {START + 10, START + 20}
    assert (source.start, source.end) == (START + 10, START + 20)
    assert str(rows[0].where) == "s:1-9"


def test_what_is_no_socket_is_counted() -> None:
    source, rows, _ = read_sockets(member("s", SS + "hello there\nESTAB x y\n"), {7687})
    assert source.refused == 2
    assert source.why == "line 9: not a socket"
    assert rows


def test_many_clients_are_counted_together() -> None:
    text = "".join(f"ESTAB 0 0 10.0.0.1:7687 10.{i >> 8}.{i & 255}.9:50000\n" for i in range(6000))
    _, rows, _ = read_sockets(member("s", text), {7687})
    assert sum(row.count for row in rows) == 6000
    assert len(rows) == 5001
    assert [row.count for row in rows if row.peer == "others"] == [1000]


def test_the_port_is_that_of_the_configuration(tmp_path) -> None:
    text = SS.replace(":7687", ":7999")
    place = write(
        tmp_path / "a", {"neo4j.conf": "server.bolt.listen_address=:7999\n", "ss.txt": text}
    )
    export = open_export(place)
    assert sum(row.count for row in export.sockets if row.state != "LISTEN") == 4
    assert {row.port for row in export.sockets} == {7999}
    write(place, {"neo4j.conf": "server.bolt.thread_pool_max_size=8\n"})
    export = open_export(place)
    assert export.sockets == ()
    assert [entry.why for entry in export.ignored] == ["no socket of the Bolt port 7687 in it"]


def test_a_client_s_own_list_is_not_the_server_s(tmp_path) -> None:
    text = "ESTAB 0 0 10.0.0.9:50000 10.0.0.1:7687\n"
    place = write(tmp_path / "a", {"neo4j.conf": "a.b=1\n", "ss.txt": text})
    export = open_export(place)
    assert export.sockets == ()
    assert "1 lead to one elsewhere: taken on a client" in export.ignored[0].why


def test_more_than_memory_should_hold_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boltkb.exports.moments.sockets._KEPT", 2)
    source, rows, _ = read_sockets(member("s", SS), {7687})
    assert len(rows) == 2
    assert source.refused == 2
    assert "more than 2" in source.why
    assert len(read_sockets(member("s", "2025-11-24T16:00:10Z\n" * 99), {7687})[1]) == 0
