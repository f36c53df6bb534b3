"""What the files of a report are called, so that one report never silently replaces another."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

__all__ = ["SUFFIXES", "choose_slug", "export_id", "slugify"]

#: The ends of the four files of a report.
SUFFIXES = (".md", ".html", ".ipynb", ".facts.json")

#: Names that a site gives to pages of its own.
_RESERVED = frozenset({"", "index", "readme", "404", "assets", "search", "sitemap"})


def slugify(name: str) -> str:
    """Return a name as it may stand in a file's name and an address: a-z, 0-9, dot, hyphen.

    Examples
    --------
    >>> slugify("neo4j-5.26-saturated"), slugify("Prod EU/1 (März)"), slugify("../..")
    ('neo4j-5.26-saturated', 'prod-eu-1-marz', 'export')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"\.{2,}", ".", re.sub(r"[^a-z0-9.]+", "-", plain)).strip("-.")[:80].rstrip("-.")
    if slug in _RESERVED:
        return f"export-{slug}" if slug else "export"
    return slug


def export_id(path: str | Path) -> str:
    """Return a short name for the place of an export, which does not tell the place.

    It decides whether a second report of the same name is the same export, run again.
    """
    place = str(path) if "://" in str(path) else str(Path(path).resolve())
    return hashlib.sha256(place.encode()).hexdigest()[:12]


def choose_slug(name: str, identity: str, out: Path) -> str:
    """Return the slug for an export's report in a folder.

    The plain slug, unless files of that slug are there and belong to another export (or to
    nobody known): then a few letters of the export's identity are added, the same each time.

    Parameters
    ----------
    name : str
        The export's name.
    identity : str
        From `export_id`.
    out : Path
        The folder the report goes to; it may be absent.

    Returns
    -------
    str
    """
    slug = slugify(name)
    taken = any((out / f"{slug}{suffix}").exists() for suffix in SUFFIXES)
    if not taken or _identity(out / f"{slug}.facts.json") == identity:
        return slug
    return f"{slug}-{identity[:6]}"


def _identity(path: Path) -> str | None:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    run = facts.get("run") if isinstance(facts, Mapping) else None
    found = run.get("export_id") if isinstance(run, Mapping) else None
    return found if isinstance(found, str) else None
