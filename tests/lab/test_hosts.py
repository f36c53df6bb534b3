from __future__ import annotations

import asyncio
import socket

import pytest

from data.lab.hosts import Loop, Process, act_as, acting, host_of

try:
    with socket.socket() as probe:
        probe.bind((host_of(0, 0), 0))
    ONE_ADDRESS = False
except OSError:
    ONE_ADDRESS = True


async def connect_as(process: Process | None, port: int) -> str:
    if process is not None:
        act_as(process)
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    host: str = writer.get_extra_info("sockname")[0]
    writer.close()
    return host


async def connect_all(processes: list[Process | None]) -> list[str]:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        tasks = [asyncio.create_task(connect_as(process, port)) for process in processes]
        found = await asyncio.gather(*tasks)
        assert acting() is None
        return found


@pytest.mark.skipif(ONE_ADDRESS, reason="loopback is one address on this system")
def test_each_process_connects_from_its_own_address() -> None:
    with asyncio.Runner(loop_factory=Loop) as runner:
        processes = [Process("a/1", 0, host_of(0, 0)), Process("b/1", 5, host_of(1, 5)), None]
        assert runner.run(connect_all(processes)) == ["127.0.1.1", "127.0.2.6", "127.0.0.1"]


def test_an_address_that_the_system_lacks_does_not_matter() -> None:
    with asyncio.Runner(loop_factory=Loop) as runner:
        # Of the range that is kept for documentation.
        assert runner.run(connect_all([Process("a/1", 0, "192.0.2.1")])) == ["127.0.0.1"]


def test_no_two_processes_have_one_address() -> None:
    assert len({host_of(c, i) for c in range(5) for i in range(60)}) == 300
