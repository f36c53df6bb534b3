"""Something between client and server that cuts connections which are idle for too long.

It relays bytes on loopback and knows nothing of what they mean.
"""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self

#: How often idle connections are looked for.
LOOK_SECONDS = 0.25
CHUNK = 1 << 16
#: More connections at once are turned away.
MOST = 500


class IdleCutter:
    """A relay in front of a server, as a load balancer or a firewall is.

    Parameters
    ----------
    address : str
        Where the server listens, such as ``bolt://127.0.0.1:7687``.
    idle : float, seconds, > 0
        A connection on which nothing moved for so long is cut on both sides.
    """

    def __init__(self, address: str, idle: float) -> None:
        scheme, _, place = address.partition("://")
        host, _, port = place.rpartition(":")
        self.address = ""
        self.cut = 0
        self._scheme, self._host, self._port = scheme, host, int(port)
        self._idle = idle
        self._moved: dict[asyncio.StreamWriter, tuple[float, asyncio.StreamWriter]] = {}
        self._serving: set[asyncio.Task[object]] = set()
        self._server: asyncio.Server | None = None
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.address = f"{self._scheme}://127.0.0.1:{port}"
        self._looking = asyncio.create_task(self._look())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._looking is not None:
            self._looking.cancel()
        for client, (_, server) in list(self._moved.items()):
            client.transport.abort()
            server.transport.abort()
        if self._server is not None:
            self._server.close()
        if self._serving:
            await asyncio.wait(self._serving)

    async def _serve(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        if len(self._moved) >= MOST:
            client.transport.abort()
            return
        try:
            answers, server = await asyncio.open_connection(self._host, self._port)
        except OSError:
            client.transport.abort()
            return
        self._moved[client] = (asyncio.get_running_loop().time(), server)
        try:
            await asyncio.gather(
                self._relay(reader, server, client), self._relay(answers, client, client)
            )
        finally:
            self._moved.pop(client, None)
            for side in (client, server):
                side.close()

    async def _relay(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        client: asyncio.StreamWriter,
    ) -> None:
        with contextlib.suppress(OSError):
            while part := await source.read(CHUNK):
                if client in self._moved:
                    self._moved[client] = (
                        asyncio.get_running_loop().time(),
                        self._moved[client][1],
                    )
                target.write(part)
                await target.drain()
            if target.can_write_eof():
                target.write_eof()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = asyncio.get_running_loop().time()
            for client, (moved, server) in list(self._moved.items()):
                if now - moved >= self._idle:
                    self.cut += 1
                    self._moved.pop(client, None)
                    client.transport.abort()
                    server.transport.abort()
