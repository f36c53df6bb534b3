"""Pools beside the main one, and who shares the main one with ordinary clients."""

from __future__ import annotations

import re

from boltkb.bolt.pool.known import Known
from boltkb.bolt.pool.settings import as_number, in_this_version, read_setting
from boltkb.bolt.pool.shape import OtherPool
from boltkb.catalogue import Version, load_settings
from boltkb.exports import Export

__all__ = ["other_pools", "shared_with"]

#: Up to 3.5 every Bolt connector has a pool, under a name of the operator's own.
_CONNECTOR = re.compile(r"^dbms\.connector\.(?P<name>[^.]+)\.(?P<what>type|thread_pool_max_size)$")
_ONE_POOL = Version.parse("4.0")
_ROUTED = Version.parse("4.4")


def other_pools(export: Export, version: Version | None) -> tuple[OtherPool, ...]:
    """Return the pools that a server has beside its main one.

    Parameters
    ----------
    export : Export
    version : Version or None

    Returns
    -------
    tuple of OtherPool
    """
    return (*_unix_socket(export, version), *_connectors(export, version))


def shared_with(export: Export, version: Version | None) -> tuple[str, ...]:
    """Return who takes threads of the main pool beside ordinary clients, in sentences.

    Parameters
    ----------
    export : Export
    version : Version or None

    Returns
    -------
    tuple of str
        Only what this export or this version makes certain or likely.
    """
    found = []
    addresses = export.setting("bolt-additional-listen-addresses")
    if addresses is not None and addresses.value.strip():
        found.append(
            f"Connections at the further addresses ({addresses.name} in {addresses.where}) take "
            "threads of the same pool."
        )
    if _unix_shares(export, version):
        found.append("Connections through the Unix socket take threads of the same pool.")
    routing = read_setting(export, "bolt-routing", version)
    # Only Enterprise opens the connector by which members pass requests on (5.x, code read).
    clustered = export.edition == "enterprise" and (version is None or version >= _ROUTED)
    if clustered and routing.value is True:
        found.append(
            "Other members of a cluster that pass requests on to this one take threads of the "
            f"same pool ({routing.how})."
        )
    if any((row.agent or "").startswith("neo4j-query-api") for row in export.connections):
        found.append(
            "The HTTP Query API comes in through a driver within the server, and takes threads of "
            "the same pool."
        )
    return tuple(found)


def _unix_socket(export: Export, version: Version | None) -> tuple[OtherPool, ...]:
    """Return the Unix socket's pool: 2025.08 and later, where the socket and its pool are on."""
    if not _unix_on(export, version) or _unix_shares(export, version):
        return ()
    threads = read_setting(export, "bolt-unix-socket-threads-max", version)
    words = (
        f"Connections through the Unix socket have a pool of their own, of at most {threads} "
        "threads: an administrator gets in by it when the main pool is full. The metric "
        "connections_running and thread dumps have both pools in them."
    )
    return (OtherPool("the Unix socket", threads, words),)


def _unix_on(export: Export, version: Version | None) -> bool:
    on = export.setting("bolt-unix-socket")
    return on is not None and as_number(on.value) is True and version is not None


def _unix_shares(export: Export, version: Version | None) -> bool:
    if not _unix_on(export, version):
        return False
    if not in_this_version("bolt-unix-socket-own-pool", version):
        return True
    return read_setting(export, "bolt-unix-socket-own-pool", version).value is False


def _connectors(export: Export, version: Version | None) -> tuple[OtherPool, ...]:
    if version is None or version >= _ONE_POOL:
        return ()
    kinds: dict[str, str] = {}
    sizes: dict[str, Known] = {}
    for name, value in export.settings.items():
        found = _CONNECTOR.match(name)
        if found is None or found["name"] == "bolt":
            continue
        if found["what"] == "type":
            kinds[found["name"]] = value.value.strip().upper()
        else:
            size = as_number(value.value)
            sizes[found["name"]] = Known(
                size, f"{name} in {value.where}", value.where, value.origin
            )
    own = sorted(sizes.keys() | {name for name, kind in kinds.items() if kind == "BOLT"})
    text = load_settings()["bolt-threads-max"].default_in(version)
    default = Known(as_number(text), f"default of Neo4j {version}", None, "default")
    return tuple(
        OtherPool(
            f"the connector {name}",
            sizes.get(name, default),
            f"In Neo4j {version} each Bolt connector has a pool: the connector {name} has one "
            "beside that of `bolt`, and the metrics count both.",
        )
        for name in own
    )
