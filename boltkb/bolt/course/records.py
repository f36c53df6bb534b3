"""What the course of things is made of: shifts, pauses, bursts, contention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from boltkb.bolt.observe import Trace
from boltkb.bolt.window import iso
from boltkb.exports import Where
from boltkb.tables import Column, Shown, Table, number, span

__all__ = ["Burst", "Contention", "Course", "Pause", "Shift"]


@dataclass(frozen=True, slots=True)
class Shift:
    """A moment at which a level stepped.

    Parameters
    ----------
    when : float, epoch s
    before, after : float
        The levels.
    low, high : float
        95 % interval of `after / before`.
    """

    when: float
    before: float
    after: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which the server stood still.

    Parameters
    ----------
    start, seconds : float
    collecting : bool or None
        Whether garbage collection took it (False: the machine did); None where it is not told.
    where : Where
    """

    start: float
    seconds: float
    collecting: bool | None
    where: Where


@dataclass(frozen=True, slots=True)
class Burst:
    """A short rush: rejections or held threads that come and go within seconds.

    Parameters
    ----------
    start, seconds : float
    rejections : float
    peak : float or None, threads
    """

    start: float
    seconds: float
    rejections: float
    peak: float | None


@dataclass(frozen=True, slots=True)
class Contention:
    """Whether a hold takes longer the more threads are busy (Gunther 2007 against a constant).

    Parameters
    ----------
    verdict : str
        `grows`, `constant` or `cannot_tell`.
    growth, low, high : float or None
        Mean hold at the highest tenth of busy threads over that at the lowest, with its interval.
    why : str
        A sentence.
    """

    verdict: Literal["grows", "constant", "cannot_tell"]
    growth: float | None
    low: float | None
    high: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Course(Shown):
    """How the load and the work moved over the export, the time before the window included.

    Parameters
    ----------
    throughput : Trace or None
        Work done a second, by the metric named in `throughput_from`.
    hold : Trace or None, s
        Held threads over throughput, in bins: seconds of thread a unit of work.
    shifts : mapping of str to tuple of Shift
        Of `arrivals`, `hold`, `busy`, `connections`.
    pauses, bursts : tuples
    contention : Contention
    arrivals : Trace or None
        Work asked for a second, in the same bins: throughput and rejections together.
    busy, connections, opened : Trace or None
        Held threads and open connections on average, connections opened a second, in bins.
    bin : float, s
        How wide the bins are; 0 without any.
    rejections : Trace or None
        When work was rejected, and how many times then; over the whole export.
    first_rejection : float or None, epoch s
        Or the first sign of one, where only episodes are logged.
    stalls_known : bool
        Whether pauses would have been seen: by a debug.log, a gc.log or the metric.
    """

    throughput: Trace | None
    throughput_from: str
    hold: Trace | None
    shifts: Mapping[str, tuple[Shift, ...]] = field(default_factory=dict)
    pauses: tuple[Pause, ...] = ()
    bursts: tuple[Burst, ...] = ()
    contention: Contention = field(
        default_factory=lambda: Contention("cannot_tell", None, None, None, "nothing to tell by.")
    )
    arrivals: Trace | None = None
    busy: Trace | None = None
    connections: Trace | None = None
    opened: Trace | None = None
    bin: float = 0.0
    rejections: Trace | None = None
    first_rejection: float | None = None
    stalls_known: bool = False

    def shift_before(self, what: str, moment: float, *, rising: bool = True) -> Shift | None:
        """Return the last shift of a level that came before a moment, or within a bin after it.

        Parameters
        ----------
        what : str
            `arrivals`, `hold`, `busy` or `connections`.
        moment : float, epoch s
        rising : bool
            Whether the level must have risen, rather than fallen.
        """
        found = [
            shift
            for shift in self.shifts.get(what, ())
            if shift.when <= moment + self.bin and (shift.after > shift.before) is rising
        ]
        return found[-1] if found else None

    def table(self) -> Table:
        """Return what changed when, as a table in the order of time."""
        rows = [
            (shift.when, (iso(shift.when), *_shifted(what, shift)))
            for what, shifts in self.shifts.items()
            for shift in shifts
        ]
        if self.first_rejection is not None:
            rows.append(
                (self.first_rejection, (iso(self.first_rejection), "the first rejection", ""))
            )
        long = [pause for pause in self.pauses if pause.seconds >= _FELT]
        rows += [
            (pause.start, (iso(pause.start), "everything stood still", span(pause.seconds)))
            for pause in sorted(long, key=lambda pause: -pause.seconds)[:_SHOWN]
        ]
        rows += [
            (rush.start, (iso(rush.start), "a rush", f"{number(round(rush.rejections))} rejected"))
            for rush in sorted(self.bursts, key=lambda rush: -rush.rejections)[:_SHOWN]
        ]
        notes = [f"Does a hold take longer when more threads are busy? {self.contention.why}"]
        more = [
            f"{len(found) - _SHOWN} further {words} are not shown."
            for found, words in ((long, "pauses"), (self.bursts, "rushes"))
            if len(found) > _SHOWN
        ]
        if self.throughput_from:
            notes.append(f"Work is counted by {self.throughput_from}.")
        heads = (Column("When"), Column("What changed"), Column("From, to"))
        ordered = sorted(rows, key=lambda row: row[0])
        return Table(
            heads,
            tuple((when or "", what, how) for _, (when, what, how) in ordered),
            notes=(*more, *notes),
            kind="boltkb-course",
        )

    def __str__(self) -> str:
        return str(self.table())

    def to_html(self) -> str:
        """Return what changed when, as one line of HTML."""
        return self.table().to_html()

    def facts(self) -> Mapping[str, object]:
        """Return the `course` part of `facts.json`."""
        return {
            "course": {
                "shifts": [
                    {
                        "what": what,
                        "when": iso(shift.when),
                        "before": shift.before,
                        "after": shift.after,
                        "ratio_interval": [shift.low, shift.high],
                    }
                    for what, shifts in self.shifts.items()
                    for shift in shifts
                ],
                "pauses": len(self.pauses),
                "paused_seconds": sum(pause.seconds for pause in self.pauses),
                "bursts": len(self.bursts),
                "contention": self.contention.verdict,
                "first_rejection": iso(self.first_rejection),
            }
        }


#: A pause of this length, s, is one that clients feel.
_FELT = 1.0
#: So many pauses and rushes stand in the table, the greatest of them.
_SHOWN = 8
_LEVELS = {
    "arrivals": "requests for a thread, a second",
    "hold": "seconds of a thread for each unit of work",
    "busy": "threads held",
    "connections": "connections open",
}


def _shifted(what: str, shift: Shift) -> tuple[str, str]:
    levels = f"{number(shift.before)} → {number(shift.after)}"
    return _LEVELS.get(what, what), f"{levels} ({number(shift.low)} to {number(shift.high)} times)"
