"""Where two files speak of the same thing: settings in a file and in force, clocks with no zone.

What the running server said about itself outranks a file that may have been changed since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from boltkb.catalogue import setting_id
from boltkb.exports.records import LogSpan, SettingValue, ThreadDump
from boltkb.exports.settings.ranks import disagreement, weighed
from boltkb.tables import span

__all__ = ["Clock", "clock_of", "others_than", "settings_in_force", "timed"]

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
    started: bool = True,
) -> tuple[Mapping[str, SettingValue], tuple[str, ...]]:
    """Return the settings that the server ran with, and what does not agree about them.

    Ranked by how they are known: a file, the environment, the start, the running server.

    Parameters
    ----------
    written : mapping of str to SettingValue
        From neo4j.conf and from the environment.
    told : sequence of SettingValue
        From the server itself: its start diagnostics, which list what was set, and what it
        listed when it was asked.
    configured : bool
        Whether there is a neo4j.conf at all.
    started : bool
        Whether there are start diagnostics.

    Returns
    -------
    tuple of (mapping of str to SettingValue, tuple of str)

    Examples
    --------
    >>> from boltkb.exports.records import Where
    >>> name = "server.bolt.thread_pool_max_size"
    >>> conf = {name: SettingValue(name, "40", Where("neo4j.conf", 1))}
    >>> log = [SettingValue(name, "8", Where("debug.log", 90), "start")]
    >>> settings, problems = settings_in_force(conf, log, configured=True)
    >>> settings[name].value, len(problems)
    ('8', 1)
    """
    settings = dict(written)
    problems: list[str] = []
    asked = {value.name: value for value in told if value.origin == "running"}
    at_start = {
        value.name: replace(value, origin="start") for value in told if value.origin != "running"
    }
    for name, value in at_start.items():
        if name not in written:
            settings[name] = value
        elif problem := disagreement(value, written[name]):
            settings[name] = value
            problems += problem
    by_id = {known: name for name in settings if (known := setting_id(name)) is not None}
    for name, value in asked.items():
        # The same setting under another version's name is not what this server goes by.
        weak = settings.pop(name, None) or settings.pop(by_id.get(setting_id(name) or "", ""), None)
        if weak is not None:
            problems += disagreement(value, weak)
        settings[name] = value
    if not started:
        return settings, tuple(problems)
    if not configured:
        if not asked:
            problems.append(
                "no neo4j.conf: settings are those that the server listed at its start"
                " in debug.log; what is not listed had its default"
            )
        return settings, tuple(problems)
    for name, value in written.items():
        if weighed(name) and name not in at_start and name not in asked:
            problems.append(
                f"{name} is set in {value.where}, but the server did not list it at its start;"
                " it may have been changed since, without a restart"
            )
    return settings, tuple(problems)


def others_than(
    in_force: Mapping[str, SettingValue], known: Sequence[SettingValue]
) -> tuple[SettingValue, ...]:
    """Return the values that are not those in force, of settings that the catalogue knows.

    Parameters
    ----------
    in_force : mapping of str to SettingValue
        By name as written.
    known : sequence of SettingValue
        Everything that is said of settings.

    Returns
    -------
    tuple of SettingValue
        Those whose text differs, each once.

    Examples
    --------
    >>> from boltkb.exports.records import Where
    >>> name = "server.bolt.thread_pool_max_size"
    >>> conf = SettingValue(name, "40", Where("neo4j.conf", 1))
    >>> said = SettingValue(name, "8", Where("settings.csv", 2), "running")
    >>> [value.value for value in others_than({name: said}, [conf, said])]
    ['40']
    """
    by_id = {setting_id(name): value for name, value in in_force.items()}
    found: dict[tuple[str, str, str], SettingValue] = {}
    for value in known:
        identity = setting_id(value.name)
        taken = None if identity is None else by_id.get(identity)
        if taken is not None and taken.value.strip().lower() != value.value.strip().lower():
            found.setdefault((value.name, value.value, str(value.where)), value)
    return tuple(found.values())


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
    if abs(ahead) >= 86_400:
        return Clock(UTC, "it is read as UTC, since the logs' offset is none that a zone has")
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
            local = _local(dump.time, clock.zone)
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


def _local(time: float, zone: tzinfo) -> str:
    try:
        return datetime.fromtimestamp(time, zone).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return "a time that no calendar has"
