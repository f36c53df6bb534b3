"""Lines of a file of any size, one at a time, whatever its bytes are.

Knows encodings and line ends; nothing of what the lines say.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from boltkb.exports.intake.members import Member

__all__ = ["contains", "text_lines"]

_CHUNK = 1 << 20
#: Characters of a line that are kept: no line that is looked for is longer.
_LONGEST = 1 << 16


def text_lines(member: Member, *, chunk: int = _CHUNK) -> Iterator[tuple[int, str]]:
    r"""Yield the lines of a file with their numbers, without their ends.

    UTF-8, or UTF-16 where the first bytes say so.  A longer line is cut at 65,536 characters;
    bytes that are no text become U+FFFD, NULs stay.

    Parameters
    ----------
    member : Member
    chunk : int, bytes
        How much is read at one time.

    Raises
    ------
    ExportError
        When the file cannot be read.

    Examples
    --------
    >>> import io
    >>> list(text_lines(Member("x", None, lambda: io.BytesIO(b"one\r\ntwo"))))
    [(1, 'one'), (2, 'two')]
    """
    with member.open() as stream:
        first = stream.read(max(chunk, 4))
        wide = first.startswith((b"\xff\xfe", b"\xfe\xff"))
        decoder = codecs.getincrementaldecoder("utf-16" if wide else "utf-8-sig")("replace")
        number, rest, cut = 1, "", False
        data = first
        while True:
            text = decoder.decode(data, final=not data)
            pieces = (rest + text).split("\n")
            rest = pieces.pop()
            for piece in pieces:
                if not cut:
                    yield number, piece[:_LONGEST].removesuffix("\r")
                number, cut = number + 1, False
            if len(rest) > _LONGEST:
                # Told once, at its beginning; what follows up to its end is left out.
                if not cut:
                    yield number, rest[:_LONGEST]
                rest, cut = "", True
            if not data:
                break
            data = stream.read(chunk)
        if rest and not cut:
            yield number, rest.removesuffix("\r")


def contains(member: Member, needle: bytes) -> bool:
    """Return whether some bytes stand anywhere in a file.

    Raises
    ------
    ExportError
        When the file cannot be read.

    Examples
    --------
    >>> import io
    >>> contains(Member("x", None, lambda: io.BytesIO(b"ab" * 9)), b"ba")
    True
    """
    with member.open() as stream:
        before = b""
        while data := stream.read(_CHUNK):
            if needle in before + data:
                return True
            before = data[-len(needle) + 1 :]
    return False
