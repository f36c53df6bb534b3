"""Lines of a stranger's text, one by one, however long the file and each line is."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

__all__ = ["text_lines"]

_BLOCK = 1 << 18
_LONGEST = 1 << 16
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def text_lines(stream: BinaryIO, *, longest: int = _LONGEST) -> Iterator[tuple[int, str | None]]:
    r"""Yield each line's number and its text, None for one that is too long.

    Parameters
    ----------
    stream : binary stream
        UTF-8, or UTF-16 with a byte order mark, as PowerShell writes it.
    longest : int, bytes
        What a line may have.

    Yields
    ------
    tuple of (int, str or None)

    Examples
    --------
    >>> import io
    >>> list(text_lines(io.BytesIO(b"a\r\nbbbb\nc"), longest=3))
    [(1, 'a'), (2, None), (3, 'c')]
    """
    rest = b""
    number = 0
    skipping = False
    for part in _narrow(stream):
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            number += 1
            if skipping or len(line.rstrip(b"\r")) > longest:
                skipping = False
                yield number, None
            else:
                yield number, line.decode("utf-8", "replace").rstrip("\r")
        if len(rest) > longest + 1:
            rest, skipping = b"", True
    if rest or skipping:
        too_long = skipping or len(rest) > longest
        yield number + 1, None if too_long else rest.decode("utf-8", "replace").rstrip("\r")


def _narrow(stream: BinaryIO) -> Iterator[bytes]:
    first = stream.read(_BLOCK)
    if first.startswith(_WIDE):
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
        while first:
            yield decoder.decode(first).encode("utf-8", "replace")
            first = stream.read(_BLOCK)
        return
    first = first.removeprefix(codecs.BOM_UTF8)
    while first:
        yield first
        first = stream.read(_BLOCK)
