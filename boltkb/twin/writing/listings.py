"""show-transactions.csv and list-connections.csv, as `cypher-shell --format plain` prints them."""

from __future__ import annotations

import numpy as np

from boltkb.catalogue import Version
from boltkb.twin.clients import Client
from boltkb.twin.writing.configuration import PORT, address
from boltkb.twin.writing.dialects import Dialect
from boltkb.twin.writing.lines import stamp
from boltkb.twin.writing.places import Places
from boltkb.twin.writing.queries import query_text, transaction_number
from boltkb.twin.writing.snapshots import Snapshot

__all__ = ["connections_listed", "lists_connections", "lists_transactions", "transactions_listed"]

_CONNECTIONS = (
    "connectionId", "connectTime", "connector", "username", "userAgent", "serverAddress",
    "clientAddress",
)  # fmt: skip
_MODERN = (
    "database", "transactionId", "currentQueryId", "outerTransactionId", "connectionId",
    "clientAddress", "username", "metaData", "currentQuery", "parameters", "planner", "runtime",
    "indexes", "startTime", "currentQueryStartTime", "protocol", "requestUri", "status",
    "currentQueryStatus", "statusDetails", "resourceInformation", "activeLockCount",
    "currentQueryActiveLockCount", "elapsedTime", "cpuTime", "waitTime", "idleTime",
    "currentQueryElapsedTime", "currentQueryCpuTime", "currentQueryWaitTime",
    "currentQueryIdleTime", "currentQueryAllocatedBytes", "allocatedDirectBytes",
    "estimatedUsedHeapMemory", "pageHits", "pageFaults", "currentQueryPageHits",
    "currentQueryPageFaults", "initializationStackTrace",
)  # fmt: skip
_NEW_IN_5 = {
    "currentQueryStartTime", "currentQueryStatus", "statusDetails", "currentQueryActiveLockCount",
    "currentQueryElapsedTime", "currentQueryCpuTime", "currentQueryWaitTime",
    "currentQueryIdleTime", "currentQueryAllocatedBytes", "estimatedUsedHeapMemory",
    "currentQueryPageHits", "currentQueryPageFaults",
}  # fmt: skip


def lists_connections(dialect: Dialect, edition: str) -> bool:
    """Return whether an edition has the list of connections."""
    return edition == "enterprise" or dialect.version >= Version.parse("4.2")


def lists_transactions(dialect: Dialect) -> bool:
    """Return whether a version has SHOW TRANSACTIONS."""
    return dialect.version >= Version.parse("4.4")


def connections_listed(
    found: Snapshot,
    clients: tuple[Client, ...],
    member: int,
    places: Places,
    began: float,
) -> str:
    """Return the list of connections of a member."""
    these = found.connections
    peers = _peers(found, places)
    rows = [", ".join(_CONNECTIONS)]
    here = f"{address(member)}:{PORT}"
    for connection, peer in zip(these, peers, strict=True):
        client = clients[int(connection["client"])]
        cells = (
            f"bolt-{connection['serial']}", _moment(began + float(connection["opened"])), "bolt",
            "neo4j", client.name, here, peer,
        )  # fmt: skip
        rows.append(", ".join(_quoted(cell) for cell in cells))
    return "\n".join(rows) + "\n"


def transactions_listed(
    found: Snapshot,
    clients: tuple[Client, ...],
    dialect: Dialect,
    member: int,
    places: Places,
    began: float,
) -> str:
    """Return the open transactions of a member."""
    columns = [c for c in _MODERN if dialect.modern or c not in _NEW_IN_5]
    rows = [", ".join(columns)]
    here = f"{address(member)}:{PORT}"
    for connection, peer in zip(found.connections, _peers(found, places), strict=True):
        if connection["in_transaction"] != 1:
            continue
        client = clients[int(connection["client"])]
        state = found.state(connection)
        busy = state != "waiting_for_client"
        begun = float(connection["transaction_start"])
        asked = max(float(connection["pending"]), begun)
        number = transaction_number(np.array([begun]))[0]
        waits = float(connection["lock_wait"])
        query = query_text(client) if busy else ""
        since = max(found.time - begun, 0.0)
        told = {
            "database": _quoted("neo4j"),
            "transactionId": _quoted(f"neo4j-transaction-{number}"),
            "currentQueryId": _quoted(f"query-{number - 2}" if busy else ""),
            "connectionId": _quoted(f"bolt-{connection['serial']}"),
            "clientAddress": _quoted(peer),
            "username": _quoted("neo4j"),
            "metaData": "{}",
            "currentQuery": _quoted(query),
            "parameters": "{}",
            "planner": _quoted("idp" if busy else ""),
            "runtime": _quoted("slotted" if busy else ""),
            "indexes": "[]",
            "startTime": _quoted(_moment(began + begun)),
            "currentQueryStartTime": _quoted(_moment(began + asked) if busy else ""),
            "protocol": _quoted("bolt"),
            "requestUri": _quoted(here),
            "status": _quoted("Running"),
            "currentQueryStatus": _quoted("running" if busy else ""),
            "resourceInformation": "{}",
            "activeLockCount": str(int(state == "waiting_for_lock")),
            "elapsedTime": _duration(since),
            "waitTime": _duration(waits),
            "currentQueryElapsedTime": _duration(found.time - asked) if busy else "NULL",
            "currentQueryWaitTime": _duration(waits) if busy else "NULL",
            "currentQueryAllocatedBytes": "64" if busy else "NULL",
            "allocatedDirectBytes": "0",
            "estimatedUsedHeapMemory": "2097152",
            "pageHits": "0",
            "pageFaults": "0",
        }
        unknown = {"cpuTime", "idleTime", "currentQueryCpuTime", "currentQueryIdleTime"}
        counts = {"currentQueryActiveLockCount", "currentQueryPageHits", "currentQueryPageFaults"}
        rest = dict.fromkeys(unknown, "NULL") | dict.fromkeys(counts, "0" if busy else "NULL")
        cells = [told.get(column) or rest.get(column) or '""' for column in columns]
        rows.append(", ".join(cells))
    return "\n".join(rows) + "\n"


def _peers(found: Snapshot, places: Places) -> list[str]:
    these = found.connections
    return places.peers(these["serial"].astype(int), these["client"].astype(int))


def _moment(time: float) -> str:
    return stamp(time, "%Y-%m-%dT%H:%M:%S%.3fZ")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _duration(seconds: float) -> str:
    whole = round(max(seconds, 0.0), 3)
    hours, rest = divmod(whole, 3600.0)
    minutes, rest = divmod(rest, 60.0)
    text = f"{int(hours)}H" if hours else ""
    text += f"{int(minutes)}M" if minutes else ""
    if rest or not text:
        text += f"{rest:.3f}".rstrip("0").rstrip(".") + "S"
    return f"PT{text}"
