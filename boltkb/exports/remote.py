"""An export asked of a running Prometheus: its metrics between two times, server by server.

Knows how an address becomes an export; `metrics.live` knows how to ask.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from boltkb.errors import ExportError
from boltkb.exports.assembling import assemble
from boltkb.exports.export import Export
from boltkb.exports.gathered import Gathered

if TYPE_CHECKING:
    from boltkb.exports.metrics.live import Fetched

__all__ = ["AUTHORIZATION", "is_address", "open_address"]

#: The environment variable whose value is sent as `Authorization`; an address that stands in a
#: report's parameters must not hold a password.
AUTHORIZATION = "BOLTKB_PROMETHEUS_AUTHORIZATION"


def is_address(path: str) -> bool:
    """Return whether a path is the address of a Prometheus rather than one on a disk.

    Examples
    --------
    >>> is_address("http://127.0.0.1:9090"), is_address("exports/monday")
    (True, False)
    """
    return path.lower().startswith(("http://", "https://"))


def open_address(url: str, *, server: str = "", start: str = "", end: str = "") -> Export:
    """Return what a running Prometheus has of one Neo4j server or of several.

    Parameters
    ----------
    url : str
        Of Prometheus itself, `http://` or `https://`.
    server : str, optional
        The `instance` of the one server that is meant.
    start, end : str
        ISO 8601 or epoch seconds; both are needed.

    Returns
    -------
    Export
        Of several servers, a cluster.

    Raises
    ------
    ExportError
        Without a span of time; when Prometheus cannot be reached, does not answer as it should,
        or has no metric of Neo4j in that time.
    ParameterError
        For a time that is none.

    Examples
    --------
    >>> open_address("http://127.0.0.1:9090")
    Traceback (most recent call last):
    boltkb.errors.ExportError: `127.0.0.1:9090`: a Prometheus keeps weeks; give start and end
    """
    address = urlsplit(url)
    name = address.hostname or "prometheus"
    shown = f"{name}:{address.port}" if address.port else name
    if not start or not end:
        raise ExportError("a Prometheus keeps weeks; give start and end", shown)
    # A client of the web takes a tenth of a second to load, which files on a disk do not need.
    from boltkb.exports.metrics.live import fetch_servers

    given = os.environ.get(AUTHORIZATION, "")
    fetched = fetch_servers(
        url,
        start,
        end,
        labels={"instance": server} if server else None,
        headers={"Authorization": given} if given else None,
    )
    if len(fetched.servers) == 1:
        return _one(fetched, f"{name}-{fetched.servers[0].server}".rstrip("-"))
    members = tuple(
        _one(replace(fetched, servers=(member,)), f"{name}-{member.server}")
        for member in fetched.servers
    )
    return replace(
        assemble(fetched.source.path, name, Gathered()),
        start=min((m.start for m in members if m.start is not None), default=None),
        end=max((m.end for m in members if m.end is not None), default=None),
        servers=members,
    )


def _one(fetched: Fetched, name: str) -> Export:
    from boltkb.exports.metrics.live import take_fetched

    gathered = Gathered()
    take_fetched(fetched, gathered)
    return assemble(fetched.source.path, name, gathered)
