"""What the Bolt worker pool of a server is: how many threads, and what happens when all are busy.

Part of the bridge: it alone equates a *thread* of the pool with a *server* of queueing theory.
Queue discipline and thread count come from configuration and log lines, never from a fit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from boltkb.catalogue import Version, load_settings, setting_name
from boltkb.errors import ExportError
from boltkb.exports import Export, Where
from boltkb.tables import Column, Shown, Table, span

__all__ = ["Known", "Pool", "read_pool"]

#: The defaults that hold in every version from 3.4 on (catalogue: `settings.toml`).
_FIRST_ACCOUNTING = Version.parse("5.18")
_UNIX_SOCKET_POOL = Version.parse("2025.08")
_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(ns|us|ms|s|m|h|d)?\s*$", re.IGNORECASE)
_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True, slots=True)
class Known:
    """A value and how it is known.

    Parameters
    ----------
    value : float, bool or None
        Seconds for durations, counts for sizes; None when it cannot be told.
    how : str
        In words: where it was read, or which default applies.
    where : Where, optional
        The file and line.
    """

    value: float | bool | None
    how: str
    where: Where | None = None

    @property
    def whole(self) -> int | None:
        """The value as a whole number, or None."""
        return None if self.value is None else int(self.value)

    def __str__(self) -> str:
        return "unknown" if self.value is None else f"{self.value:g}"


@dataclass(frozen=True, slots=True)
class Pool(Shown):
    """A server's Bolt worker pool, each value with its provenance.

    Parameters
    ----------
    name : str
        The export's name.
    version : str or None
    max_threads, min_threads, keep_alive, queue_size : Known
        Threads, threads, seconds, places (0 hands over directly, -1 is without a bound).
    error_accounting : Known
        Whether the server aggregates rejections in its logs (from 5.18, on by default).
    thread_binding : Known
        Whether a transaction keeps its thread while the client thinks.
    transaction_limit : Known
        The other ceiling: concurrent transactions per database.
    contradictions : tuple of str
        Where two sources disagree.
    """

    name: str
    version: str | None
    max_threads: Known
    min_threads: Known
    keep_alive: Known
    queue_size: Known
    error_accounting: Known
    thread_binding: Known
    transaction_limit: Known
    contradictions: tuple[str, ...] = ()

    @property
    def threads(self) -> int | None:
        """The number of threads that can work at the same time, or None when unknown."""
        if self.queue_size.value == -1:
            return self.min_threads.whole
        return self.max_threads.whole

    @property
    def discipline(self) -> str:
        """What a full pool does: `loss`, `bounded_queue`, `unbounded_queue` or `unknown`."""
        if self.queue_size.value is None:
            return "unknown"
        if self.queue_size.value == 0:
            return "loss"
        return "unbounded_queue" if self.queue_size.value < 0 else "bounded_queue"

    @property
    def capacity(self) -> float | None:
        """The most customers in the system: threads and waiting places; None when unknown."""
        if self.threads is None or self.queue_size.value is None:
            return None
        if self.queue_size.value < 0:
            return float("inf")
        return self.threads + self.queue_size.value

    @property
    def why(self) -> str:
        """Why this queue discipline applies, in a sentence."""
        return {
            "loss": "The pool has no waiting room: work is handed straight to a thread, and when "
            "all are taken it is rejected at once. So the loss model (M/M/c/c, Erlang B) applies; "
            "M/M/c (Erlang C) only says what waiting would be if the pool queued.",
            "bounded_queue": "The internal queue setting is on: work waits while the queue has "
            "room, and threads above the minimum are started only when it is full.",
            "unbounded_queue": "The internal queue setting is unbounded: work waits without end "
            "and the pool never grows above its minimum, so M/M/c with the minimum applies.",
            "unknown": "Neither the version nor the configuration is in the export, so it cannot "
            "be told what a full pool does.",
        }[self.discipline]

    @property
    def counts_rejections(self) -> bool | None:
        """Whether each rejection leaves a log line; None when that cannot be told."""
        if self.version is None:
            return None
        if Version.parse(self.version) < _FIRST_ACCOUNTING:
            return True
        return None if self.error_accounting.value is None else not self.error_accounting.value

    def table(self) -> Table:
        """Return what is known of the pool as a table."""
        rows = [
            ("threads at most", str(self.max_threads), self.max_threads.how),
            ("threads kept", str(self.min_threads), self.min_threads.how),
            (
                "idle threads above that end after",
                "unknown" if self.keep_alive.value is None else span(float(self.keep_alive.value)),
                self.keep_alive.how,
            ),
            ("waiting places", str(self.queue_size), self.queue_size.how),
            ("rejections are aggregated in the log", _yes(self.error_accounting), ""),
            ("a transaction keeps its thread", _yes(self.thread_binding), ""),
            ("concurrent transactions per database", str(self.transaction_limit), ""),
        ]
        how = (self.error_accounting.how, self.thread_binding.how, self.transaction_limit.how)
        rows[4:] = [(a, b, c) for (a, b, _), c in zip(rows[4:], how, strict=True)]
        return Table(
            (Column("Bolt worker pool"), Column("Value", numeric=True), Column("Known from")),
            tuple(rows),
            notes=(self.why, *self.contradictions),
            kind="boltkb-pool",
        )

    def __str__(self) -> str:
        return str(self.table())

    def to_html(self) -> str:
        """Return the pool as one line of HTML."""
        return self.table().to_html()

    def facts(self) -> Mapping[str, object]:
        """Return the `pool` part of `facts.json`."""
        known = {
            "max_threads": self.max_threads,
            "min_threads": self.min_threads,
            "queue_size": self.queue_size,
            "keep_alive": self.keep_alive,
            "error_accounting": self.error_accounting,
            "thread_binding": self.thread_binding,
            "transaction_limit": self.transaction_limit,
        }
        values = {name: item.value for name, item in known.items()}
        for name in ("max_threads", "min_threads", "queue_size", "transaction_limit"):
            values[name] = known[name].whole
        return {
            "pool": {
                **values,
                "discipline": self.discipline,
                "provenance": {
                    name: {
                        "how": item.how,
                        "where": None if item.where is None else str(item.where),
                    }
                    for name, item in known.items()
                },
                "contradictions": list(self.contradictions),
            }
        }


def read_pool(export: Export) -> Pool:
    """Return what the export tells of the server's Bolt worker pool.

    Parameters
    ----------
    export : Export

    Returns
    -------
    Pool
        Every value with its provenance: the configuration, else the default of the version.
        Without any configuration in the export the number of threads is unknown: the default
        is named, and not used.

    Raises
    ------
    ExportError
        For a cluster: a pool is one server's.

    Examples
    --------
    >>> import boltkb
    >>> pool = boltkb.read_pool(boltkb.open_export("data/captures/neo4j-5.26-saturated"))
    >>> pool.threads, pool.discipline
    (8, 'loss')
    """
    if export.servers:
        names = ", ".join(f"`{server}`" for server in export.server_names)
        raise ExportError(
            f"holds the exports of {len(export.servers)} servers ({names}), and a pool is one"
            " server's; name one as `server`",
            export.path,
        )
    version = None if export.version is None else Version.parse(export.version)
    contradictions: list[str] = []
    max_threads = _size(export, "bolt-threads-max", version, needs_configuration=True)
    min_threads = _size(export, "bolt-threads-min", version)
    if (
        max_threads.value is not None
        and min_threads.value is not None
        and min_threads.value > max_threads.value
    ):
        # The JDK's executor refuses such a pool; a real 5.26.30 ended with exit code 1, with the
        # minimum set and with its default alike.
        how = "by default" if min_threads.where is None else f"by {min_threads.how}"
        contradictions.append(
            f"The minimum of {min_threads} threads ({how}) is above the maximum of "
            f"{max_threads}. A server with such a pool does not start, so the one that wrote "
            "this export ran with other values: the configuration was changed since, or the "
            "file is another server's."
        )
    accounting = _accounting(export, version)
    return Pool(
        name=export.name,
        version=export.version,
        max_threads=max_threads,
        min_threads=min_threads,
        keep_alive=_size(export, "bolt-threads-keep-alive", version),
        queue_size=_size(export, "bolt-queue-size", version),
        error_accounting=accounting,
        thread_binding=_size(export, "bolt-thread-binding", version),
        transaction_limit=_size(export, "transaction-limit", version),
        contradictions=tuple(contradictions),
    )


def _accounting(export: Export, version: Version | None) -> Known:
    if version is not None and version < _FIRST_ACCOUNTING:
        return Known(False, f"Neo4j {version} logs every rejection")
    known = _size(export, "bolt-error-accounting", version)
    threshold = _size(export, "bolt-starvation-threshold", version)
    if threshold.where is not None and threshold.value == 0 and known.value is not False:
        return Known(False, f"threshold 0 in {threshold.where}", threshold.where)
    return known


def _size(
    export: Export, identity: str, version: Version | None, *, needs_configuration: bool = False
) -> Known:
    """Return a setting's value: read where it is set, else the version's default."""
    setting = load_settings()[identity]
    read = export.setting(identity)
    if read is not None:
        value = _number(read.value)
        if value is None:
            return Known(None, f"not a value that can be read: `{read.value}`", read.where)
        return Known(value, f"{read.name} in {read.where}", read.where)
    release = f"Neo4j {version}" if version is not None else "every version known"
    name = setting_name(identity, version) if version is not None else setting.names[-1].name
    default = _number(str(setting.default)) if setting.default is not None else None
    if needs_configuration and not _has_configuration(export):
        return Known(
            None,
            f"no configuration in this export; the default of {name} is {setting.default}, "
            "but that it was kept cannot be told",
        )
    return Known(default, f"default of {release}, {name} is not set")


def _has_configuration(export: Export) -> bool:
    return bool(export.settings) or any(s.kind == "configuration" for s in export.sources)


def _number(text: str) -> float | bool | None:
    plain = text.strip().lower()
    if plain in {"true", "false"}:
        return plain == "true"
    try:
        return float(plain)
    except ValueError:
        match = _DURATION.match(plain)
        return float(match[1]) * _SECONDS[(match[2] or "s").lower()] if match else None


def _yes(known: Known) -> str:
    return "unknown" if known.value is None else "yes" if known.value else "no"
