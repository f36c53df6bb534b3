"""Numbers that Java's driver exports: printed metrics, Prometheus text, the actuator's JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from boltkb.exports import open_export
from boltkb.exports.drivers.reading import read_driver_log
from boltkb.exports.drivers.scrapes import read_driver_scrapes
from boltkb.exports.intake.members import Member

# As 5.28.9 printed and exported them.
PRINTED = (
    "[127.0.0.1:17687-330739404=[created={created}, closed=0, creating=0, failedToCreate=0,"
    " acquiring=2, acquired={acquired}, timedOutToAcquire=16, inUse={in_use}, idle=1,"
    " totalAcquisitionTime=6021, totalConnectionTime=999, totalInUseTime={held},"
    " totalInUseCount={acquired}]]"
)
OLD = """\
# HELP neo4j_driver_connections_acquiring
# TYPE neo4j_driver_connections_acquiring gauge
neo4j_driver_connections_acquiring{address="127.0.0.1:17687"} 5.0
neo4j_driver_connections_acquisition_seconds_count{address="127.0.0.1:17687"} 13
neo4j_driver_connections_acquisition_seconds_sum{address="127.0.0.1:17687"} 3.182061887
neo4j_driver_connections_acquisition_seconds_max{address="127.0.0.1:17687"} 0.40272648
neo4j_driver_connections_acquisition_timeout_total{address="127.0.0.1:17687"} 7.0
neo4j_driver_connections_closed_total{address="127.0.0.1:17687"} 0.0
neo4j_driver_connections_creation_seconds_count{address="127.0.0.1:17687"} 3
neo4j_driver_connections_creation_seconds_sum{address="127.0.0.1:17687"} 0.562531748
neo4j_driver_connections_failed_total{address="127.0.0.1:17687"} 0.0
neo4j_driver_connections_idle{address="127.0.0.1:17687"} 0.0
neo4j_driver_connections_in_use{address="127.0.0.1:17687"} 3.0
neo4j_driver_connections_usage_seconds_count{address="127.0.0.1:17687"} 13
neo4j_driver_connections_usage_seconds_sum{address="127.0.0.1:17687"} 4.040672296
jvm_threads_live_threads 23.0
"""
# As 6.0.2 exported them.
POOL = 'db_client_connection_pool_name="127.0.0.1:17687-112302969"'
NEO4J = 'db_system_name="neo4j"'
NEW = f"""\
db_client_connection_count{{{POOL},db_client_connection_state="idle",{NEO4J}}} 1.0
db_client_connection_count{{{POOL},db_client_connection_state="used",{NEO4J}}} 2.0
db_client_connection_max{{{POOL},{NEO4J}}} 3.0
db_client_connection_pending_requests{{{POOL},{NEO4J}}} 8.0
db_client_connection_timeouts_total{{{POOL},{NEO4J}}} 8.0
db_client_connection_wait_time_seconds_count{{{POOL},{NEO4J},error="none"}} 12
db_client_connection_wait_time_seconds_sum{{{POOL},{NEO4J},error="none"}} 4.386119134
db_client_connection_wait_time_seconds_count{{{POOL},{NEO4J},error="TimeoutException"}} 8
db_client_connection_wait_time_seconds_sum{{{POOL},{NEO4J},error="TimeoutException"}} 4.068939212
db_client_connection_use_time_seconds_count{{{POOL},{NEO4J},error="none"}} 12
db_client_connection_use_time_seconds_sum{{{POOL},{NEO4J},error="none"}} 3.653085222
db_client_connection_count{{pool_name="HikariPool-1",state="used",db_system_name="h2"}} 9.0
"""


def scrape(text: str | bytes):
    data = text.encode() if isinstance(text, str) else text
    return read_driver_scrapes(Member("metrics.txt", None, lambda: io.BytesIO(data)))


def test_printed_metrics_become_a_series_and_a_mean_hold() -> None:
    lines = [
        f"2026-11-26T15:04:{second}.000Z INFO pool "
        + PRINTED.format(created=3, acquired=acquired, in_use=in_use, held=held)
        for second, acquired, in_use, held in (("38", 10, 1, 3000), ("48", 14, 3, 4271))
    ]
    data = ("\n".join(lines) + "\n").encode()
    found = read_driver_log(Member("app.log", None, lambda: io.BytesIO(data)))
    (pool,) = found.pools
    assert (pool.language, pool.address) == ("java", "127.0.0.1:17687")
    assert pool.in_use.tolist() == [1.0, 3.0]
    assert pool.waiting.tolist() == [2.0, 2.0]
    assert pool.idle.tolist() == [1.0, 1.0]
    assert pool.counts == {"acquired": 14, "closed": 0, "created": 3, "failed": 0, "timed_out": 16}
    assert pool.mean_hold == pytest.approx(4.271 / 14)
    assert pool.mean_wait == pytest.approx(6.021 / 14)
    assert pool.end - pool.start == 10


def test_a_restarted_client_goes_on_counting() -> None:
    lines = [
        f"2026-11-26T15:04:{20 + i}Z "
        + PRINTED.format(created=1, acquired=acquired, in_use=0, held=acquired * 100)
        for i, acquired in enumerate((5, 9, 2))
    ]
    data = ("\n".join(lines) + "\n").encode()
    (pool,) = read_driver_log(Member("app.log", None, lambda: io.BytesIO(data))).pools
    assert pool.counts["acquired"] == 11
    assert pool.totals["hold_seconds"] == pytest.approx(1.1)


def test_prometheus_names_of_5() -> None:
    (pool,) = scrape(OLD).pools
    assert pool.counts == {"acquired": 13, "closed": 0, "created": 3, "failed": 0, "timed_out": 7}
    assert pool.mean_hold == pytest.approx(4.040672296 / 13)
    # Without a time there is no series; the counts count.
    assert len(pool.in_use) == 0
    assert scrape(OLD).source.rows == 12


def test_prometheus_names_of_6() -> None:
    (pool,) = scrape(NEW).pools
    assert pool.address == "127.0.0.1:17687"
    assert pool.limit == 3
    # An acquisition that ran out of time is not one.
    assert pool.counts == {"acquired": 12, "timed_out": 8}
    assert pool.mean_hold == pytest.approx(3.653085222 / 12)


def test_scrapes_one_after_the_other_become_series() -> None:
    later = OLD.replace("} 3.0\n", "} 1.0\n")
    (pool,) = scrape(f"# 2026-11-26T15:04:38Z\n{OLD}# 2026-11-26T15:04:53Z\n{later}").pools
    assert pool.in_use.tolist() == [3.0, 1.0]
    assert pool.times.tolist() == [1795705478.0, 1795705493.0]
    stamped = "".join(
        f'neo4j_driver_connections_in_use{{address="a:1"}} {value} {1795705478000 + 15000 * i}\n'
        for i, value in enumerate((2, 4, 3))
    )
    (pool,) = scrape(stamped).pools
    assert pool.in_use.tolist() == [2.0, 4.0, 3.0]


def answer(name: str, measurements: dict[str, float], address: str = "db:7687") -> dict:
    return {
        "name": f"neo4j.driver.connections.{name}",
        "baseUnit": "connections",
        "measurements": [{"statistic": k, "value": v} for k, v in measurements.items()],
        "availableTags": [{"tag": "address", "values": [address]}],
    }


ANSWERS = [
    answer("in.use", {"VALUE": 3.0}),
    answer("usage", {"COUNT": 13.0, "TOTAL_TIME": 4.04, "MAX": 0.45}),
    answer("acquisition", {"COUNT": 13.0, "TOTAL_TIME": 3.18, "MAX": 0.4}),
    answer("acquisition.timeout", {"COUNT": 7.0}),
]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ANSWERS),
        "\n".join(json.dumps(item) for item in ANSWERS),
        json.dumps({"metrics": {item["name"]: item for item in ANSWERS}}, indent=1),
    ],
    ids=["list", "lines", "nested"],
)
def test_the_actuators_answers(text: str) -> None:
    (pool,) = scrape(text).pools
    assert pool.address == "db:7687"
    assert pool.counts == {"acquired": 13, "timed_out": 7}
    assert pool.mean_hold == pytest.approx(4.04 / 13)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[" * 100_000,
        b'{"name": "neo4j.driver.connections.in.use", "measurements": [1, null, {}]}',
        b'{"name": "neo4j.driver.connections.in.use", "measurements": {"a": 1}}',
        b"neo4j_driver_connections_in_use{" + b"a" * 100_000 + b"\n",
        b'neo4j_driver_connections_in_use{address="a"} NaN\n',
        b'neo4j_driver_connections_in_use{address="a"} -1\n',
        b"\xff\0" * 1000,
    ],
)
def test_hostile_scrapes_end_well(text: bytes) -> None:
    found = scrape(text)
    assert all(not pool.counts and not len(pool.in_use) for pool in found.pools)


def test_scrapes_are_found_in_an_export(tmp_path: Path) -> None:
    (tmp_path / "actuator.prom").write_text(OLD)
    (tmp_path / "usage.json").write_text(json.dumps(ANSWERS[1]))
    (tmp_path / "pools.txt").write_text(PRINTED.format(created=1, acquired=2, in_use=0, held=500))
    export = open_export(tmp_path)
    assert {source.kind for source in export.sources} == {"driver-metrics"}
    assert sorted(pool.address for pool in export.drivers) == [
        "127.0.0.1:17687",
        "127.0.0.1:17687",
        "db:7687",
    ]
