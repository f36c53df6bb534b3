"""A metric's name as a Prometheus endpoint spells it, by version."""

from __future__ import annotations

from boltkb.catalogue import Version, load_metrics, metric_name

__all__ = ["scraped", "scraped_per_database"]

#: Counters that a version exposes as gauges, without an ending.
_GAUGES_UNTIL = {"vm_pause_time": Version(5)}
_ENDINGS = {"counter": "_total", "gauge": "", "histogram": "_count"}


def scraped(key: str, version: Version) -> str:
    """Return the name under which Prometheus finds a metric, with the default prefix.

    Of a histogram it is the count.

    Examples
    --------
    >>> scraped("messages_received", Version(5, 26)), scraped("connections_idle", Version(4, 4))
    ('neo4j_dbms_bolt_messages_received_total', 'neo4j_bolt_connections_idle')
    """
    return metric_name(key, version).replace(".", "_") + _ending(key, version)


def scraped_per_database(key: str, version: Version) -> str:
    """Return a selector of a metric that exists once per database, for all of them.

    Examples
    --------
    >>> scraped_per_database("transaction_peak_concurrent", Version(5, 26))
    '{__name__=~"neo4j_database_.+_transaction_peak_concurrent_total"}'
    """
    name = metric_name(key, version).replace(".", "_").replace("{database}", ".+")
    return f'{{__name__=~"{name}{_ending(key, version)}"}}'


def _ending(key: str, version: Version) -> str:
    until = _GAUGES_UNTIL.get(key)
    if until is not None and version < until:
        return ""
    return _ENDINGS[load_metrics()[key].kind]
