"""neo4j.conf is read by Java's rules, and no secret gets past this door."""

from __future__ import annotations

import pytest
from export_shapes import member
from hypothesis import given
from hypothesis import strategies as st

from boltkb.exports.intake.manifests import read_manifest
from boltkb.exports.settings.configuration import (
    HIDDEN,
    hide_secrets,
    properties,
    read_configuration,
)


def test_java_s_rules() -> None:
    text = (
        "  a.b = 1  \n"
        "#c=2\n"
        "   ! d=3\n"
        "e:4\n"
        "f 5 # not a comment\n"
        "g=one\\\n   two\\\n# three\n"
        "path=C:\\\\data\\\\x\n"
        "lost=C:\\data\n"
        "u=\\u0041\\tb\n"
        "empty=\n"
        "lonely\n"
        "k\\=ey=v=w\n"
        "even\\\\\n"
    )
    assert {name: value for _, name, value in properties(text)} == {
        "a.b": "1",
        "e": "4",
        "f": "5 # not a comment",
        "g": "onetwo# three",
        "path": "C:\\data\\x",
        "lost": "C:data",
        "u": "A\tb",
        "empty": "",
        "lonely": "",
        "k=ey": "v=w",
        "even\\": "",
    }


def test_lines_are_those_where_a_setting_begins() -> None:
    text = "# x\r\n\r\na=1\\\r\n  2\r\nb=3\r\n"
    assert list(properties(text)) == [(3, "a", "12"), (5, "b", "3")]


@given(st.text(max_size=300))
def test_no_text_stops_the_reader(text: str) -> None:
    for line, name, value in properties(text):
        assert line >= 1
        assert isinstance(name, str)
        assert isinstance(value, str)


def test_what_stands_twice_is_told_and_jvm_options_add_up() -> None:
    text = (
        "server.jvm.additional=-XX:+UseG1GC\nserver.jvm.additional=-Xss1m\n"
        "server.bolt.thread_pool_max_size=8\nserver.bolt.thread_pool_max_size=16\n"
    )
    source, settings, problems = read_configuration(member("neo4j.conf", text))
    assert settings["server.jvm.additional"].value == "-XX:+UseG1GC\n-Xss1m"
    assert settings["server.bolt.thread_pool_max_size"].value == "16"
    assert "line 3 and 4" in problems[0]
    assert source.rows == 4
    many = "a.b=1\n" * 1000
    assert len(read_configuration(member("neo4j.conf", many))[2]) == 11


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_any_encoding_is_read(codec: str) -> None:
    data = "# für\nserver.bolt.thread_pool_max_size=8\n".encode(codec)
    source, settings, _ = read_configuration(member("neo4j.conf", data))
    assert settings["server.bolt.thread_pool_max_size"].value == "8"
    assert source.refused == 0


def test_nul_bytes_are_refused_and_an_empty_file_is_a_configuration() -> None:
    source, settings, _ = read_configuration(member("neo4j.conf", "a.b=1\nc\0d=2\n"))
    assert (list(settings), source.refused) == (["a.b"], 1)
    assert source.why == "line 2: not a setting"
    assert read_configuration(member("neo4j.conf", ""))[0].rows == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dbms.security.ldap.authorization.system_password", "hunter2"),
        ("server.ssl.policy.bolt.private_key", "path/to/hunter2"),
        ("dbms.security.oidc.x.client_secret", "hunter2"),
        ("dbms.security.key.name", "hunter2"),
        ("NEO4J_AUTH", "neo4j/hunter2"),
        ("some.api_key", "hunter2"),
        ("my.token", "hunter2"),
    ],
)
def test_secrets_are_hidden(name: str, value: str) -> None:
    assert hide_secrets(name, value) == HIDDEN


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("server.jvm.additional", "-Djavax.net.ssl.trustStorePassword=hunter2 -Xss1m"),
        ("server.metrics.url", "http://user:hunter2@metrics.example/x"),
        ("server.jvm.additional", '-Dtoken="hunter2 hunter2"'),
    ],
)
def test_secrets_inside_a_value_are_hidden(name: str, value: str) -> None:
    assert "hunter2" not in hide_secrets(name, value)
    assert HIDDEN in hide_secrets(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dbms.security.auth_enabled", "true"),
        ("dbms.security.auth_cache_ttl", "10m"),
        ("server.bolt.thread_pool_max_size", "400"),
        ("dbms.security.auth_max_failed_attempts", "3"),
        ("server.bolt.thread_pool_keep_alive", "5m"),
    ],
)
def test_what_is_no_secret_is_shown(name: str, value: str) -> None:
    assert hide_secrets(name, value) == value


def test_a_manifest_gives_labels_and_nothing_else() -> None:
    text = (
        'name = "x"\nreal = true\ncause = "pool_too_small"\n[server]\nedition = "community"\n'
        "[neo4j]\nversion = '5.26.30'\n[sampling]\ninterval_seconds = 1\n"
    )
    source, manifest = read_manifest(member("manifest.toml", text))
    assert (manifest.simulated, manifest.version) == (False, "5.26.30")
    assert manifest.sampling_interval == 1.0
    assert source.refused == 0
    assert "pool_too_small" not in repr(manifest)


@pytest.mark.parametrize("data", [b"= 1", b"\xff", b"a = [" * 5000])
def test_a_broken_manifest_is_counted(data: bytes) -> None:
    source, manifest = read_manifest(member("manifest.toml", data))
    assert source.refused == 1
    assert manifest.simulated is None
