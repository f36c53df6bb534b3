"""A situation and the same with one thing changed, made from the twin's scenarios."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from boltkb.twin import Client, Driver, Server, load_scenario

__all__ = ["Change", "Pair", "Side", "client", "driver", "each", "pair", "server", "work"]


@dataclass(frozen=True, slots=True)
class Side:
    """A server and its clients."""

    server: Server
    clients: tuple[Client, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A situation before and after one change.

    Parameters
    ----------
    name : str
    section : str
        The section of the tuning guide that it speaks for, by its anchor.
    situation, change : str
        In a few words: what goes on, and what was changed from what to what.
    scenario : str
        Of the twin.
    about, beside : tuple of str
        The measures that the guide tells, by the names of `evidence.effects.MEASURES`: those
        by which the change is judged, and those that are only told.
    before, after : Side
    seconds, warm_up : float, seconds
        That are counted in each run, and before.
    """

    name: str
    section: str
    situation: str
    change: str
    scenario: str
    about: tuple[str, ...]
    beside: tuple[str, ...]
    before: Side
    after: Side
    seconds: float
    warm_up: float


Change = Callable[[Side], Side]


def server(**changes: Any) -> Change:
    """Return a change of the server's parameters."""
    return lambda side: replace(side, server=replace(side.server, **changes))


def each(change: Callable[[Client], Client], *, only: int | None = None) -> Change:
    """Return the change of every client, or of one."""

    def made(side: Side) -> Side:
        clients = (change(c) if only in (None, k) else c for k, c in enumerate(side.clients))
        return replace(side, clients=tuple(clients))

    return made


def client(*, only: int | None = None, **changes: Any) -> Change:
    """Return a change of every client's parameters, or of one's."""
    return each(lambda one: replace(one, **changes), only=only)


def work(*, only: int | None = None, **changes: Any) -> Change:
    """Return a change of what a transaction does."""
    return each(lambda one: replace(one, work=replace(one.work, **changes)), only=only)


def driver(*, only: int | None = None, **changes: Any) -> Change:
    """Return a change of the drivers' rules."""

    def changed(one: Client) -> Client:
        return replace(one, driver=replace(one.driver or Driver.java(), **changes))

    return each(changed, only=only)


def pair(
    name: str,
    section: str,
    situation: str,
    change: str,
    scenario: str,
    about: str,
    *,
    parameters: Mapping[str, float] | None = None,
    version: str = "5.26.0",
    both: tuple[Change, ...] = (),
    before: tuple[Change, ...] = (),
    after: tuple[Change, ...] = (),
    seconds: float = 1200.0,
    warm_up: float = 120.0,
) -> Pair:
    """Return a pair from a scenario, what is set in both, and what differs."""
    given = {key: str(value) for key, value in (parameters or {}).items()}
    loaded = load_scenario(scenario, changes=given, version=version)
    side = Side(loaded.server, loaded.clients)
    for step in both:
        side = step(side)
    sides = [side, side]
    for number, steps in enumerate((before, after)):
        for step in steps:
            sides[number] = step(sides[number])
    judged, _, told = about.partition("|")
    return Pair(
        name=name, section=section, situation=situation, change=change, scenario=scenario,
        about=tuple(judged.split()), beside=tuple(told.split()), before=sides[0], after=sides[1],
        seconds=seconds, warm_up=warm_up,
    )  # fmt: skip
