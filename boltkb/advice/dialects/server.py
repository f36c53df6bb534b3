"""A server's setting as neo4j.conf, Docker, Helm and a running server take it.

Knows how each form of deployment writes a setting; names and what is dynamic are the catalogue's.
A setting that Neo4j does not support is never given a value here: it can only be taken out.
"""

from __future__ import annotations

import json
import re

from boltkb.advice.dialects.block import Block, Line, added, removed
from boltkb.catalogue import Version, load_settings, setting_name
from boltkb.errors import CatalogueError

__all__ = ["docker_name", "is_supported", "setting_blocks", "takes_effect"]

#: What a value from an export must look like to stand in a line that is copied.
_PLAIN = re.compile(r"[A-Za-z0-9_.,:*/%+-]{0,200}")
_UNSUPPORTED = re.compile(r"(?:^|\.)(?:internal|unsupported)(?:\.|_)")


def is_supported(name: str) -> bool:
    """Return whether Neo4j supports a setting, by its name.

    Examples
    --------
    >>> is_supported("server.bolt.thread_pool_max_size")
    True
    >>> is_supported("internal.server.bolt.thread_pool_queue_size")
    False
    >>> is_supported("dbms.connector.bolt.unsupported_thread_pool_queue_size")
    False
    """
    return _UNSUPPORTED.search(name) is None


def docker_name(name: str) -> str:
    """Return the variable of the environment by which a container sets a setting.

    An underscore becomes two, a dot becomes one; case stays.

    Examples
    --------
    >>> docker_name("server.bolt.thread_pool_max_size")
    'NEO4J_server_bolt_thread__pool__max__size'
    """
    return "NEO4J_" + name.replace("_", "__").replace(".", "_")


def takes_effect(identity: str, version: Version | None, edition: str | None) -> str:
    """Return how a change of a setting takes effect: `dynamic`, `needs a restart`, or a mixture.

    Only Enterprise Edition changes the settings of a running server.

    Examples
    --------
    >>> takes_effect("bolt-threads-max", None, "enterprise")
    'needs a restart'
    >>> takes_effect("transaction-timeout", None, "community")
    'needs a restart'
    >>> takes_effect("transaction-timeout", None, "enterprise")
    'dynamic'
    """
    setting = load_settings()[identity]
    if not setting.dynamic or edition == "community":
        return "needs a restart"
    since = setting.dynamic_since
    if isinstance(since, Version) and version is not None and version < since:
        return "needs a restart"
    doubt = since == "unknown" and (version is None or version < Version(5))
    if edition is None:
        return "dynamic in Enterprise Edition; Community needs a restart"
    return "dynamic where this version takes it, else it needs a restart" if doubt else "dynamic"


def setting_blocks(
    identity: str,
    version: Version | None,
    before: str,
    after: str,
    *,
    edition: str | None = None,
    written_as: str | None = None,
    container_first: bool = False,
) -> tuple[Block, ...]:
    """Return a change of a setting in each form of deployment.

    Parameters
    ----------
    identity : str
        The setting's id in the catalogue.
    version : Version or None
        The newest name is taken where it is None.
    before : str
        The value that the export's configuration has; empty where it has none.
    after : str
        The new value; empty takes the line out.
    edition : str or None
    written_as : str or None
        The name under which `before` was found, where it is not the version's.
    container_first : bool
        Whether the export tells of a container.

    Raises
    ------
    CatalogueError
        When a setting that Neo4j does not support is to be given a value.

    Examples
    --------
    >>> for block in setting_blocks("bolt-threads-max", Version(5, 26), "400", "600"):
    ...     print(block)
    neo4j.conf:
        - server.bolt.thread_pool_max_size=400
        + server.bolt.thread_pool_max_size=600
    Docker:
        - --env NEO4J_server_bolt_thread__pool__max__size=400
        + --env NEO4J_server_bolt_thread__pool__max__size=600
    Helm values:  (below config:)
        -   server.bolt.thread_pool_max_size: "400"
        +   server.bolt.thread_pool_max_size: "600"
    """
    name = setting_name(identity, version)
    if after and not is_supported(name):
        raise CatalogueError(f"{name} is not supported by Neo4j and must not be advised")
    old = written_as or name
    kept = before if _PLAIN.fullmatch(before) else ""
    conf = _block("neo4j.conf", f"{old}={kept}" if kept else "", f"{name}={after}", after)
    docker = _block(
        "Docker",
        f"--env {docker_name(old)}={kept}" if kept else "",
        f"--env {docker_name(name)}={after}",
        after,
    )
    helm = _block(
        "Helm values",
        f"  {old}: {json.dumps(kept)}" if kept else "",
        f"  {name}: {json.dumps(after)}",
        after,
        note="below config:",
    )
    ordered = (docker, helm, conf) if container_first else (conf, docker, helm)
    # What is to be taken out may not have been found, or not be fit to be repeated.
    forms = tuple(block for block in ordered if block.lines)
    effect = takes_effect(identity, version, edition)
    if not after or not effect.startswith("dynamic"):
        return forms
    call = f"CALL dbms.setConfigValue('{name}', '{after}');"
    running = Block(
        "The running server (Enterprise Edition)",
        (added(call),),
        note="on each member of a cluster; write it into the configuration too, or it is lost at "
        "the next start",
    )
    return (running, *forms)


def _block(label: str, old: str, new: str, after: str, note: str = "") -> Block:
    lines: list[Line] = []
    if old:
        lines.append(removed(old))
    if after:
        lines.append(added(new))
    return Block(label, tuple(lines), note=note)
