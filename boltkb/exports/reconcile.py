"""Where two files speak of the same thing: settings in a file and in force, clocks with no zone.

What the running server said about itself outranks a file that may have been changed since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from boltkb.catalogue import load_settings, setting_id
from boltkb.exports.records import LogSpan, SettingValue, ThreadDump
from boltkb.tables import span

__all__ = ["Clock", "clock_of", "settings_in_force", "timed"]

#: How far a thread dump may lie outside of what the other files cover.
_OUTSIDE = 3600.0


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock that dates without a zone are read by.

    Parameters
    ----------
    zone : tzinfo
    doubt : str
        Why it may be another; empty where the server said so itself.
    """

    zone: tzinfo
    doubt: str


def settings_in_force(
    written: Mapping[str, SettingValue],
    told: Sequence[SettingValue],
    *,
    configured: bool,
) -> tuple[Mapping[str, SettingValue], tuple[str, ...]]:
    """Return the settings that the server ran with, and what does not agree about them.

    Parameters
    ----------
    written : mapping of str to SettingValue
        From neo4j.conf.
    told : sequence of SettingValue
        From the server's own start diagnostics, which list what was set.
    configured : bool
        Whether there is a neo4j.conf at all.

    Returns
    -------
    tuple of (mapping of str to SettingValue, tuple of str)

    Examples
    --------
    >>> from boltkb.exports.records import Where
    >>> name = "server.bolt.thread_pool_max_size"
    >>> conf = {name: SettingValue(name, "40", Where("neo4j.conf", 1))}
    >>> log = [SettingValue(name, "8", Where("debug.log", 90))]
    >>> settings, problems = settings_in_force(conf, log, configured=True)
    >>> settings[name].value, len(problems)
    ('8', 1)
    """
    settings = dict(written)
    problems: list[str] = []
    in_force = {value.name: value for value in told}
    for name, value in in_force.items():
        if name not in written:
            settings[name] = value
        elif _weighed(name) and value.value.lower() != written[name].value.strip().lower():
            settings[name] = value
            problems.append(
                f"{name} is {written[name].value} in {written[name].where}, but the server started"
                f" with {value.value} ({value.where}); what it started with is taken"
            )
    if not configured:
        problems.append(
            "no neo4j.conf: settings are those that the server listed at its start"
            " in debug.log; what is not listed had its default"
        )
        return settings, tuple(problems)
    for name, value in written.items():
        if _weighed(name) and name not in in_force:
            problems.append(
                f"{name} is set in {value.where}, but the server did not list it at its start;"
                " it may have been changed since, without a restart"
            )
    return settings, tuple(problems)


def clock_of(spans: Sequence[LogSpan], zones: Sequence[str | None]) -> Clock:
    """Return the clock by which a server's thread dumps are dated.

    The server's own word about its zone is taken first, then the offset in its logs, then UTC.

    Parameters
    ----------
    spans : sequence of LogSpan
        Of all logs.
    zones : sequence of str or None
        What each log says about the zone of the server's process, oldest first.

    Returns
    -------
    Clock

    Examples
    --------
    >>> clock_of([], ["Etc/UTC"]).doubt, clock_of([], []).doubt
    ('', 'it is read as UTC')
    """
    for name in reversed([name for name in zones if name]):
        if name.rpartition("/")[2] in {"UTC", "GMT", "Zulu", "UCT"}:
            return Clock(UTC, "")
        try:
            return Clock(ZoneInfo(name), "")
        except (KeyError, ValueError, OSError):
            # A zone that this machine does not know; the logs' offset may still do.
            continue
    if not spans:
        return Clock(UTC, "it is read as UTC")
    ahead = max(spans, key=lambda span: span.end).offset
    if ahead == 0:
        # Logs are in UTC by default, whatever the machine's zone: a guess, checked by the span.
        return Clock(UTC, "")
    side = "ahead of" if ahead > 0 else "behind"
    return Clock(
        timezone(timedelta(seconds=ahead)),
        f"it is read with the logs' offset of {span(abs(ahead))} {side} UTC",
    )


def timed(
    dumps: Sequence[ThreadDump],
    start: float | None,
    end: float | None,
    clock: Clock,
) -> tuple[tuple[ThreadDump, ...], tuple[str, ...]]:
    """Return thread dumps by time, and what is doubtful about their clocks.

    A dump's date line has no zone.  Where the clock that it was read with puts it far outside of
    what the other files cover, it has no time.

    Parameters
    ----------
    dumps : sequence of ThreadDump
        Their times read with `clock`.
    start, end : float or None, epoch seconds
        What the other files cover.
    clock : Clock

    Returns
    -------
    tuple of (tuple of ThreadDump, tuple of str)

    Examples
    --------
    >>> from boltkb.exports.records import Where
    >>> dumps = [ThreadDump(90_000.0, (), 9, Where("threaddump.txt", 1))]
    >>> timed(dumps, 0.0, 600.0, clock_of([], []))[0][0].time is None
    True
    """
    problems: list[str] = []
    timed_dumps: list[ThreadDump] = []
    for dump in dumps:
        if dump.time is None:
            problems.append(f"{dump.where.file}: no date in it, so its time is not known")
        elif (
            start is not None
            and end is not None
            and not (start - _OUTSIDE <= dump.time <= end + _OUTSIDE)
        ):
            local = datetime.fromtimestamp(dump.time, clock.zone).strftime("%Y-%m-%d %H:%M:%S")
            away = max(start - dump.time, dump.time - end)
            problems.append(
                f"{dump.where.file}: its clock says {local} without a zone, {span(away)} outside of"
                " what the other files cover; its time is not used"
            )
            dump = replace(dump, time=None)
        elif clock.doubt:
            problems.append(f"{dump.where.file}: its clock has no zone; {clock.doubt}")
        timed_dumps.append(dump)
    ordered = sorted(
        timed_dumps,
        key=lambda dump: (dump.time is None, dump.time or 0.0, dump.where.file),
    )
    return tuple(ordered), tuple(dict.fromkeys(problems))


def _weighed(name: str) -> bool:
    # Durations and lists have several spellings; numbers and switches have one.
    known = setting_id(name)
    return known is not None and load_settings()[known].kind in {"integer", "boolean"}
