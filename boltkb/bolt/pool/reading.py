"""Reads what an export tells of the pool, each value on the strongest grounds."""

from __future__ import annotations

from boltkb.bolt.pool.beside import other_pools, shared_with
from boltkb.bolt.pool.known import RANKS, Known
from boltkb.bolt.pool.said import bounded, least_threads, queue_when_full, threads_when_full
from boltkb.bolt.pool.settings import read_setting, told_apart
from boltkb.bolt.pool.shape import FIRST_ACCOUNTING, Pool
from boltkb.catalogue import Version
from boltkb.errors import ExportError
from boltkb.exports import Export

__all__ = ["read_pool"]


def read_pool(export: Export) -> Pool:
    """Return what the export tells of the server's Bolt worker pool.

    Parameters
    ----------
    export : Export

    Returns
    -------
    Pool
        Every value with its provenance: what the pool said when it rejected work, what the
        running server said, what it listed at its start, the environment, the configuration,
        the default of the version.  Without anything of these the number of threads is unknown:
        the default is named, and not used.

    Raises
    ------
    ExportError
        For a cluster: a pool is one server's.

    Examples
    --------
    >>> import boltkb
    >>> pool = boltkb.read_pool(boltkb.open_export("data/captures/neo4j-5.26-saturated"))
    >>> pool.threads, pool.discipline, pool.max_threads.rank
    (8, 'loss', 'start')
    """
    if export.servers:
        names = ", ".join(f"`{server}`" for server in export.server_names)
        raise ExportError(
            f"holds the exports of {len(export.servers)} servers ({names}), and a pool is one"
            " server's; name one as `server`",
            export.path,
        )
    version = None if export.version is None else Version.parse(export.version)
    told: list[str] = []
    others = other_pools(export, version)
    min_threads = _setting(export, "bolt-threads-min", version, told)
    queue_size = _queue(export, version, told)
    max_threads = _threads(export, version, told)
    beside = sum(other.threads.whole or 0 for other in others)
    max_threads, proof = bounded(max_threads, least_threads(export, version, beside))
    told += proof
    told += _impossible(min_threads, max_threads)
    return Pool(
        name=export.name,
        version=export.version,
        max_threads=max_threads,
        min_threads=min_threads,
        keep_alive=_setting(export, "bolt-threads-keep-alive", version, told),
        queue_size=queue_size,
        error_accounting=_accounting(export, version, told),
        thread_binding=_setting(export, "bolt-thread-binding", version, told),
        transaction_limit=_setting(export, "transaction-limit", version, told),
        contradictions=tuple(dict.fromkeys(told)),
        others=others,
        shared=shared_with(export, version),
    )


def _setting(export: Export, identity: str, version: Version | None, told: list[str]) -> Known:
    known = read_setting(export, identity, version)
    told += told_apart(export, identity, known)
    return known


def _threads(export: Export, version: Version | None, told: list[str]) -> Known:
    known = read_setting(export, "bolt-threads-max", version, needs_configuration=True)
    moment, changed = threads_when_full(export)
    told += changed
    if moment is None:
        told += told_apart(export, "bolt-threads-max", known)
        return known
    told += told_apart(export, "bolt-threads-max", moment)
    told += _other_default(known, moment, "threads")
    return moment


def _queue(export: Export, version: Version | None, told: list[str]) -> Known:
    known = read_setting(export, "bolt-queue-size", version)
    moment = queue_when_full(export)
    if moment is None:
        told += told_apart(export, "bolt-queue-size", known)
        return known
    told += told_apart(export, "bolt-queue-size", moment)
    told += _other_default(known, moment, "places to wait")
    return moment


def _other_default(known: Known, moment: Known, what: str) -> tuple[str, ...]:
    """Return in a sentence that a default is not what the pool had; nothing where nothing is."""
    if known.where is not None or known.value is None or known.value == moment.value:
        return ()
    words = (
        f"The pool had {moment} {what} when it rejected work ({moment.how}), not {known}, as "
        f"{RANKS[known.rank]} has it ({known.how}). The former is taken."
    )
    return (words,)


def _impossible(min_threads: Known, max_threads: Known) -> tuple[str, ...]:
    # The JDK's executor refuses such a pool; a real 5.26.30 ended with exit code 1, with the
    # minimum set and with its default alike.
    if max_threads.value is None or min_threads.value is None:
        return ()
    if min_threads.value <= max_threads.value:
        return ()
    how = "by default" if min_threads.where is None else f"by {min_threads.how}"
    words = (
        f"The minimum of {min_threads} threads ({how}) is above the maximum of "
        f"{max_threads}. A server with such a pool does not start, so the one that wrote "
        "this export ran with other values: the configuration was changed since, or the "
        "file is another server's."
    )
    return (words,)


def _accounting(export: Export, version: Version | None, told: list[str]) -> Known:
    if version is not None and version < FIRST_ACCOUNTING:
        return Known(False, f"Neo4j {version} logs every rejection", None, "default")
    known = _setting(export, "bolt-error-accounting", version, told)
    threshold = read_setting(export, "bolt-starvation-threshold", version)
    if threshold.where is not None and threshold.value == 0 and known.value is not False:
        how = f"threshold 0 in {threshold.where}"
        return Known(False, how, threshold.where, threshold.rank)
    return known
