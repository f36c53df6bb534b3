"""Whose turn it is in the process that plays all clients, and from which address they come.

Every process of a client would run on some host: here each connects from a loopback address
of its own, so that the server can tell them apart. It must not know the driver or the load.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import socket
from dataclasses import dataclass
from typing import Any

#: Linux's own number of the option that leaves the choice of the port to `connect`.
IP_BIND_ADDRESS_NO_PORT = 24


@dataclass(frozen=True, slots=True)
class Process:
    """One process of a client.

    Parameters
    ----------
    agent : str
        The client's user agent.
    instance : int, >= 0
        Which of its processes.
    host : str
        The address it connects from; empty leaves it to the system.
    """

    agent: str
    instance: int
    host: str = ""


_running: contextvars.ContextVar[Process | None] = contextvars.ContextVar("running", default=None)


def act_as(process: Process) -> None:
    """Let the running task, and those that it starts, be one process of a client.

    Parameters
    ----------
    process : Process
    """
    _running.set(process)


def acting() -> Process | None:
    """Return which process of a client the running task is, None for none."""
    return _running.get()


def host_of(client: int, instance: int) -> str:
    """Return the loopback address of a process.

    Parameters
    ----------
    client, instance : int, 0 <= number < 250

    Examples
    --------
    >>> host_of(0, 3)
    '127.0.1.4'
    """
    return f"127.0.{client + 1}.{instance + 1}"


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose connections come from the address of the process that opens them."""

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        """Connect a socket, from the acting process's address where the system has it."""
        process = acting()
        if process is not None and process.host:
            # Elsewhere than on Linux, loopback is one address only.
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                sock.bind((process.host, 0))
        await super().sock_connect(sock, address)
