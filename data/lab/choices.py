"""What the command line may choose about a scenario."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """What the command line chose; None leaves it to the scenario.

    Parameters
    ----------
    rate : float, per second, optional
    hold : float, seconds, optional
    think : float, seconds, optional
        Of the client's pauses; for a slow reader, those of one whole result.
    leak_every, burst_every, stall_every : float, seconds, optional
    burst_size : int, optional
    stall : float, seconds, optional
        How long the server stands still.
    wait : float, seconds, optional
        How long the server waits for a bookmark.
    cut_after : float, seconds, optional
        Idle time after which a connection is cut.
    processes : int, optional
        Of the client in question.
    spots : int, optional
        Nodes that writers share.
    fetch : int, optional
        Records that a reader asks for at a time; -1 is all.
    limit : int, optional
        Of concurrent transactions.
    heap : int, MiB, optional
        Of the server.
    profile, work : str, optional
    client_pool : int, optional
    retries : bool
    default_accounting : bool, optional
    """

    rate: float | None = None
    hold: float | None = None
    think: float | None = None
    leak_every: float | None = None
    burst_every: float | None = None
    burst_size: int | None = None
    stall_every: float | None = None
    stall: float | None = None
    wait: float | None = None
    cut_after: float | None = None
    processes: int | None = None
    spots: int | None = None
    fetch: int | None = None
    limit: int | None = None
    heap: int | None = None
    profile: str | None = None
    work: str | None = None
    client_pool: int | None = None
    retries: bool = False
    default_accounting: bool | None = None
