"""What the facts say of the answer: verdict, causes weighed, findings, and what to do."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from boltkb.catalogue import GROUPS, load_causes
from boltkb.publish.schema.part import EstimateFacts, IncidentFacts, Part, told

__all__ = ["ActionFacts", "CauseFacts", "FindingFacts", "VerdictFacts"]

State = Literal["ok", "at_risk", "saturated", "cannot_tell"]
Status = Literal["supported", "contradicted", "cannot_tell", "not_applicable"]


class NumberFacts(EstimateFacts):
    """The number that tells most."""

    label: str = told("What it counts.")


class VerdictFacts(Part):
    """The answer."""

    state: State = told("Of the pool: large enough, at risk, saturated, or it cannot be told.")
    headline: str = Field(min_length=1, description="The answer in one sentence.")
    cause: str | None = told("Id of the cause that leads; null where none is named.")
    also: list[str] = told("Ids of the causes that are supported beside it.", default=None)
    confidence: Literal["high", "medium", "low"] = told("In the answer.")
    why: list[str] = told("What lowers the confidence, in sentences.", default=None)
    number: NumberFacts = told("The number of the first screen.", default=None)
    incident: IncidentFacts | None = told("Null where there was none.", default=None)
    do_first: str = told("The first thing to do.", default=None)
    do_not: str = told("The tempting thing that would not help.", default=None)
    cannot_tell: list[str] = told(
        "What the export does not answer, with the setting that would.", default=None
    )

    @model_validator(mode="after")
    def _nothing_wrong_has_no_cause(self) -> VerdictFacts:
        # The pool may be large enough while something else fails.
        beside = {None, *(cause.id for cause in load_causes().values() if cause.alone)}
        if self.state == "ok" and self.cause not in beside:
            raise ValueError(f"the state is `ok`, yet a cause is named: {self.cause!r}")
        return self


class CauseFacts(Part):
    """A cause and how the evidence stands for it."""

    id: str = told("Of the catalogue's causes.")
    status: Status = told("How the evidence stands.")
    group: str = told(f"{', '.join(f'`{group}`' for group in GROUPS)}.")
    share: float | None = told(
        "Of what `explains` names, as far as it accounts for it.", unit="share"
    )
    explains: str = told("`thread-time`, `rejections`, `failures` or `connections`.")
    began: str | None = told("Null where no change of the course tells.", unit="ISO 8601, UTC")
    overlaps: list[str] = told("Ids of causes that explain partly the same.")
    kinds: list[str] = told("Kinds of evidence that it rests on.")
    # `for` is a word of Python's own.
    evidence_for: list[str] = Field(alias="for", description="Sentences that speak for it.")
    against: list[str] = told("Sentences that speak against it.")
    missing: list[str] = told("What would tell, with its setting in this version.")


class FindingFacts(Part):
    """A rule of the catalogue, what it found, and what follows."""

    rule: str = told("Its id.")
    title: str = told("In words.", default=None)
    status: Status = told("How the evidence stands.")
    severity: str | None = told("`high`, `medium`, `low`, `info` or `none`.")
    cause: str | None = told("Id of the cause that it speaks of; null where of none.")
    evidence: list[str] = told("Sentences.")
    advice: str = told("What to do.")
    where: list[str] = told("Files and lines.", default=None)


class StepNowFacts(Part):
    """Something to do at once."""

    what: str = told("In words.")
    command: str = told("To be typed; empty where there is none.")


class BlockFacts(Part):
    """A change as lines, for one form of deployment or one language."""

    label: str = told("Such as `neo4j.conf`, `Docker` or `Python`.")
    language: str = told("For highlighting.")
    lines: list[str] = told("To be taken over.")
    note: str = told("May be empty.")


class MadeFacts(Part):
    """A change, on the server, in the clients or on the machine."""

    where: str = told("`neo4j.conf`, `clients` or `machine`.")
    name: str = told("The setting, or what to change in words.")
    before: str = told("The value now; empty where there is none.")
    after: str = told("The value advised; empty where there is none.")
    takes_effect: str = told("At once, after a restart, with the client's next release.")
    why: str = told("A sentence.")
    rule: str = told("Id of the catalogue's rule.")
    blocks: list[BlockFacts] = told("The change as lines.")
    expected: str = told("What it should bring, or why that is not known.")
    cost: str = told("What it costs or risks.")
    undo: str = told("How to take it back.")
    notes: list[str] = told("What to look at before.")


class ApplicationFacts(Part):
    """A program's pools, its processes taken together."""

    name: str = told("By user and agent where addresses do not tell clients apart.")
    objects: float | None = told("Driver objects, each with a pool.")
    limit: int = told("Connections that one of its pools may open now.", unit="connections")
    least: int | None = told("Smallest pool for its demand; null if unknown.", unit="connections")
    floor: int | None = told("Below it sessions within sessions deadlock.", unit="connections")
    most: int | None = told("Largest for each pool; null if unknown.", unit="connections")
    advised: int | None = told("Between the bounds; null where there is none.", unit="connections")


class BoundsFacts(Part):
    """Both bounds of the clients' pools."""

    threads: int | None = told("Of the server; null if unknown.", unit="threads")
    reserve: int | None = told("Threads that are kept free; null if unknown.", unit="threads")
    demand: float | None = told("Of all clients when busiest; null if unknown.", unit="threads")
    limits: float | None = told("All known pools together; null if unknown.", unit="connections")
    complete: bool = told("Whether every source of connections is known.")
    crossed: bool = told("Whether the bounds leave no room between them.")
    applications: list[ApplicationFacts] = told("One by one.")


class ActionFacts(Part):
    """What to do, in order."""

    right_now: list[StepNowFacts] = told("At once, to keep evidence and to calm the pool.")
    changes: list[MadeFacts] = told("Lasting changes, the first one first.")
    without_the_server: list[MadeFacts] = told("Changes that need nothing of the server's owner.")
    do_not: list[str] = told("What would not help, or harm.")
    managed: bool = told("Whether the server is somebody else's to configure.")
    client_pools: BoundsFacts = told("Bounds of the clients' pools.")
