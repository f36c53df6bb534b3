"""Thread dumps of a Java process by the attach protocol of HotSpot.

Spoken straight over the process's unix socket, a dump costs milliseconds and no new Java
process, which is cheap enough for one a second. ``jcmd`` is the way back when the socket
cannot be had. This room must not know what the threads are for.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from data.lab.build import find_program
from data.lab.errors import LabError

SOCKET_TIMEOUT_SECONDS = 5.0
LISTEN_TIMEOUT_SECONDS = 5.0


def dump_threads(pid: int) -> str:
    """Return the text of a thread dump, as ``jstack`` prints it.

    Parameters
    ----------
    pid : int
        A Java process of the same user on the same machine.

    Returns
    -------
    str
        The dump, from its date line on.

    Raises
    ------
    LabError
        When neither the socket nor ``jcmd`` gives one.
    """
    try:
        return _ask(_socket_of(pid), "threaddump")
    except (OSError, TimeoutError):
        return _dump_with_jcmd(pid)


def _socket_of(pid: int) -> Path:
    # HotSpot on Linux uses /tmp for this whatever java.io.tmpdir says.
    path = Path("/proc", str(pid), "root", "tmp", f".java_pid{pid}")
    if path.is_socket():
        return path
    trigger = Path(f"/proc/{pid}/cwd/.attach_pid{pid}")
    trigger.touch()
    try:
        os.kill(pid, signal.SIGQUIT)
        deadline = time.monotonic() + LISTEN_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if path.is_socket():
                return path
            time.sleep(0.05)
    finally:
        trigger.unlink(missing_ok=True)
    raise TimeoutError(f"process {pid} opened no attach socket")


def _ask(path: Path, command: str) -> str:
    with socket.socket(socket.AF_UNIX) as talk:
        talk.settimeout(SOCKET_TIMEOUT_SECONDS)
        talk.connect(str(path))
        # Protocol version, command and three arguments, each ended by a zero byte.
        talk.sendall(b"1\0" + command.encode() + b"\0" * 4)
        parts: list[bytes] = []
        while part := talk.recv(1 << 16):
            parts.append(part)
    code, _, text = b"".join(parts).decode(errors="replace").partition("\n")
    if code != "0":
        raise OSError(f"attach answered {code}: {text[:200]}")
    return text


def _dump_with_jcmd(pid: int) -> str:
    result = subprocess.run(
        [str(find_program("jcmd")), str(pid), "Thread.print"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if result.returncode != 0:
        raise LabError(
            f"No thread dump of process {pid} could be taken: its attach socket did not"
            f" open, and jcmd ended with exit code {result.returncode}."
        )
    return result.stdout.partition("\n")[2]
