"""What is known about Neo4j and about queues, as data: TOML files and the loader that checks them.

A setting, a metric, a log message, a word: each with the versions in which its name holds and
with a source that somebody read.  Knows nothing of files in an export, of fits or of reports.
"""

from boltkb.catalogue.clients import (
    DriverLine,
    DriverOption,
    ErrorText,
    load_driver_lines,
    load_drivers,
    load_errors,
)
from boltkb.catalogue.entries import (
    Interval,
    Message,
    Metric,
    Rule,
    Setting,
    Source,
    Term,
)
from boltkb.catalogue.loader import (
    load_messages,
    load_metrics,
    load_rules,
    load_settings,
    load_sources,
    load_terms,
    metric_id,
    metric_name,
    setting_id,
    setting_name,
)
from boltkb.catalogue.version import Version

__all__ = [
    "DriverLine",
    "DriverOption",
    "ErrorText",
    "Interval",
    "Message",
    "Metric",
    "Rule",
    "Setting",
    "Source",
    "Term",
    "Version",
    "load_driver_lines",
    "load_drivers",
    "load_errors",
    "load_messages",
    "load_metrics",
    "load_rules",
    "load_settings",
    "load_sources",
    "load_terms",
    "metric_id",
    "metric_name",
    "setting_id",
    "setting_name",
]
