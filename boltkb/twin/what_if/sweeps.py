"""The same question with other numbers of threads."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from boltkb.queueing import Estimate, servers_for_blocking
from boltkb.tables import Column, Shown, Table, number, share
from boltkb.twin.what_if.answers import simulate_setting
from boltkb.twin.what_if.questions import Question
from boltkb.twin.what_if.theory import closed_form
from boltkb.twin.what_if.wording import MARK, in_short

__all__ = ["Sweep", "sweep_threads"]

#: Numbers of threads that are simulated, runs of each, and points of the curve beside them.
_STEPS, _RUNS, _POINTS = 7, 6, 60
#: The sweep ends where the load at its peak is rejected so seldom.
_SELDOM = 1e-4


@dataclass(frozen=True, slots=True)
class Sweep(Shown):
    """The share rejected with other numbers of threads.

    Parameters
    ----------
    threads : tuple of int
    rejected : tuple of Estimate
        Simulated.
    curve : tuple of (int, float)
        By theory, at more numbers of threads; empty where there is no closed form.
    before, after : int
        Threads as reported, and as asked.
    declined : tuple of str
    reasons : tuple of str
        Why there is no curve, or what to think of it.
    """

    threads: tuple[int, ...]
    rejected: tuple[Estimate, ...]
    curve: tuple[tuple[int, float], ...]
    before: int
    after: int
    declined: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def table(self) -> Table:
        """Return the sweep as a table."""
        theory = dict(self.curve)
        rows = tuple(
            (number(count), in_short(told), share(theory[count]) if count in theory else "–")
            for count, told in zip(self.threads, self.rejected, strict=True)
        )
        heads = ("Threads", "Rejected, simulated", "By theory")
        columns = tuple(Column(head, numeric=True) for head in heads)
        return Table(columns, rows, "Other numbers of threads", self.declined or (MARK,))

    def __str__(self) -> str:
        return str(self.table())

    def to_html(self) -> str:
        """Return the sweep as one line of HTML."""
        return self.table().to_html()

    def facts(self) -> Mapping[str, object]:
        """Return the sweep, marked as simulated."""
        rows = [
            {"threads": count, "rejected": told.facts()}
            for count, told in zip(self.threads, self.rejected, strict=True)
        ]
        return {"other_threads": {"simulated": True, "rows": rows}}


def sweep_threads(question: Question, *, seconds: float = 0.0, seed: int = 0) -> Sweep:
    """Return the share rejected with other numbers of threads, all else as asked.

    Parameters
    ----------
    question : Question
    seconds, seed
        As `answer`.

    Returns
    -------
    Sweep
        Seven numbers of threads from the load on, those reported and those asked for; without any
        where the question was declined.

    Raises
    ------
    ParameterError
    """
    if question.before is None or question.after is None:
        return Sweep((), (), (), 0, 0, question.declined)
    asked, before = question.after, question.before.threads
    peak = asked.offered_load * max(asked.shape)
    # With retries, fewer threads than the load at its peak only show a storm of them.
    low = max(1, math.ceil(peak if asked.retry_seconds > 0 else asked.offered_load))
    high = max(low + _STEPS, int(servers_for_blocking(peak, _SELDOM)))
    counts = sorted({round(x) for x in np.linspace(low, high, _STEPS)} | {before, asked.threads})
    rejected = [
        simulate_setting(
            asked.with_threads(count), runs=_RUNS, seconds=seconds, seed=seed
        ).estimates["rejected"]
        for count in counts
    ]
    at = sorted({round(x) for x in np.linspace(low, high, _POINTS)} | set(counts))
    forms = [(count, closed_form(asked.with_threads(count))) for count in at]
    curve = tuple((n, form.values["rejected"]) for n, form in forms if "rejected" in form.values)
    return Sweep(
        tuple(counts),
        tuple(rejected),
        curve,
        before,
        asked.threads,
        (),
        closed_form(asked).reasons,
    )
