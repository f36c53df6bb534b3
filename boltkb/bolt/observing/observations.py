"""What the pool saw, as a report shows it and as queueing theory takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from boltkb.bolt.holders import Holders
from boltkb.bolt.observing.clocks import ClockOffset
from boltkb.bolt.observing.comparing import disagreements, evidence_table
from boltkb.bolt.observing.cuts import Cut
from boltkb.bolt.observing.evidence import BOUND_TIME, PEAK, BusyEvidence, Floats
from boltkb.bolt.pool import Pool
from boltkb.bolt.rejections import Rejections
from boltkb.bolt.window import Incident, Window, iso
from boltkb.queueing import Observations
from boltkb.tables import Column, Shown, Table, number, sentence, span

__all__ = ["PoolObservations", "Trace"]

Trace = tuple[Floats, Floats]

#: Times that are cut out are told one by one up to so many.
_TOLD = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolObservations(Observations, Shown):
    """What the pool saw in a window, with where each part came from.

    The fields of `Observations` are what queueing theory needs; the others are Bolt's.

    Parameters
    ----------
    pool : Pool
    window : Window
        The stretch of time analysed; `data_start` and `data_end` bound the export.
    interval : float or None, s
        The usual time between two samples.
    busy_from : str
        Where the counts of held threads came from, or why there are none.
    open_connections, idle_connections, message_rate : (times, values) or None
        Epoch s; connections, connections, messages started a second.
    rejected : Rejections
    incident : Incident or None
        The worst stretch in which the pool was full or rejected work.
    holders : Holders
    restarts : tuple of float, epoch s
    evidence : tuple of BusyEvidence
        What each evidence says of held threads in the window, the strongest first.
    chosen : BusyEvidence or None
        The one that `times` and `busy` come from.
    cuts : tuple of Cut
        Times that are not used, or not as the rest, with why; those of the kinds `restart` and
        `gap` are the `gaps` of the fit.
    clock : ClockOffset
        Whether logs and metrics share a clock.
    arrivals_from, hold_from : str
        How `arrivals` and `mean_hold` are known, or why they are not.
    """

    pool: Pool
    window: Window
    data_start: float | None
    data_end: float | None
    interval: float | None
    busy_from: str
    open_connections: Trace | None
    idle_connections: Trace | None
    message_rate: Trace | None
    rejected: Rejections
    incident: Incident | None
    holders: Holders
    restarts: tuple[float, ...] = ()
    evidence: tuple[BusyEvidence, ...] = ()
    chosen: BusyEvidence | None = None
    cuts: tuple[Cut, ...] = ()
    clock: ClockOffset = field(default_factory=lambda: ClockOffset(None, None, ""))
    arrivals_from: str = ""
    hold_from: str = ""

    @property
    def start(self) -> float:
        """When the window begins, epoch s."""
        return self.window.start

    @property
    def end(self) -> float:
        """When the window ends, epoch s."""
        return self.window.end

    @property
    def peak(self) -> float | None:
        """The most threads held in any sample; None without a sample."""
        return None if not self.samples else float(np.nanmax(self.busy))

    @property
    def peak_at_least(self) -> float | None:
        """The most threads that any evidence shows held at one moment; None without any.

        A mark of open transactions above the pool's size has others than Bolt's in it, and a
        sample that failed for want of a thread says that all were held.
        """
        found = [
            entry.peak
            for entry in self.evidence
            if not np.isnan(entry.peak)
            and entry.name != BOUND_TIME
            and not (entry.name == PEAK and self.servers is not None and entry.peak > self.servers)
        ]
        if self.failed and self.servers is not None:
            found.append(float(self.servers))
        return max(found, default=None)

    @property
    def samples(self) -> int:
        """How many samples of held threads the window holds."""
        return int(np.count_nonzero(~np.isnan(self.busy)))

    @property
    def failed(self) -> int:
        """How many samples failed because every thread was held."""
        return 0 if self.censored is None else int(np.count_nonzero(self.censored))

    @property
    def full_share(self) -> float | None:
        """The share of samples in which every thread was held; None when it cannot be told."""
        if self.servers is None or not self.samples + self.failed:
            return None
        full = float(np.count_nonzero(self.busy >= self.servers)) + self.failed
        return full / (self.samples + self.failed)

    @property
    def disagreements(self) -> tuple[str, ...]:
        """Where other evidence contradicts the counts of held threads, in sentences."""
        return tuple(sentence(words) for words in disagreements(self.evidence, self.chosen))

    def evidence_table(self) -> Table:
        """Return what each evidence says of held threads as a table."""
        return evidence_table(self.evidence, self.chosen, notes=self.disagreements)

    def table(self) -> Table:
        """Return what was seen as a table."""
        idle = "not in the export"
        if self.idle_connections is not None and self.idle_connections[1].size:
            idle = f"{number(float(np.median(self.idle_connections[1])))} (median)"
        failed = f" and {number(self.failed)} that failed at a full pool" if self.failed else ""
        rate = "unknown"
        if self.arrivals is not None and self.arrivals.covered > 0:
            rate = (
                f"{number(self.arrivals.total / self.arrivals.covered, uncertainty=0.01)} a second"
            )
        more = max(0, len(self.cuts) - _TOLD)
        rows = [
            ("analysed", f"{iso(self.start)} to {iso(self.end)}", self.window.how),
            ("samples of held threads", number(self.samples) + failed, self.busy_from),
            (
                "time between samples",
                "unknown" if self.interval is None else span(self.interval),
                f"{len(self.gaps)} gaps, {len(self.restarts)} restarts",
            ),
            (
                "most threads held",
                f"at least {number(self.peak)}" if self.lower_bound else number(self.peak),
                "the highest sample",
            ),
            ("requests for a thread", rate, self.arrivals_from),
            ("mean hold of a thread", span(self.mean_hold), self.hold_from),
            ("idle connections", idle, "hold no thread"),
            ("rejections", _rejected(self.rejected), self.rejected.reason),
        ]
        columns = (Column("What was seen"), Column("Value", numeric=True), Column("Known from"))
        notes = (
            *(f"From {iso(cut.start)} to {iso(cut.end)}: {cut.words}" for cut in self.cuts[:_TOLD]),
            *((f"And {more} more such times.",) if more else ()),
            *((self.clock.words,) if self.clock.differs else ()),
        )
        return Table(columns, tuple(rows), notes=notes, kind="boltkb-seen")

    def __str__(self) -> str:
        return "\n\n".join(str(table) for table in self._tables())

    def to_html(self) -> str:
        """Return what was seen as one line of HTML."""
        return "".join(table.to_html() for table in self._tables())

    def _tables(self) -> tuple[Table, ...]:
        # One evidence alone stands in the first table already.
        if len(self.evidence) < 2:
            return (self.table(),)
        return self.table(), self.evidence_table()

    def facts(self) -> Mapping[str, object]:
        """Return the `window` part of `facts.json`."""
        return {
            "window": {
                "start": iso(self.start),
                "end": iso(self.end),
                "how": self.window.how,
                "samples": self.samples,
                "failed_samples": self.failed,
                "interval": self.interval,
                "busy_from": self.busy_from,
                "busy_is_bound": self.lower_bound,
                "evidence": [
                    {
                        "name": entry.name,
                        "bound": entry.bound,
                        "looks": entry.looks,
                        "mean": None if np.isnan(entry.mean) else entry.mean,
                        "peak": None if np.isnan(entry.peak) else entry.peak,
                    }
                    for entry in self.evidence
                ],
                "disagreements": list(self.disagreements),
                "arrivals_from": self.arrivals_from,
                "hold_from": self.hold_from,
                "gaps": [[iso(a), iso(b)] for a, b in self.gaps],
                "cuts": [
                    {
                        "start": iso(cut.start),
                        "end": iso(cut.end),
                        "kind": cut.kind,
                        "words": cut.words,
                    }
                    for cut in self.cuts
                ],
                "clock": self.clock.words,
                "restarts": [iso(moment) for moment in self.restarts],
                "incident": None if self.incident is None else self.incident.facts(),
            }
        }


def _rejected(rejected: Rejections) -> str:
    if rejected.value is None:
        return "unknown" if rejected.low is None else f"at least {number(rejected.low)}"
    if rejected.how == "estimated":
        return f"about {number(rejected.value)}"
    return number(rejected.value)
