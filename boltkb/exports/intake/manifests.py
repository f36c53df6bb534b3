"""manifest.toml: what whoever made an export says about it, kept apart from what its files say.

Only labels are taken: simulated or real, version, edition, sampling interval.  Nothing that a
report concludes is ever read here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from boltkb.exports.intake.members import Member
from boltkb.exports.moments.tables import duration
from boltkb.exports.records import Source

__all__ = ["Manifest", "read_manifest"]

_SIZE = 256 << 10


@dataclass(frozen=True, slots=True)
class Manifest:
    """The labels of an export.

    Parameters
    ----------
    simulated : bool or None
        None where the manifest does not say.
    version, edition : str or None
    sampling_interval : float or None
        Seconds.
    """

    simulated: bool | None = None
    version: str | None = None
    edition: str | None = None
    sampling_interval: float | None = None


def read_manifest(member: Member) -> tuple[Source, Manifest]:
    r"""Return the labels that a manifest gives; a broken one gives none and is counted.

    Parameters
    ----------
    member : Member

    Returns
    -------
    tuple of (Source, Manifest)

    Raises
    ------
    ExportError
        When the file cannot be read.

    Examples
    --------
    >>> import io
    >>> text = b'simulated = false\n[neo4j]\nversion = "5.26.0"\n'
    >>> read_manifest(Member("manifest.toml", None, lambda: io.BytesIO(text)))[1].version
    '5.26.0'
    """
    with member.open() as stream:
        data = stream.read(_SIZE)
    try:
        content = tomllib.loads(data.decode("utf-8"))
    # Not only what TOML forbids: a number of thousands of digits is Python's own to refuse.
    except (ValueError, RecursionError) as problem:
        why = f"not TOML: {str(problem)[:120]}"
        return Source(member.path, "manifest", 0, 1, why), Manifest()
    flat = dict(_flattened(content))
    simulated = flat.get("simulated")
    real = flat.get("real")
    if not isinstance(simulated, bool):
        simulated = (not real) if isinstance(real, bool) else None
    manifest = Manifest(
        simulated,
        _text(flat, "neo4j.version", "neo4j_version", "version", "neo4j"),
        _text(flat, "neo4j.edition", "edition"),
        _interval(flat),
    )
    return Source(member.path, "manifest", len(flat)), manifest


def _flattened(content: Mapping[str, object], depth: int = 0) -> list[tuple[str, object]]:
    pairs: list[tuple[str, object]] = []
    for key, value in content.items():
        if isinstance(value, dict):
            if depth < 3:
                pairs += [(f"{key}.{name}", inner) for name, inner in _flattened(value, depth + 1)]
        else:
            pairs.append((key, value))
    return pairs


def _text(flat: Mapping[str, object], *names: str) -> str | None:
    for name in names:
        value = flat.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()[:40]
    return None


def _interval(flat: Mapping[str, object]) -> float | None:
    for name, value in flat.items():
        if "sampl" not in name or "interval" not in name or isinstance(value, bool):
            continue
        seconds = duration(value.rstrip("s ")) if isinstance(value, str) else value
        if not isinstance(seconds, int | float):
            continue
        # Compared before it is made a float: a number may be too large for one.
        if 0 < seconds < 86400:
            return float(seconds)
    return None
