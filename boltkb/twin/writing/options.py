"""What an export is to hold, as the caller may choose it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from boltkb.errors import ParameterError
from boltkb.twin.writing.dialects import Dialect

__all__ = ["EVIDENCE", "START", "Options"]

#: What an export may hold.
EVIDENCE = ("usual", "metrics", "logs", "all")
#: When a simulated server starts unless told otherwise: a Monday.
START = "2026-03-02T00:00:00+00:00"
#: Neo4j's own limits, bytes.
METRIC_SIZE, LOG_SIZE = 10 << 20, 20 << 20
_QUERY_LOGS = ("off", "info", "verbose", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is written, and how the server was set up to write it.

    Parameters
    ----------
    evidence : str
        `usual`: metrics by the default filter, logs, configuration, dumps, clients' logs;
        `metrics` or `logs`: these and the configuration only; `all`: every metric, and the query
        log besides.
    edition : str
        `enterprise` or `community`, which has neither metrics nor a query log.
    query_log : str or None
        `off`, `info`, `verbose` (the starts of queries too) or `json`; None: as the evidence asks.
    accounting : bool
        `enable_network_error_accounting`, from 5.18 on.
    debug : bool
        Whether debug.log has its DEBUG lines about rejections.
    start : str
        ISO 8601; when the server starts.
    metric_size, log_size : int, bytes
        At which a metric and a log are put aside and begun anew; seven old ones are kept.

    Raises
    ------
    ParameterError
        All that is wrong, at once.

    Examples
    --------
    >>> Options(evidence="all").query_log_mode, Options().metrics
    ('info', True)
    """

    evidence: str = "all"
    edition: str = "enterprise"
    query_log: str | None = None
    accounting: bool = True
    debug: bool = False
    start: str = START
    metric_size: int = METRIC_SIZE
    log_size: int = LOG_SIZE

    def __post_init__(self) -> None:
        problems: list[str] = []
        for name, known in (
            ("evidence", EVIDENCE),
            ("edition", ("enterprise", "community")),
            ("query_log", (*_QUERY_LOGS, None)),
        ):
            if getattr(self, name) not in known:
                words = ", ".join(str(word) for word in known if word)
                problems.append(f"`{name}` must be one of {words}; got {getattr(self, name)!r}")
        try:
            begun = datetime.fromisoformat(self.start)
            if begun.tzinfo is None:
                problems.append(f"`start` must name its time zone; got {self.start!r}")
        except (TypeError, ValueError):
            problems.append(f"`start` must be a moment as ISO 8601; got {self.start!r}")
        for name in ("metric_size", "log_size"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 64:
                problems.append(f"`{name}` must be bytes, 64 or more; got {value!r}")
        if not problems and self.edition == "community":
            if self.evidence == "metrics":
                problems.append("`evidence` cannot be metrics: Community Edition exports none")
            if self.query_log not in (None, "off"):
                problems.append("`query_log` must be off: Community Edition has none")
        if problems:
            raise ParameterError(problems)

    @property
    def began(self) -> float:
        """When the run begins, in epoch seconds."""
        return math.floor(datetime.fromisoformat(self.start).timestamp() * 1000.0) / 1000.0

    @property
    def metrics(self) -> bool:
        """Whether metrics are written."""
        return self.edition == "enterprise" and self.evidence != "logs"

    @property
    def logs(self) -> bool:
        """Whether the server's logs are written, the dumps and listings among them."""
        return self.evidence != "metrics"

    @property
    def clients(self) -> bool:
        """Whether the clients' logs are written."""
        return self.evidence in ("usual", "all")

    @property
    def every_metric(self) -> bool:
        """Whether the metrics are written without a filter."""
        return self.evidence == "all"

    @property
    def query_log_mode(self) -> str:
        """How the query log is written."""
        if self.edition == "community" or not self.logs:
            return "off"
        return self.query_log or ("info" if self.evidence == "all" else "off")

    def gathers(self, dialect: Dialect) -> bool:
        """Return whether rejections are gathered into lines about episodes."""
        return dialect.accounts and self.accounting
