"""The stack of each state, in each version, is told for what it is."""

from __future__ import annotations

import io
import re

import pytest
from written_exports import VERSIONS

from boltkb.exports.intake.members import Member
from boltkb.exports.moments.dumps import read_dumps
from boltkb.twin.writing.dialects import Dialect
from boltkb.twin.writing.frames import STATES, stack_of

#: Up to 4.4 the throttle's own lock is waited for, which the reader knows by another name.
_OLD_NAMES = {"sending": "blocked_on_reader"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("state", STATES)
def test_a_reader_tells_the_state_from_the_stack(state: str, version: str) -> None:
    dialect = Dialect.of(version)
    waits, _, frames = stack_of(state, dialect)
    held = state != "idle"
    name = "neo4j.BoltWorker-1"
    if dialect.modern:
        name += " [bolt-3 - /10.0.0.1:4000]" if held else ""
    else:
        name += " [bolt] [/10.0.0.1:4000] " if held else " [bolt]"
    lines = [f'"{name}" #30 daemon prio=5 os_prio=0 tid=0x01 nid=0x02 waiting on condition']
    lines += [f"   java.lang.Thread.State: {waits}", *(f"\tat {frame}" for frame in frames), ""]
    text = "\n".join(["Full thread dump OpenJDK 64-Bit Server VM:", "", *lines]).encode()
    _, (found,) = read_dumps(Member("threaddump.txt", len(text), lambda: io.BytesIO(text)))
    expected = state if dialect.modern else _OLD_NAMES.get(state, state)
    assert [worker.state for worker in found.workers] == [expected]
    assert len(frames) > 5
    own = re.compile(
        r"^[\w.$/]+\((?:java\.base@[\d.]+/)?(?:\w+\.\w+:\d+|Native Method|Unknown Source)\)$"
    )
    assert [frame for frame in frames if not own.match(frame)] == []
