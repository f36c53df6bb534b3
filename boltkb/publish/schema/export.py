"""What the facts say of the export: its files, what they hold, and what is missing."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from boltkb.publish.schema.part import Part, told

__all__ = ["ExportFacts"]

_MOMENT = "ISO 8601, UTC"


class SourceFacts(Part):
    """One file that was read."""

    path: str = told("Within the export.")
    kind: str = told("What it was read as, such as `metric`, `log` or `thread dump`.")
    rows: int = told("Rows or lines that were taken.", default=None)
    refused: int = told("Rows or lines that could not be read.", default=None)
    why: str = told("Why lines were refused, or the file was; empty: none.", default=None)
    start: str | None = told("Of its first row; null without a time.", unit=_MOMENT, default=None)
    end: str | None = told("Of its last row; null without a time.", unit=_MOMENT, default=None)


class IgnoredFacts(Part):
    """A file that was not read."""

    path: str = told("Within the export; many of one kind stand as one entry.")
    why: str = told("Why it was left out.")


class QueryFacts(Part):
    """What the query logs count."""

    completed: int = told("Queries that ended well.", least=0)
    failed: int = told("Queries that ended with an error.", least=0)
    unfinished: int = told("Queries that began and have no end in the log.", least=0)
    start: str | None = told("What the logs cover, from.", unit=_MOMENT, default=None)
    end: str | None = told("What the logs cover, to.", unit=_MOMENT, default=None)


class HoldFacts(Part):
    """What the trace of threads counts."""

    asked: int = told("Times that a thread was asked for.", least=0)
    begun: int = told("Times that one was given.", least=0)
    rejected: int = told("Times that there was none.", least=0)
    unfinished: int = told("Holds without an end in the trace.", least=0)
    left_out: int = told("Holds that the reader had no room for.", default=None)
    start: str | None = told("What the trace covers, from.", unit=_MOMENT, default=None)
    end: str | None = told("What the trace covers, to.", unit=_MOMENT, default=None)


class DriverFacts(Part):
    """A connection pool on the client's side, by a driver's own log."""

    language: str = told("The driver's language.")
    version: str | None = told("The driver's; null where its log does not say.", default=None)
    address: str = told("The server's, as the driver writes it.")
    limit: int | None = told("Connections at most; null where not told.", default=None)
    start: str | None = told("What the log covers, from.", unit=_MOMENT, default=None)
    end: str | None = told("What the log covers, to.", unit=_MOMENT, default=None)
    counts: dict[str, int] = told("How often each thing happened, by its name, such as `acquired`.")


class SocketFacts(Part):
    """What lists of sockets count."""

    lists: int = told("Lists, each of one moment.", least=0)
    peers: int = told("Different addresses at the other end.", default=None)
    by_state: dict[str, int] = told("Sockets by their state, all lists together.")


class MachineFacts(Part):
    """What the server says of its machine."""

    value: float | None = told("A number, bytes for sizes; null where it is words.")
    text: str = told("As it was written.")
    where: str = told("File and line.")


class ByFacts(Part):
    """What answers a question."""

    tells: str = told("What the evidence tells.")
    where: str = told("Where it stands in the export.")


class AnswerFacts(Part):
    """Whether the export answers a question, and by what."""

    id: str = told("The question's id in the catalogue.")
    question: str = told("In words.", default=None)
    state: Literal["answered", "partly", "cannot_tell"] = told("Whether it is answered.")
    by: list[ByFacts] = told("What answers it.", default=None)
    recipes: list[str] = told("Steps that would answer it, by their ids.")


class StepFacts(Part):
    """A way to more evidence."""

    recipe: str = told("Its id.")
    title: str = told("In words.")
    takes_effect: str = told("Whether at once or after a restart.")
    questions: list[str] = told("Ids of the questions that it answers.", default=None)
    snippets: list[dict[str, str | None]] = told("Lines to take over: `where`, `version`, `text`.")
    notes: list[str] = told("What to know before.", default=None)


class MissingFacts(Part):
    """What the export can tell, and how to have the rest."""

    answers: list[AnswerFacts] = told("One for each question.")
    steps: list[StepFacts] = told("The steps to more evidence.")
    notes: list[str] = told("What else is to be known.", default=None)


class ExportFacts(Part):
    """What the export is and what it holds."""

    name: str = Field(min_length=1, description="The export's, or its pseudonym.")
    version: str | None = told("Of Neo4j; null where no file tells it.")
    edition: str | None = told("`community` or `enterprise`; null where no file tells it.")
    start: str | None = told("First time in the export; null without a time.", unit=_MOMENT)
    end: str | None = told("Last time in the export; null without a time.", unit=_MOMENT)
    simulated: bool | None = told(
        "Whether a simulation made the export; null where nothing says either.", default=None
    )
    sources: list[SourceFacts] = told("Every file that was read.")
    ignored: list[IgnoredFacts] = told("Files that were not read.", default=None)
    problems: list[str] = told("What was odd in the files, in sentences.", default=None)
    # Facts that were written before these were known lack them.
    evidence: dict[str, int] = Field(
        default_factory=dict, description="How much there is of each kind of evidence."
    )
    queries: QueryFacts | None = told("Null without a query log.", default=None)
    holds: HoldFacts | None = told("Null without a debug-level trace.", default=None)
    drivers: list[DriverFacts] = Field(
        default_factory=list, description="Pools that drivers' logs tell of; empty without one."
    )
    sockets: SocketFacts | None = told("Null without a list of sockets.", default=None)
    machine: dict[str, MachineFacts] = Field(
        default_factory=dict,
        description="By the fact's name, such as `cpus`, `memory`, `heap-max`.",
    )
    servers: list[str] = Field(
        default_factory=list, description="Names of the members; empty for a single server."
    )
    missing: MissingFacts = told(
        "Only in `boltkb inspect --json` and where a notebook shows what is missing.", default=None
    )
