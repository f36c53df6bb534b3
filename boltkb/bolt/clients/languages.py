"""Which driver a client uses, and how many connections one of its pools may open.

Knows the catalogue's words; no export.
"""

from __future__ import annotations

from functools import lru_cache

from boltkb.catalogue import Version, agent_of, load_drivers
from boltkb.errors import CatalogueError

__all__ = ["default_limit", "driver_behind", "spoken", "version_of"]

#: The languages of the official drivers, all of which share one default.
_OFFICIAL = ("dotnet", "go", "java", "javascript", "python")


#: Names that are not their ids with a capital letter.
_SPOKEN = {"dotnet": ".NET", "javascript": "JavaScript"}


def spoken(language: str) -> str:
    """Return a driver's language as people write it.

    Examples
    --------
    >>> spoken("javascript"), spoken("python")
    ('JavaScript', 'Python')
    """
    return _SPOKEN.get(language, language.capitalize())


@lru_cache(maxsize=512)
def driver_behind(agent: str | None) -> tuple[str | None, str | None, bool]:
    """Return a user agent's driver language, its version, and whether it is a tool's.

    Parameters
    ----------
    agent : str or None

    Examples
    --------
    >>> driver_behind("neo4j-javascript/5.28.3"), driver_behind("shop-api/2.3")
    (('javascript', '5.28.3', False), (None, None, False))
    """
    found = agent_of(agent)
    if found is None:
        return None, None, False
    known, version = found
    # A tool's version is its own, not its driver's.
    return known.language, None if known.tool else version, known.tool


@lru_cache(maxsize=16)
def default_limit(language: str | None) -> tuple[int | None, str]:
    """Return the connections that a pool may open unless told otherwise, and why.

    Parameters
    ----------
    language : str or None
        None for a program that gives a name of its own.

    Examples
    --------
    >>> default_limit("rust")[0], default_limit(None)[0]
    (16, 100)
    """
    known = load_drivers()
    if language is not None:
        option = known.get(f"{language}-pool-size")
        if option is None:
            return None, "the default of this driver is not known"
        return int(
            option.default
        ), f"the default of the {spoken(language)} driver; not told to be kept"
    shared = {int(known[f"{name}-pool-size"].default) for name in _OFFICIAL}
    if len(shared) > 1:
        return None, "which driver it is, the export does not tell"
    return shared.pop(), "the default of all official drivers; not told to be kept"


def version_of(text: str | None) -> Version | None:
    """Return a driver's version to compare by; None where it cannot be read.

    Examples
    --------
    >>> str(version_of("5.20.0-8e062a3cce79")), version_of("main") is None
    ('5.20.0', True)
    """
    try:
        return None if text is None else Version.parse(text)
    except CatalogueError:
        return None
