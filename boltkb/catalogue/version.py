"""Neo4j version numbers, ordered as Neo4j released them.

Knows the shape of a version and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from boltkb.errors import CatalogueError

__all__ = ["Version"]

_SHAPE = re.compile(r"\s*v?(\d{1,4})(?:\.(\d{1,3}))?(?:\.(\d{1,4}))?")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A Neo4j version: 3.5.22, 5.26.0 or 2025.01.0; the calendar ones come after 5.26.

    Parameters
    ----------
    major, minor, patch : int
        The three parts; a part that was not written is 0.
    """

    major: int
    minor: int = 0
    patch: int = 0

    @classmethod
    def parse(cls, text: str) -> Version:
        """Return the version that a text starts with.

        Parameters
        ----------
        text : str
            Such as `5.26.0`, `4.4` or `2025.01.0-21`; what follows the numbers is left out.

        Returns
        -------
        Version

        Raises
        ------
        CatalogueError
            When the text does not start with a number.

        Examples
        --------
        >>> Version.parse("5.26.0") < Version.parse("2025.01")
        True
        >>> str(Version.parse("4.4.17-drop02"))
        '4.4.17'
        """
        found = _SHAPE.match(text)
        if found is None:
            raise CatalogueError(f"not a Neo4j version: {text[:40]!r}")
        major, minor, patch = (int(part) if part else 0 for part in found.groups())
        return cls(major, minor, patch)

    @property
    def short(self) -> str:
        """The version without its patch, as people write it.

        Examples
        --------
        >>> Version(5, 26, 30).short, Version(2025, 6).short
        ('5.26', '2025.06')
        """
        minor = f"{self.minor:02d}" if self.major >= 2025 else str(self.minor)
        return f"{self.major}.{minor}"

    def __str__(self) -> str:
        return f"{self.short}.{self.patch}"
