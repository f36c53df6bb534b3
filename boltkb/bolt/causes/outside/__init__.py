"""Causes that are not the thread pool's: drivers, networks, other limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause

__all__ = ["RULES"]

#: What weighs each of these causes, by its id.
RULES: Mapping[str, Callable[[Case], Cause]] = {}
