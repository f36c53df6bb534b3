"""What is sought instead of whole literals finds the same lines."""

from __future__ import annotations

import pytest
from export_shapes import member

from boltkb.catalogue import load_messages
from boltkb.exports.logs import needles
from boltkb.exports.logs.diagnostics import DIAGNOSTIC_NEEDLES
from boltkb.exports.logs.needles import all_needles, sought_parts
from boltkb.exports.logs.reading import read_log

IN_MESSAGES = {
    needle.encode() for message in load_messages().values() for needle in message.needles
}
TIME = "2024-06-27 15:16:34.519+0000"


def test_each_part_belongs_to_a_literal_that_is_sought() -> None:
    assert set(needles._PARTS) <= IN_MESSAGES | set(DIAGNOSTIC_NEEDLES)
    for literal, part in needles._PARTS.items():
        assert part in literal
        assert len(part) >= 8
        # Where these stand in a line is asked for, so they are sought whole.
        assert not any(
            literal in needle
            for message in load_messages().values()
            for needle in map(str.encode, message.needles)
            if message.counts == "rejection" or message.id.startswith("trace-")
        )


def test_few_enough_are_sought_for_the_quick_search() -> None:
    # From 33 literals on the search takes twice the time.
    assert len(all_needles(sought_parts(DIAGNOSTIC_NEEDLES)).literals) <= 32


@pytest.mark.parametrize(
    "message",
    [m for m in load_messages().values() if not m.id.startswith(("trace-", "gc-p", "safe", "vm-"))],
    ids=lambda message: message.id,
)
def test_every_literal_leads_to_its_message(message) -> None:
    sought = all_needles(sought_parts(DIAGNOSTIC_NEEDLES))
    for needle in message.needles:
        text = f"{TIME} INFO  [a.B] {needle}\n".encode()
        found = [
            message
            for number, _, _ in sought.seek(text, len(text))
            for message in sought.messages[number]
        ]
        assert message in found


def test_a_part_alone_is_neither_an_event_nor_a_title() -> None:
    parts = [part.decode() for part in sought_parts(sorted(needles._PARTS))]
    lines = [f"{TIME} INFO  [a.B] one {part} two\n" for part in parts]
    lines += ["a.setting=1\n", "  server.bolt.thread_pool_max_size=3\n"]
    read = read_log(member("debug.log", "".join(lines)))
    assert read.events == ()
    assert read.settings is None
    assert read.source.rows == len(parts)
