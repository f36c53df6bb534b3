"""What the facts say of the pool: its configuration, the window, who held threads, its course."""

from __future__ import annotations

from boltkb.publish.schema.part import IncidentFacts, Part, told

__all__ = ["ClientsPoolsFacts", "CourseFacts", "HolderFacts", "LookFacts", "PoolFacts",
           "WindowFacts"]  # fmt: skip

_MOMENT = "ISO 8601, UTC"


class KnownFacts(Part):
    """How a value of the pool is known."""

    how: str = told("In words.")
    where: str | None = told("File and line; null for a default and for what is not known.")
    rank: str = told("`moment`, `running`, `start`, `environment`, `file`, `default`, `unknown`.")


class OtherPoolFacts(Part):
    """A pool of the same server beside its main one."""

    name: str = told("Whose connections it serves.")
    threads: int | None = told("At most; null where it cannot be told.", unit="threads")
    how: str = told("How that is known.")


class PoolFacts(Part):
    """The thread pool as configured, with where each value comes from."""

    max_threads: int | None = told("At most; null where it cannot be told.", unit="threads")
    min_threads: int | None = told("Kept; null where it cannot be told.", unit="threads")
    queue_size: int | None = told("0 hands over directly, -1 is without a bound.", unit="places")
    keep_alive: float | None = told(
        "After which an idle thread above the minimum ends.", unit="s", default=None
    )
    error_accounting: bool | None = told(
        "Whether the log tells of rejections as episodes (5.18 and later).", default=None
    )
    thread_binding: bool | None = told(
        "Whether a transaction keeps its thread while its client thinks.", default=None
    )
    transaction_limit: int | None = told(
        "The other ceiling: transactions of one database at the same time.", default=None
    )
    discipline: str | None = told(
        "What a full pool does: `loss`, `bounded_queue`, `unbounded_queue` or `unknown`."
    )
    provenance: dict[str, KnownFacts] = told("By the key of the value.")
    contradictions: list[str] = told("Where two files disagree.", default=None)
    others: list[OtherPoolFacts] = told("Pools beside this one.", default=None)
    shared: list[str] = told(
        "Who takes threads of this pool beside ordinary clients.", default=None
    )


class BusyFacts(Part):
    """What one kind of evidence says of held threads in the window."""

    name: str = told("The evidence.")
    bound: bool = told("Whether at least so many were held, and perhaps more.")
    looks: int = told("How often it was looked.")
    mean: float | None = told("Null where it has none.", unit="threads")
    peak: float | None = told("Null where it has none.", unit="threads")


class CutFacts(Part):
    """A stretch of time that is not used, or not as the rest."""

    start: str | None = told("Its begin.", unit=_MOMENT)
    end: str | None = told("Its end.", unit=_MOMENT)
    kind: str = told("`restart`, `gap`, `censored` or `reset`.")
    words: str = told("A sentence.")


class WindowFacts(Part):
    """The stretch of time that was analysed, and what was observed in it."""

    start: str | None = told("Its begin.", unit=_MOMENT)
    end: str | None = told("Its end.", unit=_MOMENT)
    how: str = told("How it was chosen.")
    samples: int = told("Samples of held threads.")
    failed_samples: int = told("Samples that could not be taken.")
    interval: float | None = told("Usual time between two; null without samples.", unit="s")
    busy_from: str = told("What tells the held threads, or why nothing does.")
    busy_is_bound: bool = told("Whether that is a lower bound only.")
    evidence: list[BusyFacts] = told("All that tells of held threads, the strongest first.")
    disagreements: list[str] = told("Where two of them contradict each other.")
    arrivals_from: str = told("How arrivals are known, or why not.")
    hold_from: str = told("How the mean hold is known, or why not.")
    gaps: list[list[str | None]] = told("Begin and end of each gap.", unit=_MOMENT)
    cuts: list[CutFacts] = told("What is left out, or not taken as the rest.")
    clock: str = told("Whether logs and metrics share a clock.")
    restarts: list[str | None] = told("Starts of the server.", unit=_MOMENT)
    incident: IncidentFacts | None = told("Null where there was none.")


class ShareFacts(Part):
    """A part of the held thread-time."""

    value: float | None = told("Between 0 and 1.", unit="share")
    interval: list[float | None] = told("Both ends of the 95 % interval.", unit="share")


class LookFacts(Part):
    """What one kind of evidence says held threads did."""

    evidence: str = told("The evidence.")
    held: float | None = told("Held on average; null where it does not tell.", unit="threads")
    bound: bool = told("Whether its shares are bounds only.")
    shares: dict[str, ShareFacts] = told("By what threads did, such as `waiting_for_client`.")
    where: list[str] = told("Files and lines.")


class HolderFacts(Part):
    """A client and the threads that it held, averaged over the looks."""

    client: str = told("Its address without the port, or its pseudonym.")
    user: str | None = told("Null where nothing tells it.")
    agent: str | None = told("The program or driver; null where nothing tells it.")
    threads: float = told("Held.", unit="threads")
    working: float = told("Of them at work.", unit="threads")
    waiting_for_client: float = told("Of them waiting for this client.", unit="threads")
    waiting_for_lock: float = told("Of them waiting for a lock.", unit="threads")
    sending: float = told("Of them sending an answer.", unit="threads")
    waiting_for_bookmark: float = told("Of them waiting for a bookmark.", unit="threads")
    blocks: int = told("Transactions that wait for a lock of this client's.")
    oldest_seconds: float | None = told("Age of its oldest transaction.", unit="s")
    oldest_without_query_seconds: float | None = told(
        "Age of its oldest transaction without a query.", unit="s"
    )
    connections: list[str] = told("By which it held them.")


class ClientsPoolsFacts(Part):
    """What is known of the clients' own pools together."""

    clients: int = told("Client programs, by their addresses.")
    ceiling: float | None = told(
        "Connections that all known pools may open; null where nothing tells.", unit="connections"
    )
    ceiling_complete: bool = told("Whether every source of connections is known.")
    idle_shape: str = told("`plateau`, `growth`, `churn`, `cut` or `unknown`.")
    idle_mean: float | None = told("Idle on average; null without samples.", unit="connections")
    idle_period: float | None = told("Idle time after which connections are cut.", unit="s")
    proxied: bool | None = told(
        "Whether addresses collapse behind a proxy; null where none are told."
    )


class ShiftFacts(Part):
    """A moment at which a level stepped."""

    what: str = told("`arrivals`, `hold`, `busy` or `connections`.")
    when: str | None = told("The moment.", unit=_MOMENT)
    before: float | None = told("The level before, in that quantity's unit.")
    after: float | None = told("The level after.")
    ratio_interval: list[float | None] = told("95 % interval of after over before.")


class CourseFacts(Part):
    """How load and work moved over the whole export."""

    shifts: list[ShiftFacts] = told("Steps of a level.")
    pauses: int = told("Times that the server stood still.")
    paused_seconds: float | None = told("All of them together.", unit="s")
    bursts: int = told("Short rushes of requests.")
    contention: str = told(
        "Whether holds lengthen with busy threads: `grows`, `constant` or `cannot_tell`."
    )
    first_rejection: str | None = told("Null where none is told.", unit=_MOMENT)
