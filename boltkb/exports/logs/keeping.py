"""Python's search for unreachable cycles, put off while events are kept by the ten thousand.

What a log's reader makes is kept and has no cycles, yet each new generation of it is looked
through: a tenth of the time that rejections take.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["without_collections"]


@contextmanager
def without_collections() -> Iterator[None]:
    """Put off the search for cycles, in all threads, and let it go on as before afterwards.

    Examples
    --------
    >>> with without_collections():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
