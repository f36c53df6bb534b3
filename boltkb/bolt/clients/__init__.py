"""The clients: their pools, the connections they open and keep, and how many they can ask with.

Part of the bridge.  Seen from the server (connections, addresses, agents) and from the clients'
own logs, where those are at hand; `reading` puts both together.
"""

from boltkb.bolt.clients.ceiling import DeclaredClients, declared_ceiling
from boltkb.bolt.clients.idle import MisreadIdle, misread_idle
from boltkb.bolt.clients.reading import read_clients
from boltkb.bolt.clients.records import Ceiling, ClientPool, Clients, Idle, Period

__all__ = [
    "Ceiling",
    "ClientPool",
    "Clients",
    "DeclaredClients",
    "Idle",
    "MisreadIdle",
    "Period",
    "declared_ceiling",
    "misread_idle",
    "read_clients",
]
