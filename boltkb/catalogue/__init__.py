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
from boltkb.catalogue.filters import (
    DefaultFilter,
    default_filter,
    lets_through,
    load_filters,
    metric_glob,
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
from boltkb.catalogue.questions import Evidence, Question, load_questions
from boltkb.catalogue.threads import ThreadName, load_threads, thread_role
from boltkb.catalogue.version import Version

__all__ = [
    "DefaultFilter",
    "DriverLine",
    "DriverOption",
    "ErrorText",
    "Evidence",
    "Interval",
    "Message",
    "Metric",
    "Question",
    "Rule",
    "Setting",
    "Source",
    "Term",
    "ThreadName",
    "Version",
    "default_filter",
    "lets_through",
    "load_driver_lines",
    "load_drivers",
    "load_errors",
    "load_filters",
    "load_messages",
    "load_metrics",
    "load_questions",
    "load_rules",
    "load_settings",
    "load_sources",
    "load_terms",
    "load_threads",
    "metric_glob",
    "metric_id",
    "metric_name",
    "setting_id",
    "setting_name",
    "thread_role",
]
