from __future__ import annotations

import asyncio

from data.lab.cutting import IdleCutter

IDLE_SECONDS = 0.4
PATIENCE_SECONDS = 10.0


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while part := await reader.read(100):
        writer.write(part)
    writer.close()


async def talk_and_wait() -> tuple[bytes, float, int]:
    loop = asyncio.get_running_loop()
    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with IdleCutter(f"bolt://127.0.0.1:{port}", IDLE_SECONDS) as cutter:
            assert cutter.address.startswith("bolt://127.0.0.1:")
            assert cutter.address != f"bolt://127.0.0.1:{port}"
            near = int(cutter.address.rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", near)
            writer.write(b"hello")
            answer = await reader.readexactly(5)
            began = loop.time()
            try:
                rest = await reader.read()
            except ConnectionError:
                rest = b""
            assert rest == b""
            waited = loop.time() - began
            writer.close()
            return answer, waited, cutter.cut


def test_what_is_said_gets_through_and_silence_is_cut() -> None:
    answer, waited, cut = asyncio.run(asyncio.wait_for(talk_and_wait(), PATIENCE_SECONDS))
    assert answer == b"hello"
    assert waited > IDLE_SECONDS - 0.05
    assert cut == 1


async def reach_nobody() -> bytes:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    async with IdleCutter(f"bolt://127.0.0.1:{port}", IDLE_SECONDS) as cutter:
        near = int(cutter.address.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", near)
        try:
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()


def test_without_a_server_behind_it_a_connection_ends() -> None:
    assert asyncio.run(asyncio.wait_for(reach_nobody(), PATIENCE_SECONDS)) == b""
