"""No name and no literal of an export is left after redaction, whatever field it stood in."""

from __future__ import annotations

import dataclasses
import importlib
import json
import pkgutil
import stat
import string
import types
import typing
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from boltkb.errors import ParameterError
from boltkb.exports import (
    ConnectionRow,
    DriverPool,
    Export,
    Ignored,
    LogEvent,
    QueryLog,
    SettingValue,
    SocketCount,
    Source,
    ThreadDump,
    TransactionRow,
    Where,
    Worker,
    empty_export,
    records,
)
from boltkb.exports.pseudonyms import Pseudonyms
from boltkb.exports.redaction import POLICIES, hide_names, redact

RECORDS = {
    name: kind
    for info in pkgutil.iter_modules(records.__path__, f"{records.__name__}.")
    for name, kind in {**vars(importlib.import_module(info.name)), "Export": Export}.items()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind)
}
#: What annotations name that is loaded for the type checker alone.
NAMES = {"pl": pl, "np": np, "NDArray": NDArray, "Floats": records.Floats, **RECORDS}
#: Secrets of every kind, each of its own letters, so that a find cannot be chance.
USER, HOST, ADDRESS, SIX = "zquser", "zqhost-07.corp.example", "10.99.88.77", "fd00:99::77"
LITERAL, SERVER, APPLICATION, FOLDER = "zqliteral", "zqserver-01", "zqapp", "zqfolder"
SECRETS = (USER, HOST, "zqhost", ADDRESS, SIX, LITERAL, "zqserver", APPLICATION, FOLDER, "4711471")


def holds_text(kind: object) -> bool:
    """Whether a field of this type may hold text somewhere."""
    if kind in {str, bytes} or kind is typing.Any:
        return True
    if isinstance(kind, types.GenericAlias) or typing.get_origin(kind) is not None:
        if typing.get_origin(kind) is np.ndarray:
            return np.str_ in typing.get_args(typing.get_args(kind)[1])
        if typing.get_origin(kind) is typing.Literal:
            return True
        return any(holds_text(part) for part in typing.get_args(kind))
    if isinstance(kind, types.UnionType):
        return any(holds_text(part) for part in typing.get_args(kind))
    return kind is pl.DataFrame


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_every_field_that_may_hold_text_is_declared(name: str) -> None:
    hints = typing.get_type_hints(RECORDS[name], None, NAMES)
    texts = {field for field, kind in hints.items() if holds_text(kind)}
    assert texts <= set(POLICIES[name]), f"declare {texts - set(POLICIES[name])} of {name}"
    assert set(POLICIES[name]) <= set(hints), "a field that is no more is declared"


def where(line: int = 1) -> Where:
    return Where(f"{SERVER}/{FOLDER}/debug.log", line)


