"""The dashboard's panels, in the order of a report: what is asked, in what words, how drawn."""

from __future__ import annotations

from dataclasses import dataclass

from handbook.watching.recorded import DERIVED, LIMIT, SOURCES

__all__ = ["ROWS", "Panel", "Query"]

_HERE = '{job=~"$job", instance=~"$instance"}'


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel.

    Parameters
    ----------
    expression : str
    legend : str
        In Grafana's form, `{{label}}`.
    dashed : bool
        Whether its line is a bound and no measurement.
    """

    expression: str
    legend: str
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel.

    Parameters
    ----------
    title, words : str
        The words show when the pointer is on the panel's corner.
    queries : tuple of Query
    unit : str
        Of Grafana's own names.
    kind : str
        `timeseries`, `stat` or `bargauge`.
    """

    title: str
    words: str
    queries: tuple[Query, ...]
    unit: str = "short"
    kind: str = "timeseries"


def _means(name: str) -> str:
    every = (LIMIT, *DERIVED, *(one for make in SOURCES.values() for one in make()))
    return next(one.means for one in every if one.name == name)


def _tried(threads: str) -> str:
    # A number has no sqrt in PromQL, which takes series only.
    return f"{threads} - 2.5 * {threads} ^ 0.5"


_INSTANCE = "{{instance}}"

#: By row: the panels, from the left.
ROWS: tuple[tuple[str, tuple[Panel, ...]], ...] = (
    (
        "Is the pool too small, or are its threads held?",
        (
            Panel(
                "Most threads held",
                "Of the time shown, in any scrape. What lies between two scrapes is not in it.",
                (Query(f"max_over_time(bolt:threads:held{_HERE}[$__range])", _INSTANCE),),
                kind="stat",
            ),
            Panel(
                "Share of time with all threads held",
                "That share of the requests is rejected, if they come at random.",
                (Query(f"avg_over_time(bolt:threads:full{_HERE}[$__range])", _INSTANCE),),
                unit="percentunit",
                kind="stat",
            ),
            Panel(
                "Rejected requests, estimated",
                f"{_means('bolt:rejections:estimated')} Not before 5.0, not in Community.",
                (
                    Query(
                        f"sum_over_time(bolt:rejections:estimated{_HERE}[$__range:10m])", _INSTANCE
                    ),
                ),
                kind="stat",
            ),
            Panel(
                "Offered load",
                f"{_means('bolt:load:offered')} The mean of the time shown.",
                (Query(f"avg_over_time(bolt:load:offered{_HERE}[$__range])", _INSTANCE),),
                kind="stat",
            ),
            Panel(
                "Servers, the fullest first",
                "The twenty servers with the highest share of their threads held, at its highest "
                "in the time shown.",
                (
                    Query(
                        f"topk(20, max_over_time(bolt:threads:share{_HERE}[$__range]))", _INSTANCE
                    ),
                ),
                unit="percentunit",
                kind="bargauge",
            ),
        ),
    ),
    (
        "Threads held, connections open, requests rejected",
        (
            Panel(
                "Threads held, and the limit",
                f"{_means('bolt:threads:held')} At the limit, whoever asks is rejected at once: "
                "the pool has no queue.",
                (
                    Query(f"bolt:threads:held{_HERE}", f"held {_INSTANCE}"),
                    Query(f"bolt:threads:limit{_HERE}", f"limit {_INSTANCE}", dashed=True),
                ),
            ),
            Panel(
                "Connections open",
                f"{_means('bolt:connections:open')} Idle ones hold no thread.",
                (Query(f"bolt:connections:open{_HERE}", _INSTANCE),),
            ),
            Panel(
                "Requests rejected within ten minutes, estimated",
                _means("bolt:rejections:estimated"),
                (Query(f"bolt:rejections:estimated{_HERE}", _INSTANCE),),
            ),
        ),
    ),
    (
        "Load, and how many threads it needs",
        (
            Panel(
                "Offered load, and what the threads carry",
                "Offered and carried load in erlangs. Above the dashed line Erlang B rejects more "
                "than one request in a thousand; the other dashed line is that of the number of "
                "threads to try, at the top.",
                (
                    Query(f"bolt:load:offered{_HERE}", f"offered {_INSTANCE}"),
                    Query(f"bolt:load:carried{_HERE}", f"carried {_INSTANCE}"),
                    Query(f"bolt:load:sustainable{_HERE}", f"carries {_INSTANCE}", dashed=True),
                    Query(f"vector({_tried('$threads')})", "$threads threads carry", dashed=True),
                ),
            ),
            Panel(
                "How long threads are held",
                "Thread time for each message, which every server tells; and the mean hold, where "
                "worker_thread_bound_time is exported (5.21 and later, not by default).",
                (
                    Query(f"bolt:hold:seconds_per_message{_HERE}", f"per message {_INSTANCE}"),
                    Query(f"bolt:hold:mean_seconds{_HERE}", f"mean hold {_INSTANCE}"),
                ),
                unit="s",
            ),
            Panel(
                "Fewest threads held within an hour",
                "It falls at night. Where it climbs like a staircase, threads are kept for good: "
                "a leak.",
                (Query(f"min_over_time(bolt:threads:held{_HERE}[1h])", _INSTANCE),),
            ),
        ),
    ),
    (
        "Clients, peaks, pauses",
        (
            Panel(
                "New connections a second",
                f"{_means('bolt:connections:opened_per_second')} As many as requests: a driver "
                "for each request. A rush: a deployment or a storm of retries.",
                (Query(f"bolt:connections:opened_per_second{_HERE}", _INSTANCE),),
            ),
            Panel(
                "Messages a second",
                f"{_means('bolt:messages:started_per_second')} The traffic, to hold the other "
                "curves against.",
                (Query(f"bolt:messages:started_per_second{_HERE}", _INSTANCE),),
            ),
            Panel(
                "Record of open transactions",
                f"{_means('bolt:transactions:peak')} It sees what lies between two scrapes, and "
                "moves only when there is a new record.",
                (
                    Query(f"bolt:transactions:peak{_HERE}", f"record {_INSTANCE}"),
                    Query(f"bolt:threads:limit{_HERE}", f"threads {_INSTANCE}", dashed=True),
                ),
            ),
            Panel(
                "The Java process stood still",
                f"{_means('bolt:pauses:share')} What comes meanwhile asks for threads all at once.",
                (Query(f"bolt:pauses:share{_HERE}", _INSTANCE),),
                unit="percentunit",
            ),
        ),
    ),
)
