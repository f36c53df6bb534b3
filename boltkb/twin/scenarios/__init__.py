"""Situations to simulate, as data: one TOML file each, with parameters that have names.

Each says which signature it should leave and what should be concluded from it.  A value such as
"$rate" stands for a parameter of the file; a law is a number (the mean of an exponential law)
or a table such as `{ law = "lognormal", mean = 0.4, variability = 2.0 }`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from boltkb.errors import ModelError, ParameterError
from boltkb.queueing import Constant, Exponential, Gamma, Hyperexponential, Lognormal
from boltkb.twin.clients import Client, Driver, Work
from boltkb.twin.loads import Bursts, Curve, Poisson, Renewal, Replay, Users
from boltkb.twin.server import Machine, Server

__all__ = ["Scenario", "load_scenario", "scenario_names"]

_LAWS: Mapping[str, Any] = {
    "constant": Constant, "exponential": Exponential, "gamma": Gamma,
    "hyperexponential": Hyperexponential, "lognormal": Lognormal,
}  # fmt: skip
_LOADS: Mapping[str, Any] = {
    "poisson": Poisson, "users": Users, "bursts": Bursts, "renewal": Renewal, "replay": Replay,
    "curve": Curve, "day": Curve.day, "ramp": Curve.ramp,
}  # fmt: skip
_DRIVERS: Mapping[str, Any] = {
    "java": Driver.java, "java-5.27": Driver.java_5_27, "java-6": Driver.java_6,
    "python": Driver.python, "python-6": Driver.python_6, "javascript": Driver.javascript,
    "go": Driver.go, "go-6": Driver.go_6, "dotnet": Driver.dotnet,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scenario:
    """A situation, with its parameters settled.

    Parameters
    ----------
    name, title, signature, conclude, cause : str
        What it is called, shows, should lead to, and is caused by.
    hours : float
    parameters : mapping
        Names and values, as they were settled.
    server : Server
    clients : tuple of Client
    """

    name: str
    title: str
    signature: str
    conclude: str
    cause: str
    hours: float
    parameters: Mapping[str, float | int | str]
    server: Server
    clients: tuple[Client, ...]


def scenario_names() -> tuple[str, ...]:
    """Return the names of all scenarios, in alphabetical order.

    Examples
    --------
    >>> "healthy" in scenario_names()
    True
    """
    files = resources.files("boltkb.twin.scenarios").iterdir()
    return tuple(sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml")))


def load_scenario(
    name: str, *, changes: Mapping[str, str] | None = None, version: str = "5.26.0"
) -> Scenario:
    """Return a scenario, with some of its parameters set.

    Parameters
    ----------
    name : str
        One of `scenario_names`.
    changes : mapping of str to str, optional
        Values by the names of parameters, as text.
    version : str
        Of Neo4j.

    Raises
    ------
    ParameterError
        An unknown scenario or parameter, a value that is none, or that does not fit.

    Examples
    --------
    >>> load_scenario("pool_too_small", changes={"threads": "6"}).server.threads
    6
    """
    if name not in scenario_names():
        raise ParameterError(f"no scenario {name!r}; there are {', '.join(scenario_names())}")
    text = (resources.files("boltkb.twin.scenarios") / f"{name}.toml").read_text("utf-8")
    read = tomllib.loads(text)
    values = _settled(read.get("parameters", {}), changes or {})
    filled = _filled({k: read[k] for k in ("server", "clients") if k in read}, values)
    try:
        server = _server(filled.get("server", {}), version)
        clients = tuple(_client(dict(entry)) for entry in filled["clients"])
    except ModelError as error:
        raise ParameterError(str(error)) from error
    return Scenario(
        name=name,
        title=read["title"],
        signature=read["signature"],
        conclude=read["conclude"],
        cause=read["cause"],
        hours=float(read["hours"]),
        parameters=values,
        server=server,
        clients=clients,
    )


def _settled(
    declared: Mapping[str, Mapping[str, Any]], changes: Mapping[str, str]
) -> dict[str, float | int | str]:
    problems = []
    values: dict[str, float | int | str] = {k: entry["value"] for k, entry in declared.items()}
    for name, text in changes.items():
        if name not in declared:
            known = ", ".join(declared) or "none"
            problems.append(f"no parameter {name!r} in this scenario; there are {known}")
            continue
        kind = type(values[name])
        try:
            values[name] = kind(text)
        except ValueError:
            problems.append(f"`{name}` must be a {kind.__name__}; got {text!r}")
    if problems:
        raise ParameterError(problems)
    return values


def _filled(value: Any, values: Mapping[str, float | int | str]) -> Any:
    """Return a value of the file with the parameters put in."""
    if isinstance(value, str) and value.startswith("$"):
        return values[value[1:]]
    if isinstance(value, list):
        return [_filled(part, values) for part in value]
    if isinstance(value, dict):
        parts = {key: _filled(part, values) for key, part in value.items()}
        if "law" in parts:
            return _LAWS[parts.pop("law")](**parts)
        return parts
    return value


def _server(entry: Mapping[str, Any], version: str) -> Server:
    rest = dict(entry)
    machine = Machine(**rest.pop("machine", {}))
    return Server(version=version, machine=machine, **rest)


def _client(entry: dict[str, Any]) -> Client:
    driver = dict(entry.pop("driver"))
    load = dict(entry.pop("load"))
    made = _DRIVERS[driver.pop("language")](**driver)
    if "deploys" in entry:
        entry["deploys"] = tuple(float(moment) for moment in entry["deploys"])
    work = Work(**entry.pop("work"))
    return Client(entry.pop("name"), work, _LOADS[load.pop("kind")](**load), made, **entry)