def planted() -> Export:
    query = f"MATCH (n:Order {{owner: '{LITERAL}'}}) WHERE n.id = 4711471 RETURN n // {LITERAL}"
    frame = pl.DataFrame({"count": [1], "clients": [1]})
    keyed = lambda key: frame.with_columns(pl.lit(key).alias("key"))  # noqa: E731
    address = f"{ADDRESS}:50001"
    return dataclasses.replace(
        empty_export(f"{SERVER}-2026-11-24"),
        path=f"/home/{USER}/{SERVER}-2026-11-24.zip",
        settings={
            name: SettingValue(name, value, where())
            for name, value in {
                "server.bolt.advertised_address": f"{HOST}:7687",
                "server.bolt.thread_pool_max_size": "400",
                "server.default_listen_address": "0.0.0.0",
                "server.directories.logs": f"/var/{FOLDER}/logs",
                "server.jvm.additional": f"-XX:+UseG1GC\n-Dcom.x={LITERAL}",
                "server.logs.query.enabled": "VERBOSE",
                "dbms.cluster.endpoints": f"{HOST}:5000,{ADDRESS}:5000",
            }.items()
        },
        events=(
            LogEvent(1.0, "rejection-c", "ERROR", "[bolt-42] Unable to schedule for execution"
                     " since there are no available threads to serve it at the moment.", "bolt-42",
                     {}, where()),
            LogEvent(2.0, "client-disconnected", "WARN", f"Client /{address} disconnected while"
                     f" query was running as {USER} on {HOST}:7687 [{SIX}] '{LITERAL} x'", None,
                     {}, where(2)),
        ),
        thread_dumps=(
            ThreadDump(1.0, (Worker("neo4j.BoltWorker-1", "bolt-42", address, "working",
                                    f"com.{APPLICATION}.Procedure.call"),), 9, where()),
        ),
        transactions=(
            TransactionRow("neo4j-transaction-1", "neo4j", "bolt-42", address, USER,
                           f"Terminated with reason: {LITERAL}", 1.0, None, query, where()),
        ),
        connections=(
            ConnectionRow("bolt-42", f"[{SIX}]:50002", USER, f"{APPLICATION}/2.3", None, "bolt",
                          where()),
        ),
        sockets=(SocketCount(1.0, 7687, ADDRESS, "ESTABLISHED", 3, where()),),
        drivers=(
            DriverPool("java", "5.28.0", f"{HOST}:7687", None, None, {"asked": 1}, np.zeros(0),
                       np.zeros(0), np.zeros(0), np.zeros(0), 100,
                       (LogEvent(3.0, "x", "WARN", f"pool of {HOST}:7687 is full", None, {},
                                 where()),), where()),
        ),
        queries=QueryLog(
            0.0, 1.0, 1, 0, 0, np.zeros(1), np.zeros(1), keyed(query), keyed(ADDRESS),
            keyed(f"{APPLICATION}/2.3"), keyed(USER), keyed("neo4j"), 1, 0.5,
            pl.DataFrame({"transaction": ["neo4j-transaction-1"], "client": [address],
                          "later": [LITERAL]}), (where(),),
        ),
        sources=(Source(where().file, "log", 1, 1, f"line 3: not a number: '{LITERAL}'"),),
        ignored=(Ignored(f"{FOLDER}/{HOST}.txt", f"a {APPLICATION} which is not read"),),
        problems=(
            f"{where().file}: its last line is cut and was left out",
            f"server.bolt.advertised_address is {HOST}:7687 in neo4j.conf, user {USER}",
            f"{LITERAL} at {ADDRESS}",
        ),
    )  # fmt: skip


def everything(value: object) -> str:
    """All text of a value, as it would be written out anywhere."""
    if isinstance(value, pl.DataFrame):
        return json.dumps(value.to_dict(as_series=False), default=str)
    if isinstance(value, np.ndarray):
        return str(value.tolist())
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return " ".join(everything(getattr(value, field.name)) for field in fields)
    if isinstance(value, dict):
        return " ".join(everything(key) + everything(item) for key, item in value.items())
    if isinstance(value, tuple | list | frozenset):
        return " ".join(everything(item) for item in value)
    return str(value)


def test_nothing_planted_is_left_in_any_field() -> None:
    text = everything(planted())
    assert [secret for secret in SECRETS if secret not in text] == []
    hidden = everything(redact(planted(), b"key"))
    assert [secret for secret in SECRETS if secret in hidden] == []


def test_the_same_host_has_one_pseudonym_everywhere_and_ports_stay() -> None:
    export = redact(planted(), b"key")
    client = export.sockets[0].peer
    assert client.startswith(("client-", "server-"))
    assert export.thread_dumps[0].workers[0].client == f"{client}:50001"
    assert export.queries is not None
    assert export.queries.by_client["key"].to_list() == [client]
    assert f"{client}:50001" in export.events[1].text
    server = export.drivers[0].address
    assert server.startswith("server-")
    assert export.settings["server.bolt.advertised_address"].value == server
    assert server in export.events[1].text
    assert server in export.problems[1]
    assert export.name.startswith("server-")
    assert export.transactions[0].user == export.connections[0].user
    assert export.transactions[0].user in export.problems[1]


