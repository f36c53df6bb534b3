from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("neo4j", reason="the lab needs: boltkb[lab] (pip)")

from data.lab.load import Attempt
from data.lab.truth import Hold, Watched, read_watch, summarise, tell_truth

WATCHED = Watched(
    holds=(
        Hold(990.0, 20.0, "bolt-0"),
        Hold(1000.0, 2.0, "bolt-1"),
        Hold(1050.0, 20.0, "bolt-2"),
        Hold(1070.0, 0.0, "bolt-3", ended=False),
        Hold(1120.0, 1.0, "bolt-4"),
    ),
    rejections=(1001.0, 1059.999, 1060.0, 1200.0),
)


def test_offered_load_is_attempt_rate_times_mean_hold() -> None:
    found = summarise(WATCHED, start=1000.0, end=1060.0)
    assert (found["attempts"], found["accepted"], found["rejected"]) == (4, 2, 2)
    assert found["mean_hold_seconds"] == 11.0
    assert found["offered_load"] == pytest.approx(4 / 60 * 11.0, abs=1e-6)


def test_carried_load_counts_the_overlap_of_holds_begun_before_and_after() -> None:
    found = summarise(WATCHED, start=1000.0, end=1060.0)
    assert found["carried_load"] == pytest.approx((10 + 2 + 10) / 60, abs=1e-6)


def test_a_hold_that_never_ended_is_cut_off() -> None:
    assert summarise(WATCHED, start=1060.0, end=1080.0)["mean_hold_seconds"] == 10.0
    later = summarise(WATCHED, start=1060.0, end=1080.0, until=1120.0)
    assert later["mean_hold_seconds"] == 50.0


def test_a_span_without_holds_has_no_mean() -> None:
    found = summarise(WATCHED, start=1199.0, end=1201.0)
    assert found["attempts"] == found["rejected"] == 1
    assert found["mean_hold_seconds"] is None
    assert found["offered_load"] is None
    assert summarise(WATCHED, start=2000.0, end=2001.0)["offered_load"] == 0.0


def test_an_empty_span_is_an_error() -> None:
    with pytest.raises(ValueError, match="empty"):
        summarise(WATCHED, start=5.0, end=5.0)


def test_minutes_add_up_to_the_whole() -> None:
    attempts = [
        Attempt(1000.0, 1002.0, "a/1", "work", "ok"),
        Attempt(1001.0, 1001.1, "a/1", "work", "no_threads", tries=3),
    ]
    truth = tell_truth(WATCHED, attempts, start=1000.0, end=1120.25, threads=8, cause=None)
    assert len(truth["minutes"]) == 2
    for name in ("attempts", "accepted", "rejected"):
        assert sum(minute[name] for minute in truth["minutes"]) == truth[name]
    assert truth["cause"] is None
    assert truth["threads"] == 8
    assert truth["never_ended_holds"] == 1
    assert truth["clients"]["tries"] == 4
    assert truth["clients"]["outcomes"] == {"no_threads": 1, "ok": 1}
    assert truth["minutes"][1]["start"] == "1970-01-01T00:17:40.000+00:00"


def test_the_watch_is_read_without_its_torn_line_and_without_doubles(tmp_path: Path) -> None:
    head = "start_millis,bound_micros,thread\n"
    worker = "neo4j.BoltWorker-1 [bolt-7 - /127.0.0.1:5]"
    (tmp_path / "holds.csv").write_text(f"{head}1000,250000,{worker}\n1500,99")
    open_now = f"1000,200000,{worker}\n1700,10,neo4j.BoltWorker-2 [bolt-8 - /127.0.0.1:6]\n"
    (tmp_path / "open.csv").write_text(head + open_now)
    (tmp_path / "rejections.csv").write_text("millis,pool_active,pool_size\n1600,8,8\n1650,8")
    watched = read_watch(tmp_path)
    assert watched.holds == (
        Hold(1.0, 0.25, "bolt-7"),
        Hold(1.7, 0.00001, "bolt-8", ended=False),
    )
    assert watched.rejections == (1.6,)
