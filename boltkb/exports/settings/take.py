"""Reads found configurations."""

from __future__ import annotations

from boltkb.exports.gathered import Found, Gathered, one_by_one
from boltkb.exports.settings.configuration import read_configuration

__all__ = ["take_configurations"]


def _take_configuration(entry: Found, gathered: Gathered) -> None:
    source, settings, problems = read_configuration(entry.member)
    gathered.sources.append(source)
    gathered.settings.update(settings)
    gathered.problems += problems
    gathered.configured = True


take_configurations = one_by_one(_take_configuration)