def test_what_tells_of_nobody_stays_readable() -> None:
    before, after = planted(), redact(planted(), b"key")
    assert after.events[0].text == before.events[0].text
    assert "disconnected while query was running" in after.events[1].text
    for name in ("thread_pool_max_size", "logs.query.enabled", "default_listen_address"):
        key = next(key for key in before.settings if key.endswith(name))
        assert after.settings[key].value == before.settings[key].value
    assert after.transactions[0].transaction == "neo4j-transaction-1"
    assert after.transactions[0].query is not None
    assert after.transactions[0].query.startswith("MATCH (n:Order {owner: $s")
    assert after.sources[0].path.endswith("/debug.log")
    assert after.sources[0].why.startswith("line 3: not a number: ")
    assert after.problems[0].endswith("debug.log: its last line is cut and was left out")


def test_paths_stay_the_same_wherever_they_stand() -> None:
    export = redact(planted(), b"key")
    assert export.sources[0].path == export.events[0].where.file
    assert export.problems[0].startswith(export.sources[0].path)


def test_the_key_decides_the_pseudonyms() -> None:
    first, again, other = (redact(planted(), key) for key in (b"key", b"key", b"other"))
    assert everything(first) == everything(again)
    assert first.sockets[0].peer != other.sockets[0].peer


words = st.text(string.ascii_letters + string.digits + "-._", min_size=1, max_size=12)


@given(st.sets(words, min_size=2, max_size=40))
def test_distinct_texts_stay_distinct(texts: set[str]) -> None:
    names = Pseudonyms(b"key")
    assert len({names.of("client", text) for text in texts}) == len(texts)


def test_a_short_pseudonym_that_is_taken_grows() -> None:
    names = Pseudonyms(b"key")
    given = {names.of("user", str(number)) for number in range(3000)}
    assert len(given) == 3000
    assert {len(name) for name in given} > {len("user-7f3a")}


@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    names = Pseudonyms(b"key")
    for scrub in (names.text, names.query, names.path, names.client, names.agent, names.user):
        assert scrub(text) == scrub(text)
    names.setting("server.bolt.advertised_address", text)


@given(st.from_regex(r"[a-z]{3,8}zq[a-z]{3,8}", fullmatch=True))
def test_a_literal_never_stays_in_a_query(secret: str) -> None:
    names = Pseudonyms(b"key")
    for query in (
        f"RETURN '{secret}'", f'RETURN "{secret}', f"RETURN '\\'{secret}'", f"/* {secret} */ R",
        f"RETURN 1 // {secret}", f"RETURN '{secret}\\", f"{{a: 'x', b: \"{secret}\"}}",
    ):  # fmt: skip
        assert secret not in names.query(query)


@pytest.mark.parametrize(
    "address", ["127.0.0.1:5000", "localhost:7687", "[::1]:7687", ":7687", "0:0:0:0:0:0:0:1:5000"]
)
def test_loopback_stays(address: str) -> None:
    names = Pseudonyms(b"key")
    assert names.client(address) == address
    assert names.text(f"from {address}.") == f"from {address}."


def test_the_private_file_keeps_pseudonyms_over_runs(tmp_path: Path) -> None:
    file = tmp_path / ".x.redaction.json"
    first = hide_names(planted(), file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = json.loads(file.read_text())
    assert USER in content["pseudonyms"].values()
    assert everything(hide_names(planted(), str(file))) == everything(first)
    assert json.loads(file.read_text()) == content
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_without_a_file_nothing_changes_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    export = planted()
    assert hide_names(export, "") is export
    (tmp_path / "x").write_text("{}")
    with pytest.raises(ParameterError, match="does not hold a key"):
        hide_names(export, tmp_path / "x")
    with pytest.raises(ParameterError, match="cannot be"):
        hide_names(export, tmp_path / "absent" / "x")


def test_the_members_of_a_cluster_are_called_after_it() -> None:
    member = dataclasses.replace(planted(), name=f"{SERVER}-{HOST}")
    cluster = dataclasses.replace(empty_export(SERVER), servers=(member,))
    hidden = redact(cluster, b"key")
    assert [secret for secret in SECRETS if secret in everything(hidden)] == []
    (name,) = hidden.server_names
    assert name.startswith("server-")
    assert hidden.servers[0].name == f"{hidden.name}-{name}"
