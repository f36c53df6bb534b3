"""Accidents and ill will: what happens to bytes before a reader gets them."""

from __future__ import annotations

import random
from collections.abc import Callable

_NUMBERS = (
    b"0", b"-1", b"1e309", b"-1e309", b"nan", b"9" * 25, b"9" * 400, b"0.0000000001", b"1e-400",
    b"2147483648", b"9223372036854775808", b"18446744073709551616", b"0x7f", b"1_000", b"\xd9\xa3",
)  # fmt: skip
_SNIPPETS = (
    b"\0", b"\0" * 300, b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r", b"\r\n", b"\n\n\n",
    b"\t", b",,,,", b'"', b"'", b"\\", b"\\u0000", b"\\u", b"{" * 200, b"[" * 2000, b"}" * 50, b"(",
    b"\x1b[31m", b"\xe2\x80\xae", b"-" * 500, b"%s%n{}", b"</script>", b"=", b":", b"#", b"!",
    b" " * 400, b"9999-99-99 99:99:99.999+9999 ERROR ", b"0000-00-00 00:00:00.000-0000 INFO  x\n",
    b"1764000000000000000000,1\n", b"NULL", b"null", b"PT9999999999999999999H", b"P-1D", b"NaN",
    b"\xc3", b"\xf0\x9f\x92\xa9", b"a." * 400, b"/*", b"<!--", b"!!python/object:x", b"&a [*a,*a]",
)  # fmt: skip


def mutated(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """The bytes after one to four accidents; `other` lends its blocks and its header."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
        data = chance.choice(_ACCIDENTS)(data, other, chance)
    return data[: 1 << 16] if chance.random() > 0.002 else data


def _place(data: bytes, chance: random.Random) -> int:
    return chance.randrange(len(data) + 1)


def _flip(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 3, 20))):
        if changed:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _truncate(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] if chance.random() < 0.7 else data[at:]


def _duplicate(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    start, end = sorted((_place(data, chance), _place(data, chance)))
    return data[:end] + data[start:end] * chance.choice((1, 1, 2, 5)) + data[end:]


def _drop(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    start, end = sorted((_place(data, chance), _place(data, chance)))
    return data[:start] + data[end:]


def _shuffle(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)


def _header(data: bytes, other: bytes, chance: random.Random) -> bytes:
    head = other.split(b"\n", 1)[0]
    rest = data.split(b"\n", 1)[1] if b"\n" in data and chance.random() < 0.6 else data
    return head + b"\n" + rest


def _splice(data: bytes, other: bytes, chance: random.Random) -> bytes:
    at, start = _place(data, chance), _place(other, chance)
    return data[:at] + other[start : start + chance.choice((10, 100, 1000))] + data[at:]


def _insert(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + chance.choice(_SNIPPETS) + data[at:]


def _number(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    places = [i for i, byte in enumerate(data) if 48 <= byte <= 57]
    if not places:
        return data
    start = end = chance.choice(places)
    while end < len(data) and 48 <= data[end] <= 57:
        end += 1
    return data[:start] + chance.choice(_NUMBERS) + data[end:]


def _long_line(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    length = 3 << 20 if chance.random() < 0.01 else chance.choice((5_000, 40_000))
    return data[:at] + bytes([chance.randrange(32, 127)]) * length + data[at:]


def _noise(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + chance.randbytes(chance.choice((1, 8, 200))) + data[at:]


def _endings(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    return data.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\n\n", b"\x0b", b"\xe2\x80\xa8")))


def _wide(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    return text.encode(chance.choice(("utf-16", "utf-16-be", "latin-1", "utf-8-sig")), "replace")


def _empty_fields(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    mark = chance.choice((b",", b" ", b"\t", b":", b'"'))
    return data.replace(mark, chance.choice((b"", mark * 2, b";")), chance.choice((1, 5, -1)))


_ACCIDENTS: tuple[Callable[[bytes, bytes, random.Random], bytes], ...] = (
    _flip, _flip, _truncate, _duplicate, _drop, _shuffle, _header, _splice, _insert, _insert,
    _insert, _number, _number, _number, _long_line, _noise, _endings, _wide, _empty_fields,
)  # fmt: skip
