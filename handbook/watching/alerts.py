"""The alerts: what each says, what to look at first, and why it fires where it does."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ALERTS", "Alert"]


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    Parameters
    ----------
    name, expression : str
    lasts : str
        How long it must hold before it fires, `0m` for at once.
    severity : str
        `page` wakes somebody, `ticket` waits for the morning.
    says : str
        What it means, with the value where that helps.
    look_first : str
    page : str
        The page of the site to read, from the site's root.
    why : str
        Where threshold and time come from.
    """

    name: str
    expression: str
    lasts: str
    severity: str
    says: str
    look_first: str
    page: str
    why: str


ALERTS: tuple[Alert, ...] = (
    Alert(
        "BoltPoolFull",
        "avg_over_time(bolt:threads:full[1h]) > 14.4 * 0.001\n"
        "and avg_over_time(bolt:threads:full[5m]) > 14.4 * 0.001",
        "0m",
        "page",
        "Every Bolt thread was held for {{ $value | humanizePercentage }} of the last hour, and "
        "again within five minutes: that share of requests is rejected.",
        "Save three thread dumps, then see who holds the threads.",
        "right-now.html",
        "The share of time in which all threads are held is the share of requests that are "
        "rejected, if they come at random (PASTA). 0.001 is the target; 14.4 times that for an "
        "hour uses 2 % of what a month may have.",
    ),
    Alert(
        "BoltPoolFullAtTimes",
        "avg_over_time(bolt:threads:full[6h]) > 6 * 0.001\n"
        "and avg_over_time(bolt:threads:full[30m]) > 6 * 0.001",
        "0m",
        "ticket",
        "Every Bolt thread was held for {{ $value | humanizePercentage }} of the last six hours.",
        "Which job or which minute of the hour it is; then a report on this day.",
        "how-to/tell-leak-overload-slow-query.html",
        "As above: 6 times the target for six hours uses 5 % of what a month may have.",
    ),
    Alert(
        "BoltRejections",
        "bolt:messages:never_started > 6 + 0.1 * bolt:load:carried",
        "0m",
        "ticket",
        "{{ $value | humanize }} messages of the last ten minutes were received and never "
        "started: about half as many requests were rejected.",
        "Whether the pool was full then; if it was not, the burst was shorter than a scrape, or "
        "many messages wait behind queries that hang on a lock.",
        "start/no-threads-available.html",
        "A rejection leaves one to three such messages. Others wait behind messages of their own "
        "connection, and are started in the end: in no capture of a real server did more than six "
        "and a tenth of the load do so for two minutes.",
    ),
    Alert(
        "BoltRejectionsGoOn",
        "bolt:messages:never_started > 6 + 0.1 * bolt:load:carried",
        "15m",
        "page",
        "Requests have been rejected for a quarter of an hour: {{ $value | humanize }} messages "
        "of the last ten minutes were never started.",
        "Save three thread dumps, then see who holds the threads.",
        "right-now.html",
        "Ten minutes are looked at: after fifteen there were rejections a second time.",
    ),
    Alert(
        "BoltLoadNearThreads",
        "bolt:load:carried > bolt:load:sustainable",
        "30m",
        "ticket",
        "{{ $value | humanize }} threads are held on average. At this load a pool of this size "
        "rejects more than one request in a thousand.",
        "Whether arrivals or holds grew; then what the threads do.",
        "how-to/size-the-thread-pool.html",
        "The limit less 2.5 times its square root is the load at which Erlang B rejects one in a "
        "thousand: never above the exact load, and within 3 % of it from 40 threads on.",
    ),
    Alert(
        "BoltThreadsClimb",
        "min_over_time(bolt:threads:held[15m])\n"
        "  - (min_over_time(bolt:threads:held[15m] offset 1h))\n"
        "  > 2 + 3 * sqrt(avg_over_time(bolt:threads:held[15m] offset 1h))\n"
        "and avg_over_time(bolt:messages:started_per_second[15m])\n"
        "  < 1.2 * avg_over_time(bolt:messages:started_per_second[15m] offset 1h)",
        "15m",
        "ticket",
        "{{ $value | humanize }} more threads than an hour ago are never given back, and the "
        "traffic has not grown.",
        "Open transactions without a query: a leak. With one: slow work or locks.",
        "how-to/find-leaked-sessions.html",
        "By chance the number held wavers by its square root (Poisson); three of them and two "
        "threads more is not chance, and the lowest of a quarter of an hour wavers less.",
    ),
    Alert(
        "BoltThreadsNeverFall",
        "min_over_time(bolt:threads:held[1d])\n"
        "  - (min_over_time(bolt:threads:held[1d] offset 1d))\n"
        "  >= clamp_min(0.01 * bolt:threads:limit, 2)\n"
        "and (min_over_time(bolt:threads:held[1d] offset 1d))\n"
        "  - (min_over_time(bolt:threads:held[1d] offset 2d))\n"
        "  >= clamp_min(0.01 * bolt:threads:limit, 2)",
        "1h",
        "ticket",
        "In the quietest minute of the day {{ $value | humanize }} more threads are held than the "
        "day before, for the second day: they are kept for good.",
        "Transactions that are older than a day.",
        "how-to/find-leaked-sessions.html",
        "The lowest number of a day is the night's, whenever the night is. Two threads, or 1 % of "
        "the limit, twice: the pool is gone in a hundred days at the latest.",
    ),
    Alert(
        "BoltHoldsLonger",
        "avg_over_time(bolt:hold:seconds_per_message[1h])\n"
        "  > 3 * avg_over_time(bolt:hold:seconds_per_message[1h] offset 1w)\n"
        "and bolt:load:carried > bolt:load:sustainable / 3",
        "30m",
        "ticket",
        "A message takes {{ $value | humanizeDuration }} of thread time, three times as much as "
        "at this hour a week ago.",
        "What was deployed since; the slowest queries; locks.",
        "how-to/tell-leak-overload-slow-query.html",
        "Three times the hold is three times the load at the same traffic: from a third of the "
        "sustainable load on that is too much.",
    ),
    Alert(
        "BoltConnectionChurn",
        "bolt:connections:opened_per_second > 1\n"
        "and bolt:messages:started_per_second / bolt:connections:opened_per_second < 30\n"
        "unless avg_over_time(bolt:threads:full[30m]) > 0",
        "30m",
        "ticket",
        "{{ $value | humanize }} connections a second are opened, and each is used for a few "
        "messages only.",
        "Which client it is: a program that makes a driver for every request.",
        "questions/which-client-owns-which-connections.html",
        "HELLO, LOGON and GOODBYE are three messages: below thirty a connection, a tenth of all "
        "thread acquisitions are greetings. Health checks stay below one a second; a full pool "
        "closes the connections that it rejects, and has alerts of its own.",
    ),
    Alert(
        "BoltPeakNearLimit",
        "bolt:transactions:peak > 0.9 * bolt:threads:limit\n"
        "and bolt:transactions:peak > bolt:transactions:peak offset 15m",
        "0m",
        "ticket",
        "{{ $value | humanize }} transactions of one database were open at one time, within the "
        "last quarter of an hour: nearly as many as there are threads.",
        "The job that began then; it sends everything at once.",
        "how-to/bound-the-clients.html",
        "Each open Bolt transaction holds a thread, and the record sees what lies between two "
        "scrapes. It is a record since the start: it fires once for each height.",
    ),
    Alert(
        "BoltServerStoodStill",
        "bolt:pauses:share > 0.1",
        "0m",
        "ticket",
        "The Java process stood still for {{ $value | humanizePercentage }} of five minutes.",
        "The garbage collector's log, the heap, the host.",
        "start/sign-in-timeout.html",
        "A tenth of five minutes is 30 s: as long as a client has for its sign-in, and what came "
        "meanwhile asks for threads all at once.",
    ),
    Alert(
        "BoltThreadLimitWrong",
        "bolt:threads:held > bolt:threads:limit\nor bolt:threads:held unless bolt:threads:limit",
        "10m",
        "ticket",
        "{{ $value | humanize }} threads are held, more than the limit that the rules know, or "
        "they know none: the other alerts of this server are wrong.",
        "thread_pool_max_size in neo4j.conf, and bolt:threads:limit in the rules.",
        "how-to/watch-it.html",
        "No server holds more threads than it has for ten minutes. From 2025.08 on a Unix socket "
        "has up to 20 of its own.",
    ),
    Alert(
        "BoltNotWatched",
        'up{job=~".*neo4j.*"} == 1 unless on (job, instance) bolt:threads:held\n'
        "or (bolt:threads:held offset 1h) unless bolt:threads:held\n"
        "  unless on (job, instance) (up == 0)",
        "15m",
        "ticket",
        "Threads held are not known, now or no longer: no alert about this server can fire.",
        "server.metrics.filter, the scrape, or the script that counts.",
        "how-to/watch-it.html",
        "What is not seen is not healthy.",
    ),
)
