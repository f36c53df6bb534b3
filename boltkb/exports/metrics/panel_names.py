"""What the head of a panel's column names: a metric, its labels, and what was made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from boltkb.exports.metrics.exposition import read_labels
from boltkb.exports.metrics.names import read_scraped_name

__all__ = ["PanelName", "panel_name"]

_DATABASES = ("db_name", "database", "db")
_BRACES = re.compile(r"^(?P<name>[^{}]*)(?P<labels>\{.*\})$")
_LOOSE_LABEL = re.compile(r"\s*([A-Za-z_][\w.]*)\s*[:=]\s*\"?([^,\"]*)\"?\s*(?:,|$)")
_RATES = frozenset(
    {"rate", "irate", "increase", "delta", "idelta", "deriv", "per_second", "per_minute", "diff",
     "monotonic_diff", "count_nonzero"}
)  # fmt: skip

_SUMS = frozenset({"sum", "count", "avg", "mean", "min", "max", "median", "stddev", "topk"})


@dataclass(frozen=True, slots=True)
class PanelName:
    """What the head of a panel's column says.

    Parameters
    ----------
    name : str
        The metric's name, in a spelling that the catalogue's names can be found in.
    labels : mapping of str to str
    rate : str
        The function that made a rate of a counter; empty for none.
    summed : str
        The function that may have put several servers together; empty for none.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    rate: str = ""
    summed: str = ""


def panel_name(text: str) -> PanelName | None:
    """Return the metric that a column's head names, None for none in the catalogue.

    Parameters
    ----------
    text : str
        Such as `neo4j_bolt_connections_running{instance="a:2004"}`, with dots or underscores,
        `avg:neo4j.bolt.connections_running{host:a}`, or a name inside of `rate(...)`.

    Examples
    --------
    >>> panel_name('rate(neo4j_dbms_bolt_messages_received_total{instance="a"}[5m])').rate
    'rate'
    >>> panel_name("avg:neo4j.dbms.bolt.connections.running{host:a}").labels
    {'host': 'a'}
    >>> panel_name("CPU busy") is None
    True
    """
    inner = text.strip().strip('"').strip()
    if len(inner) > 2000:
        return None
    rate = summed = ""
    for _ in range(4):
        call, mark, rest = inner.partition("(")
        if mark and rest.rstrip().endswith(")") and call.strip().replace("_", "").isalnum():
            rate = rate or (call.strip() if call.strip().lower() in _RATES else "")
            summed = summed or (call.strip() if call.strip().lower() in _SUMS else "")
            inner = rest.rstrip()[:-1].strip()
            continue
        call, mark, rest = inner.partition(":")
        if mark and call.strip().isalpha() and len(call) < 12:
            inner = rest.strip()
            summed = summed or (call.strip() if call.strip().lower() in _SUMS else "")
        break
    inner = re.sub(r"\[[^\[\]]*\]\s*$", "", inner).strip()
    found = _BRACES.match(inner)
    labels: Mapping[str, str] = {}
    if found is not None:
        labels = read_labels(found["labels"]) or dict(
            _LOOSE_LABEL.findall(found["labels"][1:-1].replace("{", "").replace("}", ""))
        )
        inner = found["name"].strip() or labels.get("__name__", "")
    inner = inner.removesuffix(".as_count()").removesuffix(".as_rate()").strip()
    if not inner or len(inner) > 400:
        return None
    for name in _spellings(inner, labels):
        if read_scraped_name(name) is not None:
            return PanelName(name, labels, rate, summed)
    return None


def _spellings(name: str, labels: Mapping[str, str]) -> Iterator[str]:
    # Datadog drops `dbms`, and the database, which it keeps as a tag.
    first, mark, rest = name.partition(".") if "." in name else name.partition("_")
    database = next((labels[one] for one in _DATABASES if labels.get(one)), "")
    if mark and rest and database and database != "global":
        spelled = f"{first}_database_{database}_{rest}"
        found = read_scraped_name(spelled)
        if found is not None and found.database is not None:
            yield spelled
    yield name
    if mark and rest:
        spelled = f"{first}_dbms_{rest}"
        found = read_scraped_name(spelled)
        if found is not None and found.database is None:
            yield spelled
