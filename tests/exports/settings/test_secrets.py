"""No secret leaves the room, however it is spelt; what is none is kept."""

from __future__ import annotations

import pytest

from boltkb.exports.settings.secrets import HIDDEN, hide_secrets

SECRET = "hunter2"


@pytest.mark.parametrize(
    "name",
    [
        "server.ssl.policy.bolt.private_key_password",
        "dbms.security.ldap.authorization.system_password",
        "dbms.security.ldap.authorization.system_username_and_passwd",
        "dbms.security.oidc.x.client_secret",
        "dbms.security.oidc.x.token",
        "apoc.jdbc.mydb.credentials",
        "apoc.api_key",
        "apoc.apiKey",
        "s3.access-key",
        "DB.PWD",
        "x.pass",
        "license.key",
        "x.auth",
        "jwt",
        "x.SIGNATURE",
        "dbms.security.key.name",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert hide_secrets(name, SECRET) == HIDDEN


@pytest.mark.parametrize(
    "name", ["x.password", "x_passphrase", "client_secret", "x.token", "db.pwd"]
)
@pytest.mark.parametrize("value", ["12345678", "918273645", "5m", "12g"])
def test_a_number_may_be_a_secret_too(name: str, value: str) -> None:
    assert hide_secrets(name, value) == HIDDEN


@pytest.mark.parametrize(
    "value",
    [
        "-Djavax.net.ssl.keyStorePassword={}",
        "-Dtrust.password={} -Xss1m",
        '-Dpassword="{} {}"',
        "--password {}",
        "--password={}",
        "-Xmx1g --initial-password {} -Xms1g",
        "jdbc:mysql://root:{}@host/db",
        "https://user:{}@example.org/x",
        "password: {}",
        "PASSWORD={}",
        "pwd={};x=1",
        "client_secret = {}",
        '{{"password": "{}"}}',
        "{{'token': '{}'}}",
        "Authorization: Bearer {}",
        "authorization=Basic {}",
        "NEO4J_AUTH=neo4j/{}",
        "api_key={}",
        "apikey:{}",
        "access-key={}",
        "-Dcredentials={}",
        "sslPassphrase={}",
    ],
)
def test_secrets_inside_values(value: str) -> None:
    hidden = hide_secrets("server.jvm.additional", value.format(SECRET, SECRET))
    assert SECRET not in hidden
    assert HIDDEN in hidden


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dbms.security.auth_enabled", "true"),
        ("dbms.security.auth_max_failed_attempts", "3"),
        ("dbms.security.auth_lock_time", "5s"),
        ("dbms.security.auth_cache_ttl", "10m"),
        ("server.bolt.thread_pool_max_size", "400"),
        ("server.jvm.additional", "-XX:+UseG1GC -Xss1m"),
        ("db.tx_log.rotation.retention_policy", "2 days 2G"),
        ("server.bolt.listen_address", "0.0.0.0:7687"),
    ],
)
def test_what_is_no_secret_is_kept(name: str, value: str) -> None:
    assert hide_secrets(name, value) == value


@pytest.mark.parametrize("piece", ["password", "--password ", "auth=", "://a:", "token-", '"', "="])
def test_hostile_values_end_soon(piece: str) -> None:
    assert hide_secrets("a.b", piece * 50_000)
