"""Pages of a metrics endpoint and dumps of a Prometheus database: a sample a line.

Knows the text format of Prometheus, its OpenMetrics form and the lines of `promtool tsdb dump`.
A sample's time stands in its line, in a line before the page, or in the file's name; the time
at which the file was written is not evidence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from boltkb.exports.intake.members import Member
from boltkb.exports.metrics.readings import Readings
from boltkb.exports.metrics.text_lines import text_lines
from boltkb.exports.metrics.times import EARLIEST, LATEST, read_moment, time_in_name
from boltkb.exports.records import Source

__all__ = ["looks_like_page", "read_labels", "read_page"]

#: Possessive throughout: a line of thousands of blanks must not be tried in every way.
_SAMPLE = re.compile(
    r"(?P<name>[A-Za-z_:][\w:.]*+)?"
    r'(?:\s*+(?P<labels>\{(?:[^"{}]++|"(?:[^"\\]++|\\.)*+")*+\})\s++|\s++)'
    r"(?P<value>[-+\w.]++)(?:\s++(?P<time>-?[\d.]++(?:[eE][-+]?\d++)?+))?\s*+(?:#.*+)?"
)
_LABEL = re.compile(r'\s*(?:([A-Za-z_][\w.]*)|"((?:[^"\\]|\\.)*)")\s*=\s*"((?:[^"\\]|\\.)*)"\s*')
_DOTTED = re.compile(r"\(metric=([^\s,()]{1,500})[,)]")
_ESCAPED = re.compile(r"\\(.)")
_HELP_OR_TYPE = re.compile(r"# (?:HELP|TYPE|UNIT) [A-Za-z_:][\w:]* ?")
_MOST_LABELS = 50_000
_SEEN = 8


def looks_like_page(head: str) -> bool:
    r"""Return whether a text begins like a page of a metrics endpoint or a dump of samples.

    Examples
    --------
    >>> looks_like_page("# HELP a_b x\n# TYPE a_b gauge\na_b 1\n"), looks_like_page("a=b\n")
    (True, False)
    """
    seen = 0
    for line in head.splitlines()[: 4 * _SEEN]:
        text = line.strip()
        if not text or _moment(text) is not None or text == "# EOF":
            continue
        if _HELP_OR_TYPE.match(text):
            return True
        found = _SAMPLE.fullmatch(text) if len(text) < 4096 else None
        if found is None or _value(found["value"]) is None:
            return False
        name = found["name"] or ""
        if "__name__" in (found["labels"] or ""):
            return True
        if "_" not in name:
            return False
        seen += 1
        if seen == _SEEN:
            break
    return seen > 0


def read_labels(text: str) -> Mapping[str, str] | None:
    r"""Return the labels in braces, None where they are broken.

    Examples
    --------
    >>> read_labels('{quantile="0.5",a="b\\"c",}')
    {'quantile': '0.5', 'a': 'b"c'}
    >>> read_labels("{quantile=0.5}") is None
    True
    """
    inner = text.strip()[1:-1]
    labels: dict[str, str] = {}
    at = 0
    while at < len(inner):
        found = _LABEL.match(inner, at)
        if found is None:
            return None if inner[at:].strip() else labels
        labels[found[1] or _unescaped(found[2])] = _unescaped(found[3])
        at = found.end()
        if at < len(inner):
            if inner[at] != ",":
                return None
            at += 1
    return labels


def read_page(member: Member, readings: Readings) -> tuple[Source, tuple[str, ...]]:
    r"""Add the samples of one file to readings, and return what was read of it, and doubts.

    Parameters
    ----------
    member : Member
    readings : Readings
        Receives the samples of metrics that are known.

    Returns
    -------
    tuple of (Source, tuple of str)

    Raises
    ------
    ExportError
        When the file cannot be read, or has more than can be kept.

    Examples
    --------
    >>> import io
    >>> text = b"# TYPE neo4j_bolt_connections_running gauge\nneo4j_bolt_connections_running 3.0\n"
    >>> readings = Readings()
    >>> source, _ = read_page(Member("1719501420.prom", 9, lambda: io.BytesIO(text)), readings)
    >>> source.rows, readings.server("").series["connections_running"].times.tolist()
    (1, [1719501420.0])
    """
    named = time_in_name(member.name)
    page = _Page(member.path, None if named is None else named[0], readings)
    with member.open() as stream:
        for number, line in text_lines(stream):  # type: ignore[arg-type]
            page.line(number, line)
    problems: list[str] = []
    if named is not None and not named[1] and page.named:
        problems.append(f"{member.path}: the time in its name has no zone and is read as UTC")
    start, end = page.span
    source = Source(member.path, "scraped-metrics", page.rows, page.refused, page.why, start, end)
    return source, tuple(problems)


class _Page:
    """One file while its lines are read."""

    def __init__(self, path: str, moment: float | None, readings: Readings) -> None:
        self.path = path
        self.readings = readings
        self.rows = self.refused = self.named = 0
        self.why = ""
        self._time = moment
        self._first, self._last = float("inf"), float("-inf")
        self._dotted: dict[str, str] = {}
        self._labels: dict[str, Mapping[str, str] | None] = {}
        self._undated: set[tuple[str, str]] = set()

    @property
    def span(self) -> tuple[float | None, float | None]:
        dated = self._first <= self._last
        return (self._first, self._last) if dated else (None, None)

    def refuse(self, number: int, why: str) -> None:
        self.refused += 1
        if not self.why:
            self.why = f"line {number}: {why}"

    def line(self, number: int, line: str | None) -> None:
        if line is None:
            self.refuse(number, "too long")
            return
        text = line.strip()
        if not text:
            return
        moment = _moment(text)
        if moment is not None:
            # A loop that writes the time and then the page.
            self._time = moment
            self._undated.clear()
            return
        if text.startswith("#"):
            self._comment(text)
            return
        found = _SAMPLE.fullmatch(text)
        value = None if found is None else _value(found["value"])
        if found is None or value is None:
            self.refuse(number, f"not a sample: {text[:40]!r}")
            return
        labels = self._labels_of(found["labels"] or "{}")
        name = found["name"] or (labels or {}).get("__name__", "")
        if labels is None or not name:
            self.refuse(number, f"broken labels: {text[:40]!r}")
            return
        dotted = self._dotted.get(name)
        if not self.readings.knows(name, dotted):
            return
        self._take(number, name, labels, found["time"], value, dotted)

    def _take(
        self,
        number: int,
        name: str,
        labels: Mapping[str, str],
        stamp: str | None,
        value: float,
        dotted: str | None,
    ) -> None:
        time = self._time
        if stamp is not None:
            time = _stamp(stamp)
            if time is None:
                self.refuse(number, f"not a time of a server: {stamp[:40]}")
                return
        else:
            # Without times of their own, two samples of one metric cannot be told apart.
            key = (name, str(sorted(labels.items())))
            if key in self._undated or len(self._undated) >= _MOST_LABELS:
                self.refuse(number, f"{name} again, without a time")
                return
            self._undated.add(key)
            self.named += time is not None
        if value in {float("inf"), float("-inf")}:
            self.refuse(number, f"not a value of a server: {value:g}")
            return
        at = float("nan") if time is None else time
        self.rows += self.readings.add(
            name, labels, (at,), (value,), self.path, number, dotted=dotted
        )
        if time is not None:
            self._first, self._last = min(self._first, time), max(self._last, time)

    def _comment(self, text: str) -> None:
        if text.startswith("# HELP "):
            name, _, told = text[len("# HELP ") :].partition(" ")
            found = _DOTTED.search(told)
            if found is not None and len(self._dotted) < _MOST_LABELS:
                for ending in ("", "_total", "_count", "_sum", "_created"):
                    self._dotted[name + ending] = found[1]

    def _labels_of(self, text: str) -> Mapping[str, str] | None:
        if text not in self._labels:
            if len(self._labels) >= _MOST_LABELS:
                self._labels.clear()
            self._labels[text] = read_labels(text)
        return self._labels[text]


def _value(text: str) -> float | None:
    try:
        return float(text) if "_" not in text else None
    except ValueError:
        return None


def _stamp(text: str) -> float | None:
    """Return a sample's time: milliseconds in Prometheus' own format, seconds in OpenMetrics."""
    try:
        number = float(text)
    except ValueError:
        return None
    for seconds in (number, number / 1000):
        if EARLIEST < seconds < LATEST:
            return seconds
    return None


def _moment(text: str) -> float | None:
    """Return the time that a line of its own tells; a date needs a zone there."""
    found = read_moment(text.removeprefix("#"))
    return found[0] if found is not None and found[1] else None


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], text)
