"""The question: a report's pool and load, and the same with something changed."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from boltkb.queueing import erlang_b
from boltkb.tables import Column, Shown, Table, number, share, span
from boltkb.twin.laws import refuse
from boltkb.twin.what_if.cases import Case
from boltkb.twin.what_if.settings import DRIVERS, Setting, spread_of, wave

__all__ = ["Question", "ask", "ask_given"]

#: What a driver does unless it is told otherwise.
_POOL, _ACQUISITION, _RETRY = 100, 60.0, 30.0
#: Told of both settings whether they differ or not.
_ALWAYS = ("threads", "requests a second", "mean hold", "offered load, erlangs")
#: `thread_pool_min_size` where a report does not know it.
_CORE = 5


@dataclass(frozen=True, slots=True)
class Question(Shown):
    """A pool as a report found it, and the same with something changed.

    Parameters
    ----------
    name : str
        The export's.
    before, after : Setting or None
        None where the report does not tell enough.
    declined : tuple of str
        Why nothing can be simulated and what would be needed, in sentences; empty where it can.
    notes : tuple of str
        What had to be assumed, in sentences.
    """

    name: str
    before: Setting | None
    after: Setting | None
    declined: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def table(self) -> Table:
        """Return both settings as a table; where the question is declined, why."""
        if self.before is None or self.after is None:
            rows: tuple[tuple[str, ...], ...] = tuple((reason,) for reason in self.declined)
            return Table((Column("Why, and what would be needed"),), rows, "Nothing is simulated")
        pairs = zip(_told(self.before), _told(self.after), strict=True)
        both = [(name, was, now) for (name, was), (_, now) in pairs]
        rows = tuple(
            (name, was, "same" if was == now else now)
            for name, was, now in both
            if name in _ALWAYS or was != now
        )
        same = [f"{name} {was}" for name, was, now in both if name not in _ALWAYS and was == now]
        notes = (f"The same in both: {', '.join(same)}.", *self.notes) if same else self.notes
        columns = (
            Column("What"),
            Column("As reported", numeric=True),
            Column("What if", numeric=True),
        )
        return Table(columns, rows, "The question", notes)

    def __str__(self) -> str:
        return str(self.table())

    def to_html(self) -> str:
        """Return both settings as one line of HTML."""
        return self.table().to_html()

    def facts(self) -> Mapping[str, object]:
        """Return the question."""
        told = {
            name: None
            if setting is None
            else {
                "threads": setting.threads,
                "queue": setting.queue,
                "arrival_rate": setting.rate,
                "mean_hold": setting.mean_hold,
                "load_varies": len(setting.shape) > 1,
                "driver": setting.driver,
                "pool": setting.pool,
                "processes": setting.processes,
                "acquisition_timeout": _finite(setting.acquisition_timeout),
                "retry_seconds": setting.retry_seconds,
                "transaction_timeout": _finite(setting.transaction_timeout),
            }
            for name, setting in (("before", self.before), ("after", self.after))
        }
        return {"question": {"of": self.name, "declined": list(self.declined), **told}}


def ask(
    case: Case,
    *,
    threads: int = 0,
    load: float = 1.0,
    hold: float = 1.0,
    mean_hold: float = 0.0,
    driver: str = "java",
    pool_size: int = _POOL,
    processes: int = 1,
    acquisition_timeout: float = _ACQUISITION,
    retry_seconds: float = _RETRY,
    transaction_timeout: float = 0.0,
) -> Question:
    """Return a report's pool and load beside the same with something changed.

    Parameters
    ----------
    case : Case
    threads : int, >= 0
        Threads of the pool; 0: as reported.
    load, hold : float, > 0
        By what the rate of requests, and the time for which each holds a thread, are multiplied.
    mean_hold : float, seconds, >= 0
        Where the report could not tell it; 0: as reported.
    driver : str
        One of `java`, `java 5.27`, `python`, `javascript`, `go`, `dotnet`; of both settings.
    pool_size : int, >= 1
        Connections that a driver object may open.  As reported: 100, the drivers' default.
    processes : int, >= 1
        Driver objects that share the load, in both settings.
    acquisition_timeout : float, seconds, >= 0
        For how long a request waits for a connection; 0: without end.  As reported: 60.
    retry_seconds : float, seconds, >= 0
        For how long a rejected transaction is tried again; 0: not at all.  As reported: 30.
    transaction_timeout : float, seconds, >= 0
        After which the server ends a transaction; 0: never, as reported.

    Returns
    -------
    Question
        Declined, in words, where the report has no offered load (a refused fit), no number of
        threads or no mean hold and none is given.

    Raises
    ------
    ParameterError
        All that is wrong, at once.

    Notes
    -----
    A report's load counts every attempt at a thread.  Where clients try again, the fresh
    requests are fewer by what was rejected.  Where more were rejected than a constant load
    explains, the load is taken to vary: lognormally, slowly, by as much as gives the reported
    share.

    Examples
    --------
    >>> from boltkb.twin.what_if import read_case
    >>> case = read_case({"schema": 1, "pool": {"max_threads": 8}, "estimates": {
    ...     "offered_load": {"value": 5.0}, "mean_hold": {"value": 0.4}}})
    >>> asked = ask(case, threads=12, retry_seconds=0.0)
    >>> asked.before.threads, asked.after.threads, round(asked.after.offered_load, 3)
    (8, 12, 4.65)
    """
    _check(locals())
    declined = _declined(case, threads, mean_hold)
    if declined:
        return Question(case.name, None, None, declined)
    found = case.mean_hold.value or mean_hold
    attempts = float(case.offered_load.value or 0.0)
    present = case.threads if case.threads is not None else threads
    spread = spread_of(present, attempts, case.rejection.value)
    # Of what came at each moment, the part that got a thread came only once.
    loads = attempts * wave(spread)
    fresh = loads * [1.0 - float(erlang_b(present, float(x))) for x in loads]
    mean = float(fresh.mean())
    before = Setting(
        version=case.simulated_version,
        threads=present,
        core_threads=_CORE if case.core_threads is None else case.core_threads,
        queue=case.queue,
        transaction_limit=case.transaction_limit,
        binding=case.binding,
        rate=mean / found,
        shape=tuple((fresh / mean).tolist()),
        mean_hold=found,
        driver=driver,
        pool=_POOL,
        processes=processes,
        acquisition_timeout=_ACQUISITION,
        retry_seconds=_RETRY,
        transaction_timeout=math.inf,
    )
    after = replace(
        before,
        threads=threads or present,
        rate=before.rate * load,
        mean_hold=found * hold,
        pool=pool_size,
        acquisition_timeout=acquisition_timeout or math.inf,
        retry_seconds=retry_seconds,
        transaction_timeout=transaction_timeout or math.inf,
    )
    return Question(case.name, before, after, (), _notes(case, before, attempts, spread))


def ask_given(case: Case, given: Mapping[str, Any]) -> Question:
    """Return the question that a notebook's parameters put.

    Parameters
    ----------
    case : Case
    given : mapping
        Those of its names that `ask` knows are taken, the others left.

    Returns
    -------
    Question

    Raises
    ------
    ParameterError
        As `ask`.
    """
    known = inspect.signature(ask).parameters
    return ask(case, **{name: given[name] for name in given if name in known and name != "case"})


def _check(given: Mapping[str, object]) -> None:
    problems: list[str] = []
    for name, least in (("threads", 0), ("pool_size", 1), ("processes", 1)):
        value = given[name]
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            problems.append(f"`{name}` must be a whole number, {least} or more; got {value!r}")
    for name in ("load", "hold"):
        value = given[name]
        if not (isinstance(value, int | float) and math.isfinite(value) and value > 0):
            problems.append(f"`{name}` must be a factor above 0; got {value!r}")
    for name in ("mean_hold", "acquisition_timeout", "retry_seconds", "transaction_timeout"):
        value = given[name]
        if not (isinstance(value, int | float) and math.isfinite(value) and value >= 0):
            problems.append(f"`{name}` must be seconds, 0 or more; got {value!r}")
    if given["driver"] not in DRIVERS:
        problems.append(f"`driver` must be one of {', '.join(DRIVERS)}; got {given['driver']!r}")
    refuse(problems)


def _declined(case: Case, threads: int, mean_hold: float) -> tuple[str, ...]:
    """Return what is missing for a simulation, in sentences; empty for nothing."""
    said: list[str] = []
    if not case.offered_load.value:
        why = case.offered_load.reason or "it was not fitted"
        said.append(f"The report has no offered load to start from: {why}.")
        said.append(
            "Needed are samples of the threads held (`connections_running`, every few seconds, "
            "over a stretch in which the pool is neither idle nor full throughout; `start` and "
            "`end` of the report choose it). `boltkb inspect EXPORT` names the settings that give "
            "them."
        )
    if case.threads is None and not threads:
        said.append(
            "The report does not know how many threads the pool has; export neo4j.conf or a "
            "debug.log that holds the start, or give `threads`."
        )
    if case.offered_load.value and not case.mean_hold.value and not mean_hold:
        why = case.mean_hold.reason or "it was not counted"
        said.append(
            f"The report has no mean hold: {why}. Give `mean_hold` in seconds, for instance the "
            "mean duration of the transactions with what their clients think in between."
        )
    return tuple(said)


def _notes(case: Case, before: Setting, attempts: float, spread: float) -> tuple[str, ...]:
    assumed = (
        "As reported: the pool and the load of the report; of the clients it knows nothing, so "
        "they have their driver's defaults. Holds are exponential, which does not matter where "
        "nobody waits."
    )
    notes = [assumed]
    fewer = 1.0 - before.offered_load / attempts
    if fewer > 1e-6:
        notes.append(
            f"The report counts {number(attempts, uncertainty=0.05)} erlangs of attempts. Where "
            f"clients try again, those rejected come again: the fresh load is {share(fewer)} less."
        )
    if spread > 0:
        notes.append(
            f"A constant load would have been rejected less often than reported, so the load "
            f"varies slowly: by {share(math.sqrt(math.expm1(spread**2)))} of its mean."
        )
    if case.mean_hold.value is None:
        notes.append("The mean hold was given, not reported.")
    return tuple(notes)


def _told(setting: Setting) -> tuple[tuple[str, str], ...]:
    peak = (("at their peak", number(setting.rate * max(setting.shape))),)
    return (
        ("Neo4j", setting.version),
        ("threads", number(setting.threads)),
        ("places in the queue", number(setting.queue) if setting.queue >= 0 else "without end"),
        ("requests a second", number(setting.rate)),
        *(peak if len(setting.shape) > 1 else ()),
        ("mean hold", span(setting.mean_hold)),
        ("offered load, erlangs", number(setting.offered_load)),
        ("driver", setting.driver),
        ("processes", number(setting.processes)),
        ("connections of each", number(setting.pool)),
        ("waits for a connection", _limit(setting.acquisition_timeout)),
        ("tries again for", span(setting.retry_seconds) if setting.retry_seconds else "not at all"),
        ("transaction time-out", _limit(setting.transaction_timeout, "none")),
    )


def _limit(seconds: float, without: str = "without end") -> str:
    return span(seconds) if math.isfinite(seconds) else without


def _finite(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) else None
