"""The answer: both settings simulated again and again, with what theory says beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from boltkb.errors import ParameterError
from boltkb.queueing import Estimate
from boltkb.tables import Column, Shown, Table, escape, number, sentence, share, span
from boltkb.twin.repeating import RUNS, Repeated, interval_of, repeat, share_of
from boltkb.twin.what_if.questions import Question
from boltkb.twin.what_if.settings import Setting
from boltkb.twin.what_if.theory import QUANTITIES, ClosedForm, closed_form
from boltkb.twin.what_if.wording import MARK, PROBABILITY, bare, in_short, time_of

__all__ = ["Answer", "Side", "answer", "simulate_setting"]


@dataclass(frozen=True, slots=True)
class Side:
    """One setting: what its simulated runs say, and what theory says.

    Parameters
    ----------
    setting : Setting
    estimates : mapping of str to Estimate
        By the keys of `QUANTITIES`.
    errors : mapping of str to Estimate
        Shares of requests by how they failed.
    most_held : int
        Threads held at once, in any run.
    requests : int
        Of all runs.
    seconds : float
        Of each run.
    theory : ClosedForm
    """

    setting: Setting
    estimates: Mapping[str, Estimate]
    errors: Mapping[str, Estimate]
    most_held: int
    requests: int
    seconds: float
    theory: ClosedForm


@dataclass(frozen=True, slots=True)
class Answer(Shown):
    """What a question comes to, simulated and by theory.

    Parameters
    ----------
    question : Question
    before, after : Side or None
        None where the question was declined.
    runs : int
    """

    question: Question
    before: Side | None
    after: Side | None
    runs: int

    @property
    def headline(self) -> str:
        """The answer in one sentence."""
        if self.before is None or self.after is None:
            return "Declined: the report does not tell enough to simulate from"
        was, now = (side.estimates["rejected"] for side in (self.before, self.after))
        lost, loses = (side.estimates["failed"] for side in (self.before, self.after))
        return (
            f"Rejected are {bare(was)} of the requests for a thread as reported, and {bare(now)} "
            f"with the change; {bare(lost)} and {bare(loses)} of the requests fail for their client"
        )

    def table(self) -> Table:
        """Return both sides as a table; where the question was declined, why."""
        if self.before is None or self.after is None:
            return self.question.table()
        sides = (self.before, self.after)
        rows = [
            (words, *(cell for side in sides for cell in _cells(side, name)))
            for name, (words, _) in QUANTITIES.items()
        ]
        most = [cell for side in sides for cell in (number(side.most_held), "–")]
        rows.append(("threads held, most at once", *most))
        for error in dict.fromkeys(name for side in sides for name in side.errors):
            cells = []
            for side in sides:
                told = side.errors.get(error)
                cells += ["0\u202f%" if told is None else in_short(told), "–"]
            rows.append((f"failed: {error}", *cells))
        heads = ("Quantity", "As reported", "by theory", "What if", "by theory")
        columns = tuple(Column(head, numeric=i > 0) for i, head in enumerate(heads))
        first, second = sides
        head = (
            f"{MARK} {self.runs} runs of {span(first.seconds)} and {span(second.seconds)}, "
            f"{number(first.requests)} and {number(second.requests)} requests; in brackets "
            "95\u202f% intervals over the runs."
        )
        notes = [head]
        for name, side in (("As reported", self.before), ("What if", self.after)):
            notes.append(f"{name}: {side.theory.model or 'no closed form'}.")
            notes.extend(f"{name}: {reason}." for reason in side.theory.reasons)
        return Table(columns, tuple(rows), "Simulated, and by theory", _once(notes))

    def __str__(self) -> str:
        return f"{self.headline}.\n\n{self.table()}"

    def to_html(self) -> str:
        """Return the answer as one line of HTML, marked as simulated."""
        declined = self.before is None
        word = "Nothing is simulated." if declined else "Simulated."
        lead = f'<p class="boltkb-simulated"><b>{word}</b> {escape(sentence(self.headline))}</p>'
        return lead + self.table().to_html()

    def facts(self) -> Mapping[str, object]:
        """Return both sides, marked as simulated."""
        told: dict[str, object] = {"simulated": True, "runs": self.runs, "headline": self.headline}
        for name, side in (("before", self.before), ("after", self.after)):
            told[name] = None if side is None else _facts(side)
        return {"what_if": told}


def answer(question: Question, *, runs: int = RUNS, seconds: float = 0.0, seed: int = 0) -> Answer:
    """Return what a question comes to, simulated and by theory.

    Parameters
    ----------
    question : Question
    runs : int, >= 2
        Independent runs of each setting; both meet the same clients.
    seconds : float, >= 0
        Counted in each run; 0: long enough for 20,000 requests and some hundred mean holds.
    seed : int, >= 0

    Returns
    -------
    Answer
        Declined where the question is.

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> from boltkb.twin.what_if import ask, read_case
    >>> case = read_case({"schema": 1, "pool": {"max_threads": 8}, "estimates": {
    ...     "offered_load": {"value": 5.0}, "mean_hold": {"value": 0.4}}})
    >>> told = answer(ask(case, threads=20, retry_seconds=0.0), runs=4, seconds=400.0, seed=1)
    >>> told.after.estimates["rejected"].value < told.before.estimates["rejected"].value
    True
    """
    if question.before is None or question.after is None:
        return Answer(question, None, None, runs)
    before, after = (
        simulate_setting(setting, runs=runs, seconds=seconds, seed=seed)
        for setting in (question.before, question.after)
    )
    return Answer(question, before, after, runs)


def simulate_setting(
    setting: Setting, *, runs: int = RUNS, seconds: float = 0.0, seed: int = 0
) -> Side:
    """Return one setting simulated again and again, with what theory says beside it.

    Parameters
    ----------
    setting : Setting
    runs, seconds, seed
        As `answer`.

    Returns
    -------
    Side

    Raises
    ------
    ParameterError
    """
    if not (isinstance(seconds, int | float) and 0 <= seconds < 1e9):
        raise ParameterError(f"`seconds` must be 0 or more; got {seconds!r}")
    counted = float(seconds) or setting.seconds
    seen = repeat(
        setting.server,
        setting.client(counted),
        seconds=counted,
        warm_up=setting.warm_up,
        tail=setting.tail,
        runs=runs,
        seed=seed,
    )
    errors = {
        name: share_of(count, seen.requests)
        for name, count in seen.outcomes.items()
        if name != "ok"
    }
    return Side(
        setting,
        _estimates(seen),
        errors,
        int(seen.most.max()),
        int(seen.requests.sum()),
        counted,
        closed_form(setting),
    )


def _estimates(seen: Repeated) -> dict[str, Estimate]:
    return {
        "rejected": share_of(seen.rejected, seen.attempts),
        "failed": share_of(seen.failed, seen.requests),
        "again": share_of(seen.tried_again, seen.requests),
        "waits": share_of(seen.waited, seen.requests),
        "wait": interval_of(seen.wait, "s"),
        "answer": interval_of(seen.answer, "s"),
        "held": interval_of(seen.held, "threads"),
    }


def _cells(side: Side, name: str) -> tuple[str, str]:
    """Return what is simulated and what theory says, for two cells."""
    value = side.theory.values.get(name)
    if value is None:
        return in_short(side.estimates[name]), "none"
    if QUANTITIES[name][1] == PROBABILITY:
        return in_short(side.estimates[name]), share(value)
    if QUANTITIES[name][1] == "s":
        return in_short(side.estimates[name]), time_of(value)
    return in_short(side.estimates[name]), number(value, uncertainty=0.05)


def _once(notes: list[str]) -> tuple[str, ...]:
    """Return the notes; what is said of both sides is said once."""
    said: dict[str, str] = {}
    for note in notes:
        who, _, words = note.partition(": ")
        both = words in said and who != said[words] and who in {"As reported", "What if"}
        said[words] = "Both" if both else who
    return tuple(sentence(f"{who}: {words}" if words else who) for words, who in said.items())


def _facts(side: Side) -> dict[str, object]:
    return {
        "estimates": {name: told.facts() for name, told in side.estimates.items()},
        "errors": {name: told.facts() for name, told in side.errors.items()},
        "most_held": side.most_held,
        "requests": side.requests,
        "seconds": side.seconds,
        "model": side.theory.model or None,
        "theory": dict(side.theory.values),
        "reasons": list(side.theory.reasons),
    }
