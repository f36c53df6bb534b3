"""Reads found configurations, environments, lists of settings and notes of a report."""

from __future__ import annotations

from collections.abc import Iterable

from boltkb.exports.gathered import Found, Gathered, one_by_one
from boltkb.exports.records import MachineFact, SettingValue
from boltkb.exports.settings.configuration import read_configuration, read_key
from boltkb.exports.settings.environment import read_environment
from boltkb.exports.settings.listed import read_listed
from boltkb.exports.settings.notes import read_notes
from boltkb.exports.settings.ranks import disagreement, outranks
from boltkb.exports.settings.shape import is_key

__all__ = ["take_configurations", "take_environments", "take_notes", "take_settings_lists"]


def _take_configuration(entry: Found, gathered: Gathered) -> None:
    read = read_key if is_key(entry.member.name) else read_configuration
    source, settings, problems = read(entry.member)
    gathered.sources.append(source)
    _keep(settings.values(), gathered)
    gathered.problems += problems
    gathered.configured = True


def _take_environment(entry: Found, gathered: Gathered) -> None:
    source, environment = read_environment(entry.member)
    gathered.sources.append(source)
    _keep(environment.settings.values(), gathered)
    gathered.problems += environment.problems
    _learn(environment.machine, gathered)
    gathered.edition = gathered.edition or environment.edition


def _take_settings_list(entry: Found, gathered: Gathered) -> None:
    source, values = read_listed(entry.member)
    gathered.sources.append(source)
    gathered.told.update({value.name: value for value in values})


def _take_notes(entry: Found, gathered: Gathered) -> None:
    source, notes = read_notes(entry.member)
    if notes.why:
        gathered.ignore(entry, notes.why)
        return
    gathered.sources.append(source)
    _learn(notes.machine, gathered)
    gathered.version = gathered.version or notes.version


def _keep(values: Iterable[SettingValue], gathered: Gathered) -> None:
    for value in values:
        known = gathered.settings.get(value.name)
        if known is not None and known.origin != value.origin:
            strong, weak = (value, known) if outranks(value, known) else (known, value)
            gathered.problems += disagreement(strong, weak)
            gathered.outranked.append(weak)
            value = strong
        gathered.settings[value.name] = value


def _learn(facts: Iterable[MachineFact], gathered: Gathered) -> None:
    # What the server's own log says about its machine stands before what lies beside it.
    known = {fact.id for fact in gathered.machine}
    gathered.machine += [fact for fact in facts if fact.id not in known]


take_configurations = one_by_one(_take_configuration)
take_environments = one_by_one(_take_environment)
take_settings_lists = one_by_one(_take_settings_list)
take_notes = one_by_one(_take_notes)
