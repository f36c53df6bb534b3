"""One member of a cluster comes near its limit while the others have threads to spare."""

from __future__ import annotations

import numpy as np

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, not_applicable, supported, untold
from boltkb.bolt.observe import PoolObservations
from boltkb.queueing import erlang_b
from boltkb.tables import number, share

__all__ = ["weigh_leader_hot_spot"]

#: Held threads of the other members, on average, over this one's: below it the load is uneven.
_UNEVEN = 0.5
#: Part of its threads that another member may hold and still have some to spare.
_TO_SPARE = 0.7
#: What only the configuration of a cluster's member names.
_CLUSTER = ("cluster", "causal_clustering", "initial_discovery", "raft", "discovery.endpoints")


def weigh_leader_hot_spot(case: Case) -> Cause:
    """Return how the evidence stands for one member that does the work of all."""
    name, seen = "leader_hot_spot", case.seen
    if not case.members:
        if case.export.edition == "community":
            return not_applicable(name, "Community Edition has no cluster.")
        if any(word in key for key in case.export.settings for word in _CLUSTER):
            return untold(name, ("the metrics of the cluster's other members of the same time",))
        return not_applicable(name, "The export is of a single server.")
    if not case.shortage:
        return not_applicable(name, "This member's pool was not full.")
    others = [member for member in case.members if member.samples]
    if seen.servers is None or not seen.samples or not others:
        return untold(name, ("the metric bolt.connections_running of every member",))
    here = float(np.nanmean(seen.busy))
    there = [float(np.nanmean(member.busy)) for member in others]
    words = (
        f"This member held {number(here, uncertainty=0.1)} of its {number(seen.servers)} threads "
        f"on average, the others {_listed(others, there)}."
    )
    spare = all(
        mean <= _TO_SPARE * (member.servers or seen.servers) and not member.full_share
        for member, mean in zip(others, there, strict=True)
    )
    if float(np.mean(there)) > _UNEVEN * here or not spare:
        return contradicted(name, (words,))
    part = _spared(seen, here, there)
    return supported(
        name, part, (words, f"Spread evenly, {share(part)} of the rejections would not be."),
        kinds=("the members side by side",), explains="rejections",
        overlaps=("pool_too_small",),
    )  # fmt: skip


def _listed(others: list[PoolObservations], means: list[float]) -> str:
    return ", ".join(
        f"{number(mean, uncertainty=0.1)} of {number(member.servers)}"
        for member, mean in zip(others, means, strict=True)
    )


def _spared(seen: PoolObservations, here: float, there: list[float]) -> float:
    """Return the share of rejections that an even load would spare, by Erlang B."""
    threads = seen.servers or 1
    even = float(np.mean([here, *there]))
    now = max(float(erlang_b(threads, here)), 1e-12)
    return 1.0 - min(1.0, float(erlang_b(threads, even)) * even / (now * max(here, 1e-9)))
