"""Settings in the environment of a container: Docker's, Compose's and Kubernetes' own files.

Takes only variables that are settings of Neo4j, and limits of the container; no other variable,
`NEO4J_AUTH` least of all, leaves this room.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from boltkb.exports.intake.members import Member
from boltkb.exports.records import MachineFact, SettingValue, Source, Where
from boltkb.exports.settings.amounts import amount
from boltkb.exports.settings.secrets import hide_secrets

__all__ = ["Environment", "read_environment", "setting_name"]

_SIZE = 16 << 20
_PREFIX = "NEO4J_"
_SETTING = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-zA-Z0-9_-]+)+")
_KEY = r"(?P<key>NEO4J_\w{1,200}|(?:server|dbms|db|internal|metrics)\.[\w.]{1,200})"
#: `KEY=value`, in a list or not, with `export` or `Environment=` before it.
_EQUALS = re.compile(
    rf"^\s{{0,80}}(?:-\s{{1,9}})?(?:export\s{{1,9}}|Environment=|-e\s{{1,9}}|declare -x\s{{1,9}})?"
    rf"(?P<quote>[\"']?){_KEY}\s{{0,9}}=(?P<value>.*)$"
)
#: `KEY: value` of a mapping in YAML.
_COLON = re.compile(rf"^\s{{0,80}}[\"']?{_KEY}[\"']?\s{{0,9}}:\s{{1,9}}(?P<value>\S.*)$")
#: `- name: KEY` of Kubernetes, with its value in the next line.
_NAME = re.compile(r"^\s{0,80}(?:-\s{1,9})?name:\s{1,9}[\"']?(?P<key>NEO4J_\w{1,200})[\"']?\s*$")
_VALUE = re.compile(r"^\s{0,80}value:\s{1,9}(?P<value>\S.*)$")
#: A unit of systemd begins with a bracket as well.
_JSON = re.compile(r"\s{0,1000}[\[{]\s{0,1000}[\[{\"\]}]")
_DEEPEST = 40
#: How many contradictions are told.
_TOLD = 10


@dataclass(slots=True)
class Environment:
    """What an environment says.

    Parameters
    ----------
    settings : dict of str to SettingValue
        By the setting's own name.
    machine : list of MachineFact
        Limits of the container.
    edition : str or None
    problems : list of str
        What contradicts itself.
    """

    settings: dict[str, SettingValue] = field(default_factory=dict)
    machine: list[MachineFact] = field(default_factory=list)
    edition: str | None = None
    problems: list[str] = field(default_factory=list)


def read_environment(member: Member) -> tuple[Source, Environment]:
    r"""Return the settings in an environment's file.

    `env.prop` of a report, `.env`, the output of `env`, Compose files, `docker inspect`, and
    pods and maps of Kubernetes, in YAML or JSON.

    Parameters
    ----------
    member : Member

    Returns
    -------
    tuple of (Source, Environment)

    Raises
    ------
    ExportError
        When the file cannot be read.

    Examples
    --------
    >>> import io
    >>> text = b"NEO4J_AUTH=neo4j/secret\nNEO4J_server_bolt_thread__pool__max__size=8\n"
    >>> _, found = read_environment(Member("env.prop", None, lambda: io.BytesIO(text)))
    >>> [(value.name, value.value, value.origin) for value in found.settings.values()]
    [('server.bolt.thread_pool_max_size', '8', 'environment')]
    """
    with member.open() as stream:
        data = stream.read(_SIZE)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        text = data.decode("utf-8-sig", "replace")
    environment = Environment()
    refused, why, rows = 0, "", 0
    pairs: Iterator[tuple[Where, str, str]]
    if _JSON.match(text):
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            # A decoder's own words quote the text, and so its secrets.
            return Source(member.path, "environment", 0, 1, "line 1: not JSON to its end"), (
                environment
            )
        where = Where(member.path, 1, text.count("\n") + 1)
        pairs = iter([(where, key, found) for key, found in _walk(content, environment, where, 0)])
    else:
        pairs = _lines(member.path, text)
    for where, key, found in pairs:
        rows += 1
        if "\0" in found:
            refused += 1
            why = why or f"line {where.first_line}: holds NUL bytes"
        elif key == "NEO4J_EDITION":
            edition = found.strip().lower()
            environment.edition = edition if edition in {"community", "enterprise"} else None
        elif (name := setting_name(key)) is not None:
            value = SettingValue(name, hide_secrets(name, found.strip()), where, "environment")
            _keep(value, environment)
    return Source(member.path, "environment", rows, refused, why), environment


def setting_name(variable: str) -> str | None:
    """Return the setting that a variable of the environment sets, None for any other variable.

    Two underscores stand for one, one stands for a dot.

    Examples
    --------
    >>> setting_name("NEO4J_dbms_connector_bolt_thread__pool__max__size")
    'dbms.connector.bolt.thread_pool_max_size'
    >>> setting_name("NEO4J_AUTH") is None
    True
    """
    if variable.startswith(_PREFIX):
        dotted = variable[len(_PREFIX) :].replace("__", "\0").replace("_", ".").replace("\0", "_")
    else:
        dotted = variable
    return dotted if _SETTING.fullmatch(dotted) else None


def _keep(value: SettingValue, environment: Environment) -> None:
    known = environment.settings.get(value.name)
    if known is not None and known.value != value.value:
        problem = (
            f"{value.where.file}: {value.name[:100]} stands more than once with different values;"
            " the last one is taken"
        )
        if problem not in environment.problems and len(environment.problems) < _TOLD:
            environment.problems.append(problem)
    environment.settings[value.name] = value


def _lines(path: str, text: str) -> Iterator[tuple[Where, str, str]]:
    named: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > 65536 or line.lstrip().startswith("#"):
            continue
        found = _NAME.match(line)
        if found:
            named = found["key"]
            continue
        value = _VALUE.match(line) if named else None
        if value and named:
            yield Where(path, number - 1, number), named, _plain(value["value"])
        elif found := _EQUALS.match(line):
            quote = found["quote"]
            raw = found["value"].strip()
            yield Where(path, number), found["key"], _plain(raw.removesuffix(quote or "\0"))
        elif found := _COLON.match(line):
            yield Where(path, number), found["key"], _plain(found["value"])
        named = None


def _plain(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


def _walk(
    value: object, environment: Environment, where: Where, depth: int
) -> Iterator[tuple[str, str]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            if isinstance(item, str) and item.startswith(_PREFIX) and "=" in item:
                yield item.split("=", 1)[0], item.split("=", 1)[1]
            elif isinstance(item, list | dict):
                yield from _walk(item, environment, where, depth + 1)
        return
    if not isinstance(value, dict):
        return
    name, content = value.get("name"), value.get("value")
    if isinstance(name, str) and isinstance(content, str) and name.startswith(_PREFIX):
        yield name, content
        return
    environment.machine += _limits(value, where)
    for key, item in value.items():
        if isinstance(item, list | dict):
            yield from _walk(item, environment, where, depth + 1)
        elif isinstance(item, str) and (key.startswith(_PREFIX) or key.startswith(_DOTTED)):
            yield key, item


_DOTTED = ("server.", "dbms.", "db.", "internal.", "metrics.")


def _limits(value: Mapping[str, object], where: Where) -> Iterator[MachineFact]:
    # Those of the container that runs Neo4j; one beside it in the pod has its own.
    host, inside = value.get("HostConfig"), value.get("Config")
    if isinstance(host, dict) and isinstance(inside, dict) and _is_neo4j(inside.get("Env")):
        yield from _docker_limits(host, where)
    resources = value.get("resources")
    if isinstance(resources, dict) and _is_neo4j(value.get("env")):
        limits = resources.get("limits")
        for fact, unit in (("memory", "memory"), ("cpus", "cpu")):
            text = limits.get(unit) if isinstance(limits, dict) else None
            number = amount(text) if isinstance(text, str) else None
            if number is not None:
                yield MachineFact(fact, number, f"{str(text)[:40]} (the container's limit)", where)


def _docker_limits(host: Mapping[str, object], where: Where) -> Iterator[MachineFact]:
    memory, cpus, files = host.get("Memory"), host.get("NanoCpus"), host.get("Ulimits")
    if isinstance(memory, int) and 0 < memory < 1 << 60:
        yield MachineFact("memory", float(memory), f"{memory} (the container's limit)", where)
    if isinstance(cpus, int) and 0 < cpus < 1 << 60:
        yield MachineFact("cpus", cpus / 1e9, f"{cpus / 1e9:g} (the container's limit)", where)
    for limit in files if isinstance(files, list) else ():
        soft = limit.get("Soft") if isinstance(limit, dict) else None
        if isinstance(soft, int) and limit.get("Name") == "nofile" and 0 < soft < 1 << 60:
            yield MachineFact("open-files", float(soft), str(soft), where)


def _is_neo4j(variables: object) -> bool:
    return isinstance(variables, list) and any(
        _PREFIX in str(item.get("name") if isinstance(item, dict) else item)[:200]
        for item in variables
    )
