"""One thing after the other, the next ones worked out by a second thread meanwhile.

Knows nothing of what is worked out.  What comes out, and in which order, does not depend on the
thread; it pays where most of the work is done outside the interpreter's lock.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from itertools import islice
from queue import SimpleQueue
from typing import TypeVar

__all__ = ["OUTSTANDING", "ahead"]

T = TypeVar("T")

#: Things under way at most: one that is being used, one that waits, one that is worked out.
OUTSTANDING = 3
#: So many are worked out without a thread: most files are small.
_ALONE = 2


def ahead(things: Iterator[T]) -> Generator[T]:
    """Return what an iterator gives, worked out ahead by a thread.

    A thing may be used until the next one is asked for.  What the iterator raises is raised here,
    after the things before it.

    Parameters
    ----------
    things : iterator

    Examples
    --------
    >>> list(ahead(iter("abcd")))
    ['a', 'b', 'c', 'd']
    """
    yield from islice(things, _ALONE)
    room: SimpleQueue[bool] = SimpleQueue()
    ready: SimpleQueue[tuple[T] | BaseException | None] = SimpleQueue()
    for _ in range(OUTSTANDING - 1):
        room.put(True)

    def work() -> None:
        try:
            while room.get():
                thing = next(things, room)
                if thing is room:
                    break
                ready.put((thing,))  # type: ignore[arg-type]
        except BaseException as problem:
            ready.put(problem)
        else:
            ready.put(None)

    try:
        first = next(things)
    except StopIteration:
        return
    thread = threading.Thread(target=work, name="boltkb-ahead", daemon=True)
    thread.start()
    try:
        yield first
        room.put(True)
        while (got := ready.get()) is not None:
            if isinstance(got, BaseException):
                raise got
            yield got[0]
            room.put(True)
    finally:
        # Whoever stops early leaves no thread behind that reads on.
        room.put(False)
        thread.join()
