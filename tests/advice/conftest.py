"""Diagnoses staged for advice: a real chain over an export in memory, its cause put in by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

import boltkb
from boltkb.advice import Advice
from boltkb.advice.situation import Situation, look_at
from boltkb.bolt import Diagnosis, Pool
from boltkb.bolt.causes.cause import Cause, not_applicable, supported
from boltkb.bolt.clients import Ceiling, ClientPool, Clients, Idle
from boltkb.bolt.confidence import judge_confidence
from boltkb.exports import Export
from boltkb.queueing import Fit, Sizing, simulate_loss

MAX = "server.bolt.thread_pool_max_size"
LOGGED = {MAX: "8", "server.bolt.enable_network_error_accounting": "false"}
#: Fitting takes a second; the same export is fitted once.
_EXPORTS: dict[str, Export] = {}
_CHAINS: dict[int, tuple[Export, Pool, Fit, Sizing, Diagnosis]] = {}
UNTOLD = Idle("unknown", None, None, None, None, "")


def client(agent: str | None = "shop-api/2.3", **fields: object) -> ClientPool:
    """A program at an address, nothing else known of it but what is given."""
    untold = ("user", "language", "connections", "holding", "objects", "timed_out", "retried",
              "rejected", "failed", "leaked", "queued", "mean_wait", "peak_in_use")  # fmt: skip
    usual = {"host": "10.1.0.1", "limit": 100, "limit_from": "told by its metrics", "where": ()}
    return ClientPool(**(dict.fromkeys(untold) | usual | {"agent": agent} | fields))


def known(*pools: ClientPool, complete=True, proxied=False, idle: Idle = UNTOLD) -> Clients:
    return Clients(pools, Ceiling(None, complete, ""), idle, proxied)


class Staging:
    """Builders by name, for tests that need several."""

    client = staticmethod(client)
    known = staticmethod(known)

    def __init__(self, make: Callable[..., Export], build: object) -> None:
        self.make, self.build = make, build

    def export(self, *, load: float = 7.0, threads: int = 8, **more: object) -> Export:
        """A pool under a load, every rejection logged; the same one for the same arguments."""
        key = repr((load, threads, sorted(more.items())))
        if key not in _EXPORTS:
            _EXPORTS[key] = self._export(load, threads, more)
        return _EXPORTS[key]

    def _export(self, load: float, threads: int, more: dict[str, object]) -> Export:
        run = simulate_loss(
            servers=threads, arrival_rate=load / 0.4, mean_hold=0.4, duration=900.0, seed=3
        )
        given = more.pop("settings", {})
        # Names are those of a version: for another one they are all given.
        settings = given if "version" in more else LOGGED | {MAX: str(threads)} | given
        return self.make(
            settings=settings,
            several=[self.build.series("connections_running", run.busy(np.arange(900.0)))],
            events=[self.build.event(t) for t in run.arrivals[~run.accepted]],
            seconds=900.0,
            **more,
        )

    def situation(
        self,
        cause: str | Cause | None,
        *,
        export: Export | None = None,
        state: str | None = None,
        clients: Clients | None = None,
        others: Sequence[Cause] = (),
        share: float = 0.8,
        verdict: str | None = None,
        only: bool = False,
        **case: object,
    ) -> Situation:
        """What advice is given about, with a cause put in by hand; `only` that, where asked for."""
        export = self.export() if export is None else export
        if id(export) not in _CHAINS:
            pool = boltkb.read_pool(export)
            seen = boltkb.observe(export, pool)
            fit = boltkb.fit_queue(seen)
            sizing = boltkb.size_threads(fit)
            diagnosis = boltkb.diagnose(export, pool, seen, fit)
            # The export is kept with it, so that no other one can have its identity.
            _CHAINS[id(export)] = (export, pool, fit, sizing, diagnosis)
        _, pool, fit, sizing, diagnosis = _CHAINS[id(export)]
        if verdict is not None:
            fit = replace(fit, verdict=verdict, reasons=("the load drifted",))
            sizing = boltkb.size_threads(fit)
        made = cause
        if isinstance(cause, str):
            made = supported(cause, share, ["It was seen."], kinds=("thread dumps",))
        listed = () if made is None else (made,)
        rest = [c for c in diagnosis.causes if c.id not in {x.id for x in (*listed, *others)}]
        if only:
            # What other rooms say of other causes is theirs to test.
            names = sorted(c.id for c in rest)
            rest = [not_applicable(name, "Not staged.") for name in names]
            diagnosis = replace(diagnosis, cannot_tell=("How other days are.",))
        assert diagnosis.case is not None
        if clients is not None:
            case["clients"] = clients
        state = state or ("saturated" if made is not None else diagnosis.state)
        causes = (*listed, *others, *rest)
        level, why = judge_confidence(state, made, causes, diagnosis.case.seen, fit, export)
        diagnosis = replace(
            diagnosis,
            cause=None if made is None else made.id,
            state=state,
            confidence=level,
            why=why,
            causes=causes,
            case=replace(diagnosis.case, **case),
        )
        return look_at(pool, fit, sizing, diagnosis)

    def advice(self, cause: str | Cause | None, **more: object) -> Advice:
        """The advice on a cause put in by hand."""
        found = self.situation(cause, **more)
        return boltkb.advise(found.pool, found.fit, found.sizing, found.diagnosis)


@pytest.fixture
def stage(make, build) -> Staging:
    return Staging(make, build)
