r"""What lines of clients' logs are made of: times in many layouts, and wrappers around them.

Containers and JSON layouts wrap a line; `unwrapped` takes the line out.  Knows no driver.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

__all__ = ["Unwrapped", "begins_entry", "dated", "time_of", "unwrapped"]

#: Where in a line its time is looked for: a level, a thread and a task may stand before it.
_WITHIN = 160
_ISO = re.compile(
    r"(?<!\d)(?P<year>[12]\d{3})[-/](?P<month>\d\d)[-/](?P<day>\d\d)[ T]"
    r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
    r"(?:[.,:](?P<fraction>\d{1,9}))? ?(?P<zone>Z|[+-]\d\d:?\d\d)?"
)
_JUL = re.compile(
    r"^(?P<month>[A-Z][a-z]{2}) (?P<day>\d{1,2}), (?P<year>\d{4}),? "
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d):(?P<second>\d\d)[ \u202f]?(?P<half>AM|PM)?"
)
_EPOCH_MS = re.compile(r"^(?P<ms>1\d{12}) (?:DEBUG|INFO|WARN|ERROR)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# `kubectl logs --prefix`, `docker compose logs`, then the container runtime's own time.
_PREFIX = re.compile(r"^(?:\[pod/[^\]]{1,300}\] |[\w.-]{1,100} +\| )")
_OUTER = re.compile(
    r"^(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) "
    r"(?:std(?:out|err) [FP] )?"
)
_UNDATED = re.compile(
    r"^ ?\[?(?:\d\d:\d\d:\d\d|(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL|VERBOSE|CRITICAL)\b)"
    r"|^(?:trce|dbug|info|warn|fail|crit): "
)
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,20}m")
_MESSAGES = ("log", "message", "msg", "@m", "RenderedMessage", "Message", "event", "short_message")
_TRACES = ("stack_trace", "stacktrace", "exc_info", "exception", "Exception", "@x", "error")
_TIMES = ("@timestamp", "timestamp", "time", "ts", "@t", "Timestamp", "instant", "asctime")
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """A line without what containers and JSON layouts put around it.

    Parameters
    ----------
    text : str
        The line that the client's logging wrote, with a stack trace where the layout has one.
    time : float or None, epoch seconds
        The wrapper's time; None for no wrapper with a time.
    """

    text: str
    time: float | None


def unwrapped(line: str) -> Unwrapped:
    r"""Return what a line says without its wrappers, and the outermost wrapper's time.

    Parameters
    ----------
    line : str
        Without its line end.

    Examples
    --------
    >>> found = unwrapped('{"log":"1795705301869 DEBUG x\\n","time":"2026-11-26T15:01:41Z"}')
    >>> found.text, found.time
    ('1795705301869 DEBUG x', 1795705301.0)
    >>> unwrapped("[pod/api-1/api] 2026-11-26T15:01:41.5Z stdout F hello")
    Unwrapped(text='hello', time=1795705301.5)
    """
    time: float | None = None
    text = line
    for _ in range(_DEEPEST):
        text = _PREFIX.sub("", text, count=1)
        outer = _OUTER.match(text)
        # A client's own line may begin so as well; then this is its time.
        if outer:
            time = time_of(outer["time"], UTC) if time is None else time
            text = text[outer.end() :]
            continue
        if not text.startswith("{"):
            break
        inner = _from_json(text)
        if inner is None:
            break
        text = inner.text
        time = inner.time if time is None else time
    return Unwrapped(_COLOUR.sub("", text) if "\x1b" in text else text, time)


def begins_entry(text: str) -> bool:
    r"""Return whether a line begins an entry rather than goes on with one, by its first letters.

    Only for lines without a date: those of a stack trace do not begin one.

    Examples
    --------
    >>> begins_entry("15:05:15.347 [main] DEBUG x"), begins_entry("\tat org.neo4j.X(X.java:1)")
    (True, False)
    """
    return _UNDATED.match(text) is not None


def time_of(text: str, zone: tzinfo) -> float | None:
    """Return the time near the beginning of a line, in epoch seconds; None for none.

    Parameters
    ----------
    text : str
    zone : tzinfo
        The zone of a time that names none.

    Examples
    --------
    >>> time_of("[DEBUG   ] [Thread 7] 2026-11-26 15:01:03,254  [#0000]  _: <POOL> close", UTC)
    1795705263.254
    >>> time_of("Nov 26, 2026 3:05:14 PM org.neo4j.driver.X trace", UTC)
    1795705514.0
    >>> time_of("1795705301869 DEBUG Connection", UTC), time_of("no time", UTC)
    (1795705301.869, None)
    """
    found = dated(text, zone)
    return None if found is None else found[0]


def dated(text: str, zone: tzinfo) -> tuple[float, bool] | None:
    """Return what `time_of` returns, and whether the line names the zone of its time.

    Examples
    --------
    >>> dated("2026-11-26T15:04:38.724Z DEBUG x", UTC), dated("2026-11-26 15:04:38 x", UTC)
    ((1795705478.724, True), (1795705478.0, False))
    """
    head = text[:_WITHIN]
    found = _EPOCH_MS.match(head)
    if found:
        return int(found["ms"]) / 1000, True
    found = _ISO.search(head)
    try:
        if found:
            return _iso(found, zone), found["zone"] is not None
        found = _JUL.match(head)
        if found:
            return _jul(found, zone), False
    except (ValueError, OverflowError):
        return None
    return None


def _iso(found: re.Match[str], zone: tzinfo) -> float:
    named = found["zone"]
    if named == "Z":
        zone = UTC
    elif named:
        minutes = int(named[1:3]) * 60 + int(named[-2:])
        zone = timezone(timedelta(minutes=-minutes if named[0] == "-" else minutes))
    whole = datetime(
        int(found["year"]),
        int(found["month"]),
        int(found["day"]),
        int(found["hour"]),
        int(found["minute"]),
        int(found["second"]),
        tzinfo=zone,
    ).timestamp()
    fraction = found["fraction"]
    # Added last and rounded, so that a thousandth stays the thousandth that was written.
    return round(whole + int(fraction) / 10 ** len(fraction), 6) if fraction else whole


def _jul(found: re.Match[str], zone: tzinfo) -> float:
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] == "PM" else 0)
    month = _MONTHS.index(found["month"]) + 1
    return datetime(
        int(found["year"]),
        month,
        int(found["day"]),
        hour,
        int(found["minute"]),
        int(found["second"]),
        tzinfo=zone,
    ).timestamp()


def _from_json(text: str) -> Unwrapped | None:
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict):
        return None
    message = next((entry[key] for key in _MESSAGES if isinstance(entry.get(key), str)), None)
    if message is None:
        return None
    traces = [entry[key] for key in _TRACES if isinstance(entry.get(key), str)]
    time = next((_json_time(entry[key]) for key in _TIMES if key in entry), None)
    return Unwrapped("\n".join([message.rstrip("\n"), *traces]), time)


def _json_time(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        # Seconds, or thousandths of them: the latter would lie beyond the year 5000.
        seconds = value / 1000 if abs(value) > 1e11 else float(value)
        return seconds if 0 < seconds < 1e11 else None
    return time_of(value, UTC) if isinstance(value, str) else None
