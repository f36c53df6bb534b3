"""What is known about Neo4j and about queues, as data: TOML files and the loader that checks them.

A setting, a metric, a log message, a word: each with the versions in which its name holds and
with a source that somebody read.  Knows nothing of files in an export, of fits or of reports.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from boltkb.catalogue.agents import Agent, agent_of, load_agents
    from boltkb.catalogue.causes import GROUPS, CauseName, load_causes
    from boltkb.catalogue.clients import (
        DriverLine,
        DriverOption,
        ErrorText,
        load_driver_lines,
        load_drivers,
        load_errors,
    )
    from boltkb.catalogue.defects import Defect, load_defects
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
        metrics_in,
        setting_id,
        setting_name,
    )
    from boltkb.catalogue.questions import Evidence, Question, load_questions
    from boltkb.catalogue.threads import ThreadName, load_threads, thread_role
    from boltkb.catalogue.version import Version

__all__ = [
    "GROUPS",
    "Agent",
    "CauseName",
    "DefaultFilter",
    "Defect",
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
    "agent_of",
    "default_filter",
    "lets_through",
    "load_agents",
    "load_causes",
    "load_defects",
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
    "metrics_in",
    "setting_id",
    "setting_name",
    "thread_role",
]

_ROOMS = {
    "Agent": "boltkb.catalogue.agents",
    "Defect": "boltkb.catalogue.defects",
    "load_defects": "boltkb.catalogue.defects",
    "agent_of": "boltkb.catalogue.agents",
    "load_agents": "boltkb.catalogue.agents",
    "GROUPS": "boltkb.catalogue.causes",
    "CauseName": "boltkb.catalogue.causes",
    "load_causes": "boltkb.catalogue.causes",
    "DefaultFilter": "boltkb.catalogue.filters",
    "DriverLine": "boltkb.catalogue.clients",
    "DriverOption": "boltkb.catalogue.clients",
    "ErrorText": "boltkb.catalogue.clients",
    "Evidence": "boltkb.catalogue.questions",
    "Interval": "boltkb.catalogue.entries",
    "Message": "boltkb.catalogue.entries",
    "Metric": "boltkb.catalogue.entries",
    "Question": "boltkb.catalogue.questions",
    "Rule": "boltkb.catalogue.entries",
    "Setting": "boltkb.catalogue.entries",
    "Source": "boltkb.catalogue.entries",
    "Term": "boltkb.catalogue.entries",
    "ThreadName": "boltkb.catalogue.threads",
    "Version": "boltkb.catalogue.version",
    "default_filter": "boltkb.catalogue.filters",
    "lets_through": "boltkb.catalogue.filters",
    "load_driver_lines": "boltkb.catalogue.clients",
    "load_drivers": "boltkb.catalogue.clients",
    "load_errors": "boltkb.catalogue.clients",
    "load_filters": "boltkb.catalogue.filters",
    "load_messages": "boltkb.catalogue.loader",
    "load_metrics": "boltkb.catalogue.loader",
    "load_questions": "boltkb.catalogue.questions",
    "load_rules": "boltkb.catalogue.loader",
    "load_settings": "boltkb.catalogue.loader",
    "load_sources": "boltkb.catalogue.loader",
    "load_terms": "boltkb.catalogue.loader",
    "load_threads": "boltkb.catalogue.threads",
    "metric_glob": "boltkb.catalogue.filters",
    "metric_id": "boltkb.catalogue.loader",
    "metric_name": "boltkb.catalogue.loader",
    "metrics_in": "boltkb.catalogue.loader",
    "setting_id": "boltkb.catalogue.loader",
    "setting_name": "boltkb.catalogue.loader",
    "thread_role": "boltkb.catalogue.threads",
}


def __getattr__(name: str) -> object:
    """Load what reads one file when one of its names is first asked for."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(_ROOMS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__]
