"""threaddump.txt: the threads of a member at a moment, as the JVM prints them."""

from __future__ import annotations

from boltkb.twin.kernel import codes
from boltkb.twin.writing.dialects import Dialect
from boltkb.twin.writing.frames import network_stack, stack_of
from boltkb.twin.writing.lines import stamp
from boltkb.twin.writing.places import Places
from boltkb.twin.writing.snapshots import Snapshot
from boltkb.twin.writing.startup import java_version

__all__ = ["thread_dump"]

_NETWORK_THREADS = 8
_ADDRESS = 0x00007FA0C0000000
#: How long before the run begins the JVM was started, s.
_BEFORE = 15.0


def thread_dump(found: Snapshot, dialect: Dialect, places: Places, began: float) -> str:
    """Return a thread dump.

    Parameters
    ----------
    found : Snapshot
    dialect : Dialect
    places : Places
        Where its connections come from.
    began : float, epoch seconds
        When the run began.
    """
    vm = java_version(dialect)
    lines = [
        stamp(began + found.time, "%Y-%m-%d %H:%M:%S"),
        f"Full thread dump OpenJDK 64-Bit Server VM ({vm} mixed mode, sharing):",
        "",
    ]
    age = found.time + _BEFORE
    for name, number in (("Reference Handler", 2), ("Finalizer", 3), ("Signal Dispatcher", 4)):
        lines += [_title(name, number, age, "waiting on condition"), _state("RUNNABLE"), ""]
    for (worker, title), state in sorted(_workers(found, dialect, places).items()):
        waits, on, frames = stack_of(state, dialect)
        how = "runnable" if waits == "RUNNABLE" else "waiting on condition"
        lines += [_title(title, 24 + worker, age, how), _state(waits)]
        for place, frame in enumerate(frames):
            lines.append(f"\tat {frame}")
            if place == 0 and on:
                verb = "- waiting on" if "monitor" in waits else "- parking to wait for "
                lines.append(f"\t{verb} <0x{0xC0000000 + 8 * worker:016x}> (a {on})")
        lines.append("")
    for number in range(1, _NETWORK_THREADS + 1):
        lines += [_title(f"neo4j.BoltNetworkIO-{number}", 900 + number, age, "runnable")]
        lines += [_state("RUNNABLE"), *(f"\tat {frame}" for frame in network_stack(dialect)), ""]
    lines += ['"VM Thread" os_prio=0 cpu=1163.92ms elapsed=' + f"{age:.2f}s tid=0x00007fa0c01e0000"
              " nid=0x7b2b runnable  ", ""]  # fmt: skip
    lines += ["JNI global refs: 21, weak refs: 0", ""]
    return "\n".join(lines) + "\n"


def _workers(found: Snapshot, dialect: Dialect, places: Places) -> dict[tuple[int, str], str]:
    """Return each worker by number and name, with what it does."""
    workers: dict[tuple[int, str], str] = {}
    held = found.held
    held = held[held["state"] == codes.RUNNING]
    peers = places.peers(held["serial"].astype(int), held["client"].astype(int))
    most = max([0, *found.idle_workers, *held["worker"].tolist()]) + 1
    for connection, peer in zip(held, peers, strict=True):
        number = int(connection["worker"]) + 1
        if connection["executor"] % 2:  # the unix socket's pool, numbered after the main one
            number += most
        if dialect.modern:
            inside = f" [bolt-{connection['serial']} - /{peer}]"
        else:
            inside = f" [bolt] [/{peer}] "
        workers[number, f"neo4j.BoltWorker-{number}{inside}"] = found.state(connection)
    for worker in found.idle_workers:
        rest = "" if dialect.modern else " [bolt]"
        workers[worker + 1, f"neo4j.BoltWorker-{worker + 1}{rest}"] = "idle"
    return workers


def _title(name: str, number: int, age: float, how: str) -> str:
    place = f"tid=0x{_ADDRESS + 4096 * number:016x} nid=0x{0x7B2C + number:x} {how}"
    cpu = f"cpu={(number * 37) % 1900 + 0.47:.2f}ms elapsed={age:.2f}s"
    return (
        f'"{name}" #{number} daemon prio=5 os_prio=0 {cpu} {place}  [0x00007fa04a{number:04x}000]'
    )


def _state(state: str) -> str:
    return f"   java.lang.Thread.State: {state}"
