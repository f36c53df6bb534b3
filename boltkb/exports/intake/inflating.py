"""Deflated bytes unpacked piece by piece, and a gzip file entered in its middle.

Memory does not grow with what comes out.  Of bytes that are cut, all that can be unpacked is
given before `Damaged` is raised.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from boltkb.exports.intake.streams import Damaged
from boltkb.exports.intake.windows import RandomBytes

__all__ = ["GzipBytes", "Inflating"]

_STEP = 1 << 16
#: A place to enter a gzip file at is remembered every so many unpacked bytes; each costs 50 kB.
_APART = 32 << 20
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(slots=True)
class _Entrance:
    """The state of an unpacking after so many bytes."""

    unpacked: int
    packed: int
    inflater: zlib._Decompress
    tail: bytes
    gzip: bool

    def copy(self) -> _Entrance:
        return _Entrance(self.unpacked, self.packed, self.inflater.copy(), self.tail, self.gzip)


def _beginning(*, gzip: bool) -> _Entrance:
    # zlib's own words for its windows: deflate within gzip, and bare.
    return _Entrance(0, 0, zlib.decompressobj(31 if gzip else -15), b"", gzip)


class Inflating(io.RawIOBase):
    r"""Deflated bytes, unpacked.

    Parameters
    ----------
    packed : binary file
        Closed with this one.
    gzip : bool
        Whether they lie within gzip, one or several; bare otherwise.

    Examples
    --------
    >>> import gzip
    >>> Inflating(io.BytesIO(gzip.compress(b"t,value\n")), gzip=True).read(100)
    b't,value\n'
    """

    def __init__(
        self,
        packed: BinaryIO | io.RawIOBase,
        *,
        gzip: bool,
        start: _Entrance | None = None,
        after: Callable[[Inflating], None] | None = None,
    ) -> None:
        self._packed = packed
        self._state = start or _beginning(gzip=gzip)
        self._after = after
        self._ended = False
        self._behind = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    @property
    def unpacked(self) -> int:
        """Bytes given so far, counted from the file's beginning."""
        return self._state.unpacked

    @property
    def complete(self) -> bool:
        """Whether the deflated bytes have come to their own end."""
        return self._ended

    @property
    def consumed(self) -> int:
        """Packed bytes that what was given so far took, counted from where this began."""
        return self._state.packed - len(self._state.tail) - self._behind

    def entrance(self) -> _Entrance:
        """Return where this stands, to be entered again."""
        return self._state.copy()

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, a positive number; fewer only at the end.

        Raises
        ------
        Damaged
            When the packed bytes end early or are not deflated; once all before is given.
        """
        out = bytearray()
        state = self._state
        # In small steps: one that meets a fault takes what it has unpacked with it.
        while len(out) < size and not self._ended:
            if not state.tail:
                state.tail = self._packed_bytes(state)
            try:
                if not state.tail:
                    raise Damaged("they end early")  # noqa: TRY301
                piece = state.inflater.decompress(state.tail, min(size - len(out), _STEP))
            except (Damaged, zlib.error) as problem:
                if out:
                    # The next call meets the same fault with nothing to give.
                    break
                raise Damaged(str(problem).rpartition(": ")[2]) from None
            state.tail = state.inflater.unconsumed_tail
            state.unpacked += len(piece)
            out += piece
            if state.inflater.eof:
                self._next(state)
            if self._after is not None:
                self._after(self)
        return bytes(out)

    def _packed_bytes(self, state: _Entrance) -> bytes:
        data = self._packed.read(_STEP) or b""
        state.packed += len(data)
        return data

    def _next(self, state: _Entrance) -> None:
        rest = state.inflater.unused_data
        # Gzip files may stand one after the other; anything else behind one is padding.
        if state.gzip and len(rest) < len(_GZIP_MAGIC):
            rest += self._packed_bytes(state)
        if state.gzip and rest.startswith(_GZIP_MAGIC):
            state.inflater, state.tail = zlib.decompressobj(31), rest
        else:
            self._ended, self._behind = True, len(rest)

    def close(self) -> None:
        """Close the packed file as well."""
        if not self.closed:
            self._packed.close()
        super().close()


class GzipBytes:
    """The unpacked bytes of a gzip file, which is read once and can then be entered anywhere.

    Every 32 MB the state of the unpacking is kept, so that the last file of a large archive does
    not cost all those before it.

    Parameters
    ----------
    packed : RandomBytes
    """

    def __init__(self, packed: RandomBytes) -> None:
        self._packed = packed
        self._entrances = [_beginning(gzip=True)]
        self.packed_size = packed.size

    def at(self, offset: int) -> io.RawIOBase:
        """Return a file that begins at an offset.

        Raises
        ------
        Damaged
            When the packed bytes end before it.
        """
        nearest = max(
            (entry for entry in self._entrances if entry.unpacked <= offset),
            key=lambda entry: entry.unpacked,
        )
        below = self._packed.at(nearest.packed)
        stream = Inflating(below, gzip=True, start=nearest.copy(), after=self._remember)
        left = offset - nearest.unpacked
        while left > 0 and (part := stream.read(min(left, 1 << 20))):
            left -= len(part)
        return stream

    def _remember(self, stream: Inflating) -> None:
        if stream.unpacked >= self._entrances[-1].unpacked + _APART:
            self._entrances.append(stream.entrance())
