"""Environments of containers in every form; no variable but a setting gets out of them."""

from __future__ import annotations

import json

import pytest
from export_shapes import member, write
from report_layouts import SECRETS

from boltkb.exports import open_export
from boltkb.exports.settings.environment import read_environment, setting_name

SIZE = "server.bolt.thread_pool_max_size"
PAIRS = {
    "NEO4J_AUTH": f"neo4j/{SECRETS[0]}",
    "NEO4J_server_bolt_thread__pool__max__size": "800",
    "NEO4J_server_jvm_additional": f"-Xss1m -Dx.password={SECRETS[1]}",
    "NEO4J_dbms_security_ldap_authorization_system__password": SECRETS[2],
    "NEO4J_EDITION": "enterprise",
    "NEO4J_PLUGINS": '["apoc"]',
    "NEO4J_AUTH_PATH": "/run/secrets/auth",
    "AWS_SECRET_ACCESS_KEY": SECRETS[3],
    "PATH": "/usr/bin",
}
K8S = [{"name": name, "value": value} for name, value in PAIRS.items()]
LIMITS = {"limits": {"memory": "4Gi", "cpu": "1500m"}}
POD = {
    "kind": "Pod",
    "spec": {
        "containers": [
            {"name": "proxy", "env": [], "resources": {"limits": {"memory": "64Mi"}}},
            {
                "name": "neo4j",
                "env": [*K8S, {"name": "NEO4J_x_y", "valueFrom": {"secretKeyRef": {"name": "s"}}}],
                "resources": LIMITS,
            },
        ]
    },
}


def yaml_list() -> str:
    lines = ["spec:", "  containers:", "  - name: neo4j", "    env:"]
    for name, value in PAIRS.items():
        lines += [f"    - name: {name}", f"      value: {json.dumps(value)}"]
    return "\n".join([*lines, "    image: neo4j:5.26", "    resources:", "      limits: {}"]) + "\n"


FORMS = {
    "env.prop": "".join(f"{name} = {value}\n" for name, value in PAIRS.items()),
    ".env": "# x\n" + "".join(f"{name}={value}\n" for name, value in PAIRS.items()),
    "export.sh": "".join(f'export {name}="{value}"\n' for name, value in PAIRS.items()),
    "quoted.env": "".join(f"{name}='{value}'\n" for name, value in PAIRS.items()),
    "neo4j.service": "[Service]\n"
    + "".join(f'Environment="{name}={value}"\n' for name, value in PAIRS.items()),
    "compose.yaml": "services:\n  neo4j:\n    environment:\n"
    + "".join(f"      - {name}={value}\n" for name, value in PAIRS.items()),
    "compose.yml": "services:\n  neo4j:\n    environment:\n"
    + "".join(f"      {name}: {json.dumps(value)}\n" for name, value in PAIRS.items()),
    "compose quoted.yml": "services:\n  neo4j:\n    environment:\n"
    + "".join(f"      - '{name}={value}'\n" for name, value in PAIRS.items()),
    "pod.yaml": yaml_list(),
    "pod.json": json.dumps({"kind": "List", "items": [POD]}, indent=2),
    "inspect.json": json.dumps(
        [
            {
                "Config": {"Env": [f"{name}={value}" for name, value in PAIRS.items()]},
                "HostConfig": {
                    "Memory": 4 * 1024**3,
                    "NanoCpus": 1_500_000_000,
                    "Ulimits": [{"Name": "nofile", "Soft": 65536, "Hard": 65536}],
                },
            }
        ]
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_every_form_says_the_same(form: str, ends: str) -> None:
    source, found = read_environment(member(form, FORMS[form].replace("\n", ends)))
    assert source.refused == 0
    assert {name: value.value for name, value in found.settings.items()} == {
        SIZE: "800",
        "server.jvm.additional": "-Xss1m -Dx.password=(hidden)",
        "dbms.security.ldap.authorization.system_password": "(hidden)",
    }
    assert {value.origin for value in found.settings.values()} == {"environment"}
    assert found.edition == "enterprise"
    assert not [secret for secret in SECRETS if secret in repr(found) + repr(source)]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_known_by_what_it_holds(form: str, tmp_path) -> None:
    export = open_export(write(tmp_path / "a", {form: FORMS[form]}))
    assert export.setting("bolt-threads-max").value == "800"
    assert [source.kind for source in export.sources] == ["environment"]
    assert export.edition == "enterprise"
    told = repr(export) + export.to_html()
    assert not [secret for secret in SECRETS if secret in told]


@pytest.mark.parametrize("form", ["pod.json", "inspect.json"])
def test_limits_are_those_of_the_server_s_container(form: str) -> None:
    _, found = read_environment(member(form, FORMS[form]))
    facts = {fact.id: fact.value for fact in found.machine}
    assert (facts["memory"], facts["cpus"]) == (4 * 1024**3, 1.5)
    assert facts.get("open-files") == (65536 if form == "inspect.json" else None)


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("NEO4J_server_bolt_thread__pool__max__size", SIZE),
        ("NEO4J_dbms_connector_bolt_thread__pool__max__size",
         "dbms.connector.bolt.thread_pool_max_size"),
        ("NEO4J_dbms_memory_heap_max__size", "dbms.memory.heap.max_size"),
        ("NEO4J_causal__clustering_minimum__core__cluster__size__at__runtime",
         "causal_clustering.minimum_core_cluster_size_at_runtime"),
        ("NEO4J_AUTH", None),
        ("NEO4J_ACCEPT_LICENSE_AGREEMENT", None),
        ("NEO4J_HOME", None),
        ("NEO4J_AUTH_PATH", None),
        ("PATH", None),
    ],
)  # fmt: skip
def test_names_are_decoded(variable: str, name: str | None) -> None:
    assert setting_name(variable) == name


def test_a_map_of_kubernetes_holds_settings_by_their_own_names(tmp_path) -> None:
    text = f'apiVersion: v1\ndata:\n  {SIZE}: "800"\n  db.tx.password: {SECRETS[0]}\n'
    export = open_export(write(tmp_path / "a", {"map.yaml": text}))
    assert export.setting("bolt-threads-max").value == "800"
    assert SECRETS[0] not in repr(export)


def test_pods_that_differ_are_told() -> None:
    text = "NEO4J_server_bolt_thread__pool__max__size=8\n"
    text += "NEO4J_server_bolt_thread__pool__max__size=9\n"
    _, found = read_environment(member("a.env", text))
    assert found.settings[SIZE].value == "9"
    assert "more than once" in found.problems[0]


def test_broken_json_tells_nothing_of_its_text() -> None:
    for text in ('{"Env": ["NEO4J_AUTH=neo4j/' + SECRETS[0], "[" * 99_999):
        source, found = read_environment(member("x.json", text))
        assert source.refused == 1
        assert SECRETS[0] not in repr(source) + repr(found)


def test_the_environment_outranks_the_file(tmp_path) -> None:
    content = {"neo4j.conf": f"{SIZE}=400\n", ".env": FORMS[".env"]}
    export = open_export(write(tmp_path / "a", content))
    value = export.setting("bolt-threads-max")
    assert (value.value, value.origin) == ("800", "environment")
    assert any("400" in problem and "environment" in problem for problem in export.problems)
