"""A change: what to alter and where, what it should bring, what it costs, how to undo it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from boltkb.advice.dialects import SECONDS, Block, driver_blocks, setting_blocks, takes_effect
from boltkb.advice.situation import Situation
from boltkb.catalogue import load_rules, load_settings
from boltkb.errors import CatalogueError
from boltkb.tables import number, span

__all__ = ["Change", "change_clients", "change_code", "change_machine", "change_setting"]

NEXT_RELEASE = "with the client's next release"
NEXT_START = "with the client's next start"


@dataclass(frozen=True, slots=True)
class Change:
    """A change to make, on the server, in the clients or on the machine.

    Parameters
    ----------
    where : str
        `neo4j.conf`, `clients` or `machine`.
    name : str
        The setting, or what to change in words.
    before, after : str
        Values; empty where there are none.
    takes_effect : str
        Such as `dynamic`, `needs a restart` or `with the client's next release`.
    why : str
    rule : str
        The id of the catalogue's rule.
    blocks : tuple of Block
        The change as lines, for each form of deployment or language.
    expected : str
        What it should bring, with its interval, or why that is not known.
    cost, undo : str
    notes : tuple of str
        What to check before.
    bounded : bool
        Whether it rests on both bounds of the clients' pools, which then stand beside it.
    """

    where: str
    name: str
    before: str
    after: str
    takes_effect: str
    why: str
    rule: str = ""
    blocks: tuple[Block, ...] = ()
    expected: str = ""
    cost: str = ""
    undo: str = ""
    notes: tuple[str, ...] = ()
    bounded: bool = False

    @property
    def on_server(self) -> bool:
        """Whether somebody must be able to change the server for it."""
        return self.where != "clients"

    def facts(self) -> dict[str, object]:
        """Return the change for `facts.json`."""
        return {
            "where": self.where,
            "name": self.name,
            "before": self.before,
            "after": self.after,
            "takes_effect": self.takes_effect,
            "why": self.why,
            "rule": self.rule,
            "blocks": [block.facts() for block in self.blocks],
            "expected": self.expected,
            "cost": self.cost,
            "undo": self.undo,
            "notes": list(self.notes),
        }


def change_setting(
    situation: Situation,
    rule: str,
    identity: str,
    after: str,
    *,
    why: str = "",
    expected: str = "",
    notes: Sequence[str] = (),
    cost: str | None = None,
) -> Change:
    """Return a change of a server's setting by the name that it has in this version.

    Parameters
    ----------
    situation : Situation
    rule : str
        The rule that it follows from; its texts stand where none are given.
    identity : str
        The setting's id.
    after : str
        The new value; empty to take the line out.
    why, expected : str
    notes : sequence of str
    cost : str, optional

    Raises
    ------
    CatalogueError
        When fewer threads than the pool has are asked for, or a value for a setting that Neo4j
        does not support: neither is ever advised.
    """
    if identity == "bolt-threads-max" and after:
        present = situation.pool.max_threads.whole
        if present is not None and float(after) <= present:
            raise CatalogueError(f"{after} threads are not more than {present}")
    entry = load_rules()[rule]
    before, written_as = situation.value_of(identity)
    standing = before or _standing(situation, identity)
    effect = takes_effect(identity, situation.version, situation.edition)
    return Change(
        where="neo4j.conf",
        name=situation.setting(identity) if after else written_as or situation.setting(identity),
        before=standing,
        after=after,
        takes_effect=effect,
        why=why or entry.meaning,
        rule=rule,
        blocks=setting_blocks(
            identity, situation.version, before, after, edition=situation.edition,
            written_as=written_as, container_first=situation.container,
        ),
        expected=expected,
        cost=entry.cost if cost is None else cost,
        undo=entry.undo,
        notes=tuple(notes),
    )  # fmt: skip


def change_clients(
    situation: Situation,
    rule: str,
    values: Mapping[str, float],
    *,
    name: str,
    why: str = "",
    expected: str = "",
    notes: Sequence[str] = (),
    before: Mapping[str, float] | None = None,
    languages: Sequence[str] | None = None,
    cost: str | None = None,
) -> Change:
    """Return a change of driver options, in each language.

    Parameters
    ----------
    situation : Situation
    rule : str
    values : mapping of str to float
        By the option's word in the catalogue.
    name : str
        What to change, in words.
    why, expected : str
    notes : sequence of str
    before : mapping of str to float, optional
        Values that are known to be set.
    languages : sequence of str, optional
        Of these clients; those of the situation where left out.
    cost : str, optional
    """
    entry = load_rules()[rule]
    shown = situation.languages if languages is None else languages
    first = next(iter(values))
    told = span if first in SECONDS else number
    old = (before or {}).get(first)
    return Change(
        where="clients",
        name=name,
        before="" if old is None else told(old),
        after=told(values[first]) if len(values) == 1 else "",
        takes_effect=NEXT_START,
        why=why or entry.meaning,
        rule=rule,
        blocks=driver_blocks(values, shown, before=before),
        expected=expected,
        cost=entry.cost if cost is None else cost,
        undo=entry.undo,
        notes=tuple(notes),
    )


def change_code(
    rule: str,
    *,
    name: str = "",
    why: str = "",
    expected: str = "",
    notes: Sequence[str] = (),
    cost: str | None = None,
) -> Change:
    """Return a change of what a client's program does."""
    made = _in_words("clients", rule, name, NEXT_RELEASE, why, expected, notes)
    return made if cost is None else replace(made, cost=cost)


def change_machine(
    rule: str,
    *,
    name: str = "",
    effect: str = "needs a restart",
    why: str = "",
    expected: str = "",
    notes: Sequence[str] = (),
    blocks: tuple[Block, ...] = (),
) -> Change:
    """Return a change of the machine, the cluster or the data, outside Neo4j's settings."""
    made = _in_words("machine", rule, name, effect, why, expected, notes)
    return replace(made, blocks=blocks)


def _in_words(
    where: str,
    rule: str,
    name: str,
    effect: str,
    why: str,
    expected: str,
    notes: Sequence[str],
) -> Change:
    entry = load_rules()[rule]
    return Change(
        where=where,
        name=name or entry.change,
        before="",
        after="",
        takes_effect=effect,
        why=why or entry.meaning,
        rule=rule,
        expected=expected,
        cost=entry.cost,
        undo=entry.undo,
        notes=tuple(notes),
    )


def _standing(situation: Situation, identity: str) -> str:
    """Return the value that holds where nothing is set: the version's default."""
    setting = load_settings()[identity]
    version = situation.version
    default = setting.default if version is None else setting.default_in(version)
    return f"{default} (default)" if default else ""
