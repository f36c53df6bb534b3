"""Connections that never sign in: who sees them, and what ends them."""

from __future__ import annotations

import polars as pl
import pytest

from boltkb.errors import ParameterError
from boltkb.queueing import Constant
from boltkb.twin import Client, Driver, Poisson, Replay, Server, Simulation, Users, Work, simulate


def probe(stops_at: str, **changes: object) -> Client:
    load = Replay([1.5, 2.5, 3.5])
    return Client("probe", Work(seconds=None), load, None, stops_at=stops_at, **changes)  # type: ignore[arg-type]


def seen(run: Simulation, name: str) -> list[int]:
    return [int(n) for n in run.samples[name]]


@pytest.mark.parametrize("version", ["3.4.0", "4.4.17"])
@pytest.mark.parametrize("stops_at", ["connected", "negotiated"])
def test_up_to_4_4_every_opened_connection_counts(version: str, stops_at: str) -> None:
    run = simulate(Server(version=version), probe(stops_at), seconds=50.0)
    assert seen(run, "opened")[:5] == [0, 1, 2, 3, 3]
    assert seen(run, "idle")[:5] == [0, 1, 2, 3, 3]
    assert max(seen(run, "unseen")) == 0


@pytest.mark.parametrize("version", ["5.0.0", "5.26.0", "2026.01"])
def test_from_5_0_it_counts_from_negotiation_on(version: str) -> None:
    silent = simulate(Server(version=version), probe("connected"), seconds=50.0)
    assert max(seen(silent, "opened")) == max(seen(silent, "idle")) == 0
    assert seen(silent, "unseen")[:5] == [0, 1, 2, 3, 3]
    spoken = simulate(Server(version=version), probe("negotiated"), seconds=50.0)
    assert seen(spoken, "opened")[:5] == [0, 1, 2, 3, 3]
    assert max(seen(spoken, "unseen")) == 0


@pytest.mark.parametrize("version", ["4.4.17", "5.26.0"])
@pytest.mark.parametrize("stops_at", ["connected", "negotiated"])
def test_after_thirty_seconds_the_server_closes_them(version: str, stops_at: str) -> None:
    run = simulate(Server(version=version), probe(stops_at), seconds=50.0)
    name = "unseen" if version[0] == "5" and stops_at == "connected" else "idle"
    assert seen(run, name)[29:36] == [3, 3, 2, 1, 0, 0, 0]
    assert seen(run, "closed")[-1] == (0 if name == "unseen" else 3)
    assert run.attempts == 0  # none of them ever needs a thread


def test_a_client_may_hang_up_before_and_a_server_may_wait_for_ever() -> None:
    quick = simulate(Server(), probe("negotiated", hangs_up_after=0.6), seconds=10.0)
    assert max(seen(quick, "idle")) == 1
    assert seen(quick, "closed")[-1] == 3
    patient = Server(sign_in_timeout=float("inf"))
    assert seen(simulate(patient, probe("connected"), seconds=100.0), "unseen")[-1] == 3


def test_a_sign_in_that_waits_too_long_for_a_thread_is_cut_off() -> None:
    """One thread at work for a minute, a queue: HELLO waits, and its connection is closed."""
    server = Server(threads=1, core_threads=1, queue=-1, housekeeping=None)
    busy = Client("busy", Work(seconds=Constant(60.0)), Replay([0.0]), None)
    late = Client("late", Work(seconds=Constant(0.1)), Replay([1.0]), Driver.java(), connect=0.0)
    run = simulate(server, [busy, late], seconds=70.0, record=("holds", "requests"))
    ended = run.requests.filter(pl.col("client").cast(str) == "late")
    assert ended["outcome"].cast(str).to_list() == ["connection lost"]
    assert float(ended["end"][0]) == pytest.approx(31.0, abs=0.01)
    left = run.holds.filter(pl.col("outcome") == "left the queue")
    assert left["task"].cast(str).to_list() == ["hello"]
    assert seen(run, "queued")[29:32] == [1, 0, 0]
    assert seen(run, "closed")[-1] == 2
    assert run.holds.height == run.attempts


def test_a_sign_in_in_time_is_not_cut_off() -> None:
    client = Client("shop", Work(seconds=0.1), Poisson(5.0))
    one, other = (
        simulate(Server(sign_in_timeout=limit), client, seconds=120.0) for limit in (30.0, 1e9)
    )
    assert one.holds.equals(other.holds)


def test_users_cannot_wait_for_an_answer_that_never_comes() -> None:
    client = Client("probe", Work(seconds=None), Users(3, 1.0), None, stops_at="connected")
    with pytest.raises(ParameterError, match="no answer"):
        simulate(Server(), client, seconds=1.0)
    with pytest.raises(ParameterError, match="stops_at"):
        Client("probe", Work(seconds=None), Users(3, 1.0), None, stops_at="half way")
