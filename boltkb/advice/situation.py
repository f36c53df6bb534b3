"""What advice is given about: the diagnosis with its pool, fit and sizing, and who can do what.

Knows where a server runs and in which languages its clients are written, as far as the export
tells; concludes no cause.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from boltkb.bolt import Cause, Diagnosis, Pool
from boltkb.bolt.causes import Case
from boltkb.bolt.clients import Clients
from boltkb.catalogue import Version, load_settings, setting_name
from boltkb.catalogue.clients import LANGUAGES
from boltkb.exports import Export
from boltkb.queueing import Fit, Sizing

__all__ = ["Situation", "look_at"]

#: The host names of Neo4j's own cloud, as its drivers are given them.
_AURA = re.compile(r"(?:^|[./@])[0-9a-z.-]{1,127}\.databases\.neo4j\.io(?::|/|$)")
#: Under these causes the load grows for ever, so that no fit of it means anything.
_NO_STEADY_LOAD = frozenset({"leaked_transactions"})
#: A setting by its id, within a text.
_NAMED = re.compile(r"\{([a-z][a-z-]+)\}")
#: Files that whoever runs the server has, and a customer of Aura has not.
_OWN = frozenset({"configuration", "environment", "gc-log", "log", "server-notes", "thread-dump"})
#: What a driver's user agent begins with, by language.
_AGENTS = (
    ("neo4j-java", "java"),
    ("neo4j-python", "python"),
    ("neo4j-javascript", "javascript"),
    ("neo4j-dotnet", "dotnet"),
    ("neo4j-go", "go"),
    ("go driver", "go"),
    ("neo4rs", "rust"),
)


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that a builder of advice may look at.

    Parameters
    ----------
    pool : Pool
    fit : Fit
    sizing : Sizing
    diagnosis : Diagnosis
    case : Case or None
        Absent where the diagnosis carries none.
    version : Version or None
    edition : str or None
    managed : bool
        Whether the export shows that Neo4j runs the server (Aura), so that its settings are not
        the reader's to change.
    container : bool
        Whether the settings came from a container's environment.
    languages : tuple of str
        Of the clients that the export shows, those that hold most first.
    """

    pool: Pool
    fit: Fit
    sizing: Sizing
    diagnosis: Diagnosis
    case: Case | None
    version: Version | None
    edition: str | None
    managed: bool
    container: bool
    languages: tuple[str, ...]

    @property
    def cause(self) -> Cause | None:
        """The leading cause; None where nothing is wrong or none can be told."""
        name = self.diagnosis.cause
        return None if name is None else self.diagnosis.cause_of(name)

    @property
    def others(self) -> tuple[Cause, ...]:
        """The other supported causes, those that explain most first."""
        return tuple(
            cause
            for cause in self.diagnosis.causes
            if cause.status == "supported" and cause.id != self.diagnosis.cause
        )

    @property
    def export(self) -> Export | None:
        """The export, where the diagnosis carries its case."""
        return None if self.case is None else self.case.export

    @property
    def clients(self) -> Clients | None:
        """The clients, where the diagnosis carries its case."""
        return None if self.case is None else self.case.clients

    @property
    def accepted(self) -> bool:
        """Whether the fit was accepted, so that a number may follow from it."""
        return self.fit.verdict != "REFUSED"

    @property
    def steady(self) -> bool:
        """Whether there is a load to speak of: under a leak it grows for ever."""
        return self.diagnosis.cause not in _NO_STEADY_LOAD

    @property
    def short(self) -> bool:
        """Whether threads ran out or came close to it."""
        return self.diagnosis.state in {"saturated", "at_risk"}

    def setting(self, identity: str) -> str:
        """Return a setting's name in this version."""
        return setting_name(identity, self.version)

    def worded(self, text: str) -> str:
        """Return a text of the catalogue with each `{setting}` by its name in this version."""
        return _NAMED.sub(lambda found: self.setting(found[1]) if self.has(found[1]) else
                          setting_name(found[1]), text)  # fmt: skip

    def has(self, identity: str) -> bool:
        """Return whether this version has, or may have, a setting; an unknown version is new."""
        names = load_settings()[identity].names
        if self.version is None:
            return names[-1].until is None
        return any(name.holds(self.version) for name in names)

    def value_of(self, identity: str) -> tuple[str, str | None]:
        """Return a setting's value and name as the export's configuration has them, or empty."""
        found = None if self.export is None else self.export.setting(identity)
        return ("", None) if found is None else (found.value.strip(), found.name)

    def before(self, text: str) -> bool:
        """Return whether the server is older than a version."""
        return self.version is not None and self.version < Version.parse(text)


def look_at(pool: Pool, fit: Fit, sizing: Sizing, diagnosis: Diagnosis) -> Situation:
    """Return what advice is given about."""
    case = diagnosis.case
    export = None if case is None else case.export
    edition = None if export is None or export.edition is None else export.edition.lower()
    return Situation(
        pool=pool,
        fit=fit,
        sizing=sizing,
        diagnosis=diagnosis,
        case=case,
        version=None if pool.version is None else Version.parse(pool.version),
        edition=edition,
        managed=export is not None and _managed(export),
        container=export is not None
        and any(value.origin == "environment" for value in export.settings.values()),
        languages=() if case is None else _languages(case),
    )


def _managed(export: Export) -> bool:
    """Return whether drivers were pointed at Aura and nothing shows a server of one's own.

    No file of an Aura instance's configuration can be had; its address is what its clients' logs
    and metrics name.
    """
    own = any(source.kind in _OWN for source in export.sources)
    return not own and any(_AURA.search(driver.address.lower()) for driver in export.drivers)


def _languages(case: Case) -> tuple[str, ...]:
    pools = case.clients.pools
    told: list[str | None] = [pool.language for pool in pools]
    told += [_language_of(pool.agent) for pool in pools]
    told += [driver.language for driver in case.export.drivers]
    told += [_language_of(row.agent) for row in case.export.connections]
    return tuple(dict.fromkeys(_known(told)))


def _known(names: Iterable[str | None]) -> list[str]:
    return [name for name in names if name is not None and name in LANGUAGES and name != "any"]


def _language_of(agent: str | None) -> str | None:
    if agent is None:
        return None
    low = agent.lower()
    return next((language for begin, language in _AGENTS if low.startswith(begin)), None)
