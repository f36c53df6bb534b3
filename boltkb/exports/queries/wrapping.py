"""What a log was wrapped in on its way: prefixes of journald and containers, arrays of clouds.

Takes the wrapping off a stream of bytes; knows nothing of what is in an entry.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from boltkb.exports.queries.plain import ENTRY_BEGINS

__all__ = ["MARK", "Wrapping", "unwrapped", "wrapping_of"]

#: What marks a text as UTF-8 at its beginning.
MARK = b"\xef\xbb\xbf"
_LONGEST_ITEM = 16 << 20
#: Each at most once, outermost first: compose's, a pod's name, a time or containerd's, journald's.
#: Once only, because the text of a query may look like one (`x | y`).
_PREFIX = re.compile(
    rb"^(?:[\w.-]{1,64} {0,32}\| )?"
    rb"(?:\[pod/[\w./-]{1,255}\] )?"
    rb"(?:\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:?\d\d) (?:std(?:out|err) [FP] )?)?"
    rb"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.:-]{1,255} [\w.@/-]{1,64}(?:\[\d{1,10}\])?: )?",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Wrapping:
    """How a log is written.

    Parameters
    ----------
    structured : bool
        Whether its entries are JSON.
    kind : str
        `none`, `prefixed`, `docker` (each line in JSON of its own), `array` (one array of JSON).
    """

    structured: bool
    kind: Literal["none", "prefixed", "docker", "array"] = "none"

    @property
    def rejoined(self) -> bool:
        """Whether lines are made here, so that their ends say nothing."""
        return self.kind in {"docker", "array"}


def wrapping_of(head: bytes) -> Wrapping:
    r"""Return how a log is written, by its first bytes.

    Examples
    --------
    >>> wrapping_of(b'{"time":"2024-06-27 15:16:34.519+0000","type":"query"}\n')
    Wrapping(structured=True, kind='none')
    """
    head = head.removeprefix(MARK)
    if head.lstrip().startswith(b"["):
        stripped = head.lstrip()[1:].lstrip()
        if stripped.startswith(b"{"):
            return Wrapping(structured=True, kind="array")
    for line in head.split(b"\n"):
        if ENTRY_BEGINS.match(line):
            return Wrapping(structured=False)
        if line.startswith(b"{"):
            inner = _docker_text(line)
            if inner is None:
                return Wrapping(structured=True)
            return Wrapping(_PREFIX.sub(b"", inner).startswith(b"{"), "docker")
        bare = _PREFIX.sub(b"", line)
        if bare != line and ENTRY_BEGINS.match(bare):
            return Wrapping(structured=False, kind="prefixed")
        if bare != line and bare.startswith(b"{"):
            return Wrapping(structured=True, kind="prefixed")
    return Wrapping(structured=False)


def unwrapped(
    parts: Iterable[bytes], wrapping: Wrapping, refuse: Callable[[int, str], None]
) -> Iterator[bytes]:
    """Yield the log itself.

    Parameters
    ----------
    parts : iterable of bytes
        The file as it was read.
    wrapping : Wrapping
    refuse : callable
        Told of the lines that cannot be read.
    """
    bare = _without_mark(parts)
    if wrapping.kind == "array":
        return _items(bare, refuse)
    if wrapping.kind == "none":
        return bare
    lines = _whole_lines(bare)
    if wrapping.kind == "prefixed":
        return (_PREFIX.sub(b"", part) for part in lines)
    return (_docker_lines(part) for part in lines)


def _without_mark(parts: Iterable[bytes]) -> Iterator[bytes]:
    begun = b""
    fresh = True
    for part in parts:
        if not fresh:
            yield part
            continue
        begun += part
        if len(begun) >= len(MARK):
            fresh = False
            yield begun.removeprefix(MARK)
    if fresh and begun:
        yield begun


def _whole_lines(parts: Iterable[bytes]) -> Iterator[bytes]:
    rest: list[bytes] = []
    held = 0
    for part in parts:
        end = part.rfind(b"\n") + 1
        if end:
            yield b"".join([*rest, part[:end]])
            rest, held = [], 0
        if end < len(part):
            rest.append(part[end:])
            held += len(part) - end
            if held > _LONGEST_ITEM:
                # An endless line is handed on as it is: framing refuses it.
                yield b"".join(rest)
                rest, held = [], 0
    if rest:
        yield b"".join(rest)


def _docker_text(line: bytes) -> bytes | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or "stream" not in found:
        return None
    text = found.get("log")
    return text.encode("utf-8", "replace") if isinstance(text, str) else None


def _docker_lines(part: bytes) -> bytes:
    # A line that is none of Docker's goes on as it is, to be counted.
    texts = [(_docker_text(line), line + b"\n") for line in part.splitlines() if line.strip()]
    return b"".join(line if text is None else _PREFIX.sub(b"", text) for text, line in texts)


def _items(parts: Iterable[bytes], refuse: Callable[[int, str], None]) -> Iterator[bytes]:
    # An array of objects, as a cloud's console saves it, becomes one object a line.
    text = ""
    tail = b""
    begun = False
    tried = 0
    for part in parts:
        whole = tail + part
        cut = len(whole) - _unfinished_character(whole)
        text += whole[:cut].decode("utf-8", "surrogateescape")
        tail = whole[cut:]
        if not begun:
            text, begun = text.lstrip().removeprefix("["), True
        # An item that is not whole yet is not tried again before it has doubled.
        if len(text) < 2 * tried and len(text) < _LONGEST_ITEM:
            continue
        lines, text = _whole_items(text)
        tried = len(text)
        if lines:
            yield lines
        if len(text) > _LONGEST_ITEM:
            refuse(1, f"an item longer than {_LONGEST_ITEM:,} bytes")
            return
    lines, text = _whole_items(text)
    if lines:
        yield lines
    if text.strip(" \t\r\n,]"):
        refuse(1, "cut in the middle of an item")


def _whole_items(text: str) -> tuple[bytes, str]:
    decoder = json.JSONDecoder(strict=False)
    out: list[bytes] = []
    at = 0
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        try:
            item, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        line = json.dumps(item, ensure_ascii=False, separators=(",", ":"))
        out.append(_encoded(line) + b"\n")
    return b"".join(out), text[at:]


def _unfinished_character(data: bytes) -> int:
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:
            return back if back < (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4) else 0
        if byte < 0x80:
            return 0
    return 0


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")
