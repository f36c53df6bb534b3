"""Answers of Prometheus' HTTP API, saved as JSON: ranges of samples and samples of one time.

A long answer is taken apart result by result, so that not more than its text and one series
are held at a time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from boltkb.errors import ExportError
from boltkb.exports.intake.members import Member
from boltkb.exports.metrics.readings import Readings
from boltkb.exports.metrics.times import EARLIEST, LATEST
from boltkb.exports.records import Source

__all__ = ["looks_like_answer", "read_answer", "take_answer"]

#: Bytes of one answer that are taken into memory.
_LARGEST = 64 << 20
_ANSWER = re.compile(r'\s*\[?\s*\{\s*"(?:status|data|resultType|metric)"\s*:')
_TELLING = re.compile(r'"resultType"\s*:|"metric"\s*:\s*\{|"status"\s*:\s*"error"')
_RESULTS = re.compile(r'"result"\s*:\s*\[\s*')
_BARE = re.compile(r'\s*\[\s*(?=\{\s*"metric")')
_BETWEEN = re.compile(r"\s*,?\s*")
_FAILED = re.compile(r'"status"\s*:\s*"error"')
_ERROR = re.compile(r'"error"\s*:\s*("(?:[^"\\]|\\.)*")')
_DECODER = json.JSONDecoder()


def looks_like_answer(head: str) -> bool:
    """Return whether a text begins like an answer of Prometheus' HTTP API.

    Examples
    --------
    >>> looks_like_answer('{"status":"success","data":{"resultType":"matrix","result":[')
    True
    """
    return bool(_ANSWER.match(head) and _TELLING.search(head))


def read_answer(member: Member, readings: Readings) -> Source:
    r"""Add the samples of a saved answer, or of several in a list, to readings.

    Parameters
    ----------
    member : Member
    readings : Readings
        Receives the samples of metrics that are known.

    Returns
    -------
    Source

    Raises
    ------
    ExportError
        When the file is no answer, tells of an error or is too large.

    Examples
    --------
    >>> import io
    >>> text = (
    ...     b'{"status":"success","data":{"resultType":"vector","result":[{"metric":'
    ...     b'{"__name__":"neo4j_bolt_connections_running"},"value":[1719501420,"3"]}]}}'
    ... )
    >>> readings = Readings()
    >>> read_answer(Member("now.json", None, lambda: io.BytesIO(text)), readings).rows
    1
    """
    parts: list[bytes] = []
    size = 0
    with member.open() as stream:
        while part := stream.read(1 << 20):
            parts.append(part)
            size += len(part)
            if size > _LARGEST:
                raise ExportError(
                    f"is larger than {_LARGEST >> 20} MiB; save the range in several parts",
                    member.path,
                )
    data = b"".join(parts)
    parts.clear()
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return take_answer(
        data.decode("utf-16" if wide else "utf-8-sig", "replace"), member.path, readings
    )


def take_answer(
    text: str,
    path: str,
    readings: Readings,
    *,
    between: tuple[float, float] = (EARLIEST, LATEST),
) -> Source:
    """Add the samples of an answer's text to readings.

    Parameters
    ----------
    text : str
    path : str
        Where it is from.
    readings : Readings
    between : tuple of (float, float), epoch seconds
        Samples from the first up to, but not at, the second are taken.

    Returns
    -------
    Source

    Raises
    ------
    ExportError
        When the text is no answer or tells of an error.

    Examples
    --------
    >>> take_answer('{"status":"error","error":"no"}', "a.json", Readings())
    Traceback (most recent call last):
    boltkb.errors.ExportError: `a.json`: Prometheus answered with an error: no
    """
    if _FAILED.search(text[:4096]):
        told = _ERROR.search(text[:65536])
        message = json.loads(told[1])[:300] if told else "it does not say which"
        raise ExportError(f"Prometheus answered with an error: {message}", path)
    rows = refused = 0
    why = ""
    first, last = np.inf, -np.inf
    for item, problem in _results(text, path):
        found = None if item is None else _samples(item, between)
        if found is None:
            refused += 1
            why = why or (problem or "a result without a metric's name and samples")
            continue
        labels, times, values, bad = found
        if not readings.knows(labels["__name__"]):
            continue
        refused += bad
        if bad and not why:
            why = f"a sample of {labels['__name__'][:80]} is not a time and a number"
        rows += readings.add(labels["__name__"], labels, times, values, path, None)
        if times:
            first, last = min(first, *times), max(last, *times)
    dated = first <= last
    return Source(
        path,
        "scraped-metrics",
        rows,
        refused,
        why,
        float(first) if dated else None,
        float(last) if dated else None,
    )


def _results(text: str, path: str) -> Iterator[tuple[object | None, str]]:
    at = 0
    some = False
    while True:
        found = _RESULTS.search(text, at) if at or not _BARE.match(text) else _BARE.match(text)
        if found is None:
            break
        some = True
        at = found.end()
        while at < len(text) and text[at] == "{":
            try:
                item, at = _DECODER.raw_decode(text, at)
            except (ValueError, RecursionError):
                yield None, f"broken off or damaged at character {at + 1}"
                return
            yield item, ""
            between = _BETWEEN.match(text, at)
            at = between.end() if between else at
        if at >= len(text):
            yield None, "broken off at its end"
            return
    if not some:
        raise ExportError("no result of a query in it; sought: data.result", path)


def _samples(
    item: object, between: tuple[float, float]
) -> tuple[Mapping[str, str], Sequence[float], Sequence[float], int] | None:
    if not isinstance(item, dict) or not isinstance(item.get("metric"), dict):
        return None
    labels = {str(key): str(value) for key, value in item["metric"].items()}
    pairs = item.get("values")
    if pairs is None and "value" in item:
        pairs = [item["value"]]
    if not isinstance(pairs, list) or not labels.get("__name__"):
        return None
    times: list[float] = []
    values: list[float] = []
    bad = 0
    for pair in pairs:
        try:
            time, value = float(pair[0]), float(pair[1])
        except (TypeError, ValueError, IndexError, KeyError, OverflowError):
            bad += 1
            continue
        if not EARLIEST < time < LATEST or np.isinf(value):
            bad += 1
            continue
        if not between[0] <= time < between[1]:
            continue
        times.append(time)
        values.append(value)
    return labels, times, values, bad
