"""What Prometheus records: the quantities of a report, under names that no version changes.

The first step takes them from a version's own metrics, or from a file that a script writes where
there are none; the second works them out further and is the same for all.  The thread limit is
in no metric and stands by itself, because whoever runs the servers has to edit it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from boltkb.catalogue import Version
from handbook.watching.names import scraped, scraped_per_database

__all__ = ["DERIVED", "LIMIT", "SOURCES", "Recorded"]

#: Versions whose names the two files have; within a file the names are the same.
_NEW, _OLD = Version(5, 26), Version(4, 4)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One series that Prometheus records.

    Parameters
    ----------
    name, expression : str
    means : str
        One sentence, for the file and for the dashboard.
    """

    name: str
    expression: str
    means: str


def _of_version(version: Version) -> tuple[Recorded, ...]:
    def name(key: str) -> str:
        return scraped(key, version)

    running, idle = name("connections_running"), name("connections_idle")
    found = [
        Recorded(
            "bolt:threads:held",
            running,
            "Threads held now: by work, and by open transactions and results that wait for their "
            "client.",
        ),
        Recorded(
            "bolt:connections:open",
            f"{running} + {idle}",
            "Connections open now. No limit of threads concerns them.",
        ),
        Recorded(
            "bolt:connections:opened_per_second",
            f"rate({name('connections_opened')}[5m])",
            "New connections a second, over five minutes.",
        ),
        Recorded(
            "bolt:messages:started_per_second",
            f"rate({name('messages_started')}[5m])",
            "Messages whose processing began, a second, over five minutes.",
        ),
        Recorded(
            "bolt:transactions:peak",
            f"max without () ({scraped_per_database('transaction_peak_concurrent', version)})",
            "The most transactions open at one time since the server started, of the database "
            "that had most.",
        ),
    ]
    if version >= Version(5):
        received, started = name("messages_received"), name("messages_started")
        found += [
            Recorded(
                "bolt:messages:unstarted",
                f"{received} - {started}",
                "Messages received and not started: on their way now, or rejected since the "
                "server started. Up to 4.4 a rejected message counts as started.",
            ),
            Recorded(
                "bolt:messages:restarted",
                f"resets({received}[12m]) > bool 0",
                "1 where the server started anew within twelve minutes, and its counters with it.",
            ),
            Recorded(
                "bolt:holds:ended_per_second",
                f"rate({name('worker_thread_bound_time')}[5m])",
                "Holds that ended, a second (5.21 and later, and only with "
                "worker_thread_bound_time in the metrics filter).",
            ),
            Recorded(
                "bolt:pauses:share",
                f"rate({name('vm_pause_time')}[5m]) / 1000",
                "Share of five minutes for which the Java process stood still.",
            ),
        ]
    else:
        young, old = name("vm_gc_time_young"), name("vm_gc_time_old")
        found.append(
            Recorded(
                "bolt:pauses:share",
                f"(rate({young}[5m]) + rate({old}[5m])) / 1000",
                "Share of five minutes spent in collections of G1.",
            )
        )
    return tuple(found)


def _new() -> tuple[Recorded, ...]:
    return _of_version(_NEW)


def _old() -> tuple[Recorded, ...]:
    return _of_version(_OLD)


def _community() -> tuple[Recorded, ...]:
    return (
        Recorded(
            "bolt:threads:held",
            "neo4j_bolt_threads_held",
            "Threads held when the last thread dump was taken.",
        ),
    )


#: The limit, which no metric tells: the one rule that whoever runs the servers writes.
LIMIT = Recorded(
    "bolt:threads:limit",
    "neo4j_bolt_threads_limit\nor 0 * bolt:threads:held + 400",
    "thread_pool_max_size: as bolt-threads.sh read it, or else Neo4j's default.",
)

#: By file: the first step.
SOURCES: Mapping[str, Callable[[], tuple[Recorded, ...]]] = {
    "5": _new,
    "4.4": _old,
    "community": _community,
}

#: The second step.
DERIVED: tuple[Recorded, ...] = (
    Recorded("bolt:threads:share", "bolt:threads:held / bolt:threads:limit",
             "Threads held, as a share of the limit."),
    Recorded("bolt:threads:full", "bolt:threads:held >= bool bolt:threads:limit",
             "1 while every thread is held: whoever asks now is rejected."),
    Recorded("bolt:load:carried", "avg_over_time(bolt:threads:held[15m])",
             "Mean number of threads held over a quarter of an hour, in erlangs."),
    Recorded("bolt:load:offered",
             "avg_over_time(bolt:threads:held[15m])\n"
             "/ (1 - clamp_max(avg_over_time(bolt:threads:full[15m]), 0.95))",
             "How many threads would be busy on average if there were enough: the carried load "
             "over the share of time in which the pool was not full (Erlang)."),
    Recorded("bolt:load:sustainable",
             "bolt:threads:limit - 2.5 * sqrt(bolt:threads:limit) > 0.15 * bolt:threads:limit\n"
             "or 0.15 * bolt:threads:limit",
             "The mean load at which Erlang B rejects one request in a thousand, by a rule of "
             "thumb: the limit less 2.5 times its square root, 15 % of it for very small pools."),
    Recorded("bolt:messages:floor", "min_over_time(bolt:messages:unstarted[2m])",
             "Messages not started that stayed so for two minutes: those on their way are gone."),
    Recorded("bolt:messages:never_started",
             "clamp_min(\n"
             "  (bolt:messages:floor - (bolt:messages:floor offset 10m))\n"
             "  unless (bolt:messages:restarted == 1)\n"
             "  or bolt:messages:floor and (bolt:messages:restarted == 1),\n"
             "  0)",
             "Messages of the last ten minutes that were received and never started."),
    Recorded("bolt:rejections:estimated", "bolt:messages:never_started / 2",
             "Rejected requests within ten minutes, two messages each; the truth lies between a "
             "third of the messages and all of them."),
    Recorded("bolt:hold:seconds_per_message",
             "avg_over_time(bolt:threads:held[5m]) / (bolt:messages:started_per_second > 0)",
             "Thread time for each message that is processed, in seconds."),
    Recorded("bolt:hold:mean_seconds",
             "avg_over_time(bolt:threads:held[5m]) / (bolt:holds:ended_per_second > 0)",
             "Mean length of a hold: threads held over holds that ended a second (Little)."),
)  # fmt: skip
