"""Reads a found manifest."""

from __future__ import annotations

from boltkb.exports.gathered import Found, Gathered, one_by_one
from boltkb.exports.intake.manifests import read_manifest

__all__ = ["take_manifests"]


def _take_manifest(entry: Found, gathered: Gathered) -> None:
    source, gathered.manifest = read_manifest(entry.member)
    gathered.sources.append(source)


take_manifests = one_by_one(_take_manifest)
