"""What is worked out ahead comes out as it would without a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boltkb.exports.logs.ahead import OUTSTANDING, ahead


def others() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "boltkb-ahead"]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(), max_size=20))
def test_everything_comes_out_in_its_order(things: list[int]) -> None:
    assert list(ahead(iter(things))) == things
    assert not others()


@pytest.mark.parametrize("sound", range(6))
def test_what_breaks_is_raised_after_what_came_before(sound: int) -> None:
    def breaking() -> Iterator[int]:
        yield from range(sound)
        raise ValueError("broken")

    things = ahead(breaking())
    assert [next(things) for _ in range(sound)] == list(range(sound))
    with pytest.raises(ValueError, match="broken"):
        next(things)
    assert not others()


def test_a_thing_may_be_used_until_the_next_is_asked_for() -> None:
    buffers = [[0] for _ in range(OUTSTANDING)]

    def filling() -> Iterator[list[int]]:
        for number in range(500):
            buffer = buffers[number % OUTSTANDING]
            buffer[0] = number
            yield buffer

    # Looked at late, so that a thread which ran too far ahead would have written over it.
    seen = []
    for buffer in ahead(filling()):
        threading.Event().wait(0.0001)
        seen.append(buffer[0])
    assert seen == list(range(500))


def test_whoever_stops_early_leaves_no_thread_behind() -> None:
    given = 0

    def endless() -> Iterator[int]:
        nonlocal given
        while True:
            given += 1
            yield given

    things = ahead(endless())
    assert [next(things) for _ in range(5)] == [1, 2, 3, 4, 5]
    assert others()
    things.close()
    assert not others()
    assert given <= 5 + OUTSTANDING


def test_little_is_worked_out_without_a_thread() -> None:
    things = ahead(iter([1, 2]))
    assert (next(things), others()) == (1, [])
    assert (list(things), others()) == ([2], [])
