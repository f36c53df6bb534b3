"""Which stretch of time a report speaks of."""

from __future__ import annotations

import numpy as np
import pytest

from boltkb.bolt.window import choose_window, find_incidents, iso, parse_time
from boltkb.errors import ParameterError


def incidents(full_at, rejected_at=(), *, seconds=10_000, end=None):
    times = np.arange(0.0, seconds)
    full = np.isin(times, list(full_at))
    return find_incidents(
        times, full, np.array(rejected_at, dtype=float), interval=1.0,
        end_of_data=seconds - 1 if end is None else end,
    )  # fmt: skip


def test_no_trouble_is_no_incident():
    assert incidents([]) == ()


def test_full_stretches_with_short_pauses_are_one_incident():
    found = incidents([*range(100, 130), *range(180, 200)])
    assert len(found) == 1
    assert (found[0].start, found[0].end) == (100, 199)
    assert found[0].full_seconds == 50
    assert not found[0].ongoing


def test_far_apart_stretches_are_several_and_the_worst_comes_first():
    found = incidents([*range(100, 110), *range(5000, 5060)])
    assert [i.start for i in found] == [5000, 100]
    assert found[0].others == 1


def test_an_incident_at_the_end_of_the_data_is_ongoing():
    assert incidents(range(9900, 10_000))[0].ongoing


def test_logged_rejections_make_an_incident_without_a_full_sample():
    found = incidents([], [300.0, 301.0, 302.0])
    assert found[0].rejections == 3
    assert found[0].full_seconds == 0


def test_a_long_export_is_narrowed_to_its_incident_and_says_so():
    worst = incidents(range(40_000, 40_300), seconds=86_400)[0]
    window = choose_window(0.0, 86_400.0, worst, start=None, end=None)
    assert window.start == 40_000 - 1800
    assert window.end == 40_299 + 1800
    assert "found by itself" in window.how


def test_a_short_export_is_taken_whole():
    worst = incidents(range(100, 200), seconds=1200)[0]
    window = choose_window(0.0, 1200.0, worst, start=None, end=None)
    assert (window.start, window.end) == (0, 1200)


def test_a_window_outside_the_data_names_the_data():
    with pytest.raises(ParameterError, match=r"outside the data.*1970-01-01T00:00:00Z"):
        choose_window(0.0, 1200.0, None, start=5000.0, end=6000.0)


def test_a_window_without_length_is_refused():
    with pytest.raises(ParameterError, match="before"):
        choose_window(0.0, 1200.0, None, start=600.0, end=600.0)


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01T00:00:00Z", "10:00"])
def test_a_moment_that_is_none_is_refused(text):
    with pytest.raises(ParameterError, match="start"):
        parse_time(text, "start")


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ParameterError, match="zone"):
        parse_time("2026-11-23T02:00:00", "end")


def test_moments_round_trip():
    assert iso(parse_time("2026-11-23T02:00:00+01:00", "end")) == "2026-11-23T01:00:00Z"


def test_trouble_at_the_very_start_began_before_anybody_looked():
    assert incidents(range(60))[0].already
    assert not incidents(range(100, 160))[0].already


@pytest.mark.parametrize("moment", [1e300, -1e300, float("inf"), float("nan"), 253_402_300_800.0])
def test_a_moment_that_no_calendar_has_is_none(moment):
    assert iso(moment) is None


def test_a_window_in_no_calendar_is_told_in_seconds():
    with pytest.raises(ParameterError, match=r"1e\+300 s after 1970"):
        choose_window(1e299, 1e300, None, start=5.0, end=6.0)
