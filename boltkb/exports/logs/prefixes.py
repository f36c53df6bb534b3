r"""What others put around a server's lines: journald, docker, kubectl, containerd, colours.

A log that went through a collector has its lines behind a prefix or inside JSON.  The head of a
file tells which one; then every block of lines is brought back to what the server wrote, line for
line, so that line numbers stay those of the file.  Times in another spelling (`Z`, `T`, a comma,
no zone) are brought into the server's own.  Knows nothing of what the lines mean, so any reader
of lines can use it:

    wrapped = find_wrapping(head)
    block = wrapped.strip(block) if wrapped else block
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

__all__ = ["Wrapping", "find_wrapping"]

#: How many hosts or containers are told apart in one file.
_SOURCES = 20
#: A line that came in pieces is put together up to this many bytes.
_LONGEST = 1 << 20

_RFC3339 = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)"
_TAG = rb"(?P<source>[\w.-]{1,255}) [\w.@/-]{1,100}(?:\[\d{1,10}\])?:(?: |(?=\r?$))"
_PREFIXES: dict[str, bytes] = {
    "containerd": _RFC3339 + rb" (?:stdout|stderr) [FP] ?",
    "kubectl": rb"\[(?P<source>[\w./-]{1,300})\](?: |(?=\r?$))(?:"
    + _RFC3339
    + rb"(?: |(?=\r?$)))?",
    "docker compose": rb"(?P<source>[\w.-]{1,100}) +\| ?",
    "syslog": rb"<\d{1,3}>1 "
    + _RFC3339
    + rb" (?P<source>\S{1,255}) \S{1,48} \S{1,128} \S{1,32} - ?",
    "journald": rb"(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})?|"
    + _RFC3339
    + rb") "
    + _TAG,
    "docker": _RFC3339 + rb"(?: |(?=\r?$))",
}
_COMPILED = {name: re.compile(rb"^" + pattern, re.MULTILINE) for name, pattern in _PREFIXES.items()}
_PARTIAL = re.compile(rb"^" + _RFC3339 + rb" (?:stdout|stderr) (?P<flag>[FP]) ?")
_COLOUR = re.compile(rb"\x1b\[[0-9;]{0,40}[A-Za-z]")
_OWN = re.compile(
    rb'^(?:\{"time":")?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d{4}[ "]', re.MULTILINE
)
#: A time in any spelling, with the level behind it: nothing else is rewritten.
_ANY = re.compile(
    rb'^(?P<brace>\{"time": ?")?(?P<day>\d{4}-\d\d-\d\d)[ T](?P<time>\d\d:\d\d:\d\d)'
    rb"(?:[.,](?P<part>\d{1,9}))? ?(?P<zone>Z|[+-]\d\d:?\d\d)?"
    rb'(?P<after>(?:" ?, ?"level": ?"| +(?=(?:TRACE|DEBUG|INFO|WARN|ERROR)\b)))',
    re.MULTILINE,
)


@dataclass(slots=True)
class Wrapping:
    """How the lines of a file are wrapped, and what it takes to unwrap them.

    Parameters
    ----------
    name : str
        Who wrapped them; empty where only times are spelt otherwise.
    respelt : bool
        Whether times have another spelling than the server's own.
    sources : set of bytes
        Hosts or containers met; more than one means that several servers' lines are mixed.
    without_zone : int
        Times that have no zone, and are read as UTC.
    """

    name: str
    respelt: bool = False
    coloured: bool = False
    sources: set[bytes] = field(default_factory=set)
    without_zone: int = 0
    _pieces: list[bytes] = field(default_factory=list, init=False)
    _waiting: int = field(default=0, init=False)

    def strip(self, block: bytes) -> bytes:
        r"""Return a block of whole lines as the server wrote them, with as many lines.

        A line that came in pieces stands where its last piece was; its other pieces are empty.

        Examples
        --------
        >>> head = b"2024-06-27T15:16:34.5Z 2024-06-27 15:16:34.519+0000 INFO  Started.\n"
        >>> find_wrapping(head).strip(head)
        b'2024-06-27 15:16:34.519+0000 INFO  Started.\n'
        """
        if self.name in {"docker json", "journald json"}:
            take = _from_docker if self.name == "docker json" else _from_journal
            block = b"".join([self._joined(*take(line)) for line in block.split(b"\n")[:-1]])
        elif self.name == "containerd" and b" P " in block:
            block = b"".join([self._joined(*_from_containerd(x)) for x in block.split(b"\n")[:-1]])
        elif self.name:
            pattern = _COMPILED[self.name]
            if "source" in pattern.groupindex and len(self.sources) < _SOURCES:
                self.sources.update(list(set(pattern.findall(block)))[:_SOURCES])
            if self._pieces:
                first, _, rest = block.partition(b"\n")
                block = self._joined(pattern.sub(b"", first), whole=True) + pattern.sub(b"", rest)
            else:
                block = pattern.sub(b"", block)
        if self.coloured or b"\x1b[" in block:
            block = _COLOUR.sub(b"", block)
        return _ANY.sub(self._own_spelling, block) if self.respelt else block

    def _joined(self, text: bytes, whole: bool) -> bytes:
        if whole and not self._pieces:
            return text + b"\n"
        if self._waiting <= _LONGEST:
            self._pieces.append(text)
            self._waiting += len(text)
        if not whole:
            return b"\n"
        line = b"".join(self._pieces) + b"\n"
        self._pieces, self._waiting = [], 0
        return line

    def _own_spelling(self, found: re.Match[bytes]) -> bytes:
        zone = found["zone"]
        if zone is None:
            self.without_zone += 1
        ahead = b"+0000" if zone is None or zone == b"Z" else zone.replace(b":", b"")
        part = (found["part"] or b"")[:3].ljust(3, b"0")
        after = found["after"]
        brace = b""
        if found["brace"]:
            brace, after = b'{"time":"', b'","level":"'
        else:
            after = b" " + after.strip()
        return brace + found["day"] + b" " + found["time"] + b"." + part + ahead + after


def find_wrapping(head: bytes) -> Wrapping | None:
    r"""Return how the lines of a file are wrapped, None for lines as the server writes them.

    Parameters
    ----------
    head : bytes
        The file's first 64 KiB or so; a last line without an end is left out.

    Returns
    -------
    Wrapping or None

    Examples
    --------
    >>> line = b"Nov 26 14:46:53 db1 neo4j[7]: 2024-06-27 15:16:34.519+0000 INFO  Started.\n"
    >>> find_wrapping(line).name, find_wrapping(line[30:])
    ('journald', None)
    """
    text = head[: head.rfind(b"\n") + 1]
    coloured = b"\x1b[" in text
    if coloured:
        text = _COLOUR.sub(b"", text)
    lines = [line for line in text.split(b"\n") if line.strip()][:2000]
    if not lines:
        return None
    text = b"\n".join(lines)
    name, best = "", len(_OWN.findall(text)) + len(_ANY.findall(text))
    for known, count in _counts(lines, text):
        # An entry's own lines are more than its prefix would be: most lines carry a prefix.
        if count > best and 2 * count > len(lines):
            name, best = known, count
    bare = Wrapping(name).strip(text + b"\n") if name else text
    own, any_spelling = len(_OWN.findall(bare)), len(_ANY.findall(bare))
    if name and not any_spelling:
        # Other programs' logs have prefixes too.
        return None
    respelt = any_spelling > own
    return Wrapping(name, respelt, coloured) if name or respelt or coloured else None


def _counts(lines: list[bytes], text: bytes) -> list[tuple[str, int]]:
    counts = [(name, len(pattern.findall(text))) for name, pattern in _COMPILED.items()]
    braces = [line for line in lines if line.startswith(b"{")]
    docker = sum(b'"log":' in line and b'"stream":' in line for line in braces)
    journal = sum(b'"MESSAGE"' in line and b'"__' in line for line in braces)
    return [*counts, ("docker json", docker), ("journald json", journal)]


def _loaded(line: bytes) -> dict[str, object]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return entry if isinstance(entry, dict) else {}


def _from_docker(line: bytes) -> tuple[bytes, bool]:
    text = _loaded(line).get("log")
    if not isinstance(text, str):
        return line, True
    raw = text.encode("utf-8", "surrogatepass")
    return raw.rstrip(b"\n").replace(b"\n", b" "), raw.endswith(b"\n")


def _from_journal(line: bytes) -> tuple[bytes, bool]:
    message = _loaded(line).get("MESSAGE")
    if isinstance(message, list):
        # Bytes that are not text come one number each.
        numbers = [n for n in message if isinstance(n, int) and 0 <= n < 256]
        return bytes(numbers).replace(b"\n", b" "), True
    if not isinstance(message, str):
        return line, True
    return message.encode("utf-8", "surrogatepass").replace(b"\n", b" "), True


def _from_containerd(line: bytes) -> tuple[bytes, bool]:
    found = _PARTIAL.match(line)
    if found is None:
        return line, True
    return line[found.end() :], found["flag"] == b"F"
