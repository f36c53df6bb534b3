"""A cause and how the evidence stands for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from boltkb.exports import Where

__all__ = ["Cause", "Explains", "Status", "contradicted", "not_applicable", "supported", "untold"]

Status = Literal["supported", "contradicted", "cannot_tell", "not_applicable"]
Explains = Literal["thread-time", "rejections", "failures", "connections"]


@dataclass(frozen=True, slots=True)
class Cause:
    """One possible cause and how the evidence stands.

    Parameters
    ----------
    id : str
        Of the catalogue's `causes.toml`.
    status : str
        `supported`, `contradicted`, `cannot_tell` (it may be so, and what would tell is missing)
        or `not_applicable` (it cannot be so here).
    share : float
        The part of what `explains` names that it accounts for, 0 to 1; supported causes are
        ranked by it.
    explains : str
        What the share is of: the `thread-time` held, the `rejections`, the `failures` that
        clients saw, or the `connections` opened.
    evidence_for, evidence_against, missing : tuple of str
        Sentences; `missing` names what to collect, with its setting in this version.
    kinds : tuple of str
        The kinds of evidence that it rests on, each looked at by itself.
    where : tuple of Where
    began : float or None, epoch s
        When it began, where a change of the course tells.
    overlaps : tuple of str
        Ids of causes that explain partly the same.
    """

    id: str
    status: Status
    share: float
    evidence_for: tuple[str, ...]
    evidence_against: tuple[str, ...]
    missing: tuple[str, ...]
    kinds: tuple[str, ...]
    where: tuple[Where, ...] = ()
    explains: Explains = "thread-time"
    began: float | None = None
    overlaps: tuple[str, ...] = ()


def supported(
    identity: str,
    share: float,
    pro: Sequence[str],
    *,
    kinds: Sequence[str],
    explains: Explains = "thread-time",
    contra: Sequence[str] = (),
    missing: Sequence[str] = (),
    where: Sequence[Where] = (),
    began: float | None = None,
    overlaps: Sequence[str] = (),
) -> Cause:
    """Return a cause that the evidence speaks for."""
    return Cause(
        identity, "supported", min(1.0, max(0.0, share)), tuple(pro), tuple(contra),
        tuple(missing), tuple(kinds), tuple(where), explains, began, tuple(overlaps),
    )  # fmt: skip


def contradicted(
    identity: str, contra: Sequence[str], *, pro: Sequence[str] = (), where: Sequence[Where] = ()
) -> Cause:
    """Return a cause that the evidence speaks against."""
    return Cause(
        identity, "contradicted", 0.0, tuple(pro), tuple(contra), (), (), tuple(where)
    )  # fmt: skip


def untold(
    identity: str,
    missing: Sequence[str],
    *,
    pro: Sequence[str] = (),
    contra: Sequence[str] = (),
    share: float = 0.0,
    where: Sequence[Where] = (),
) -> Cause:
    """Return a cause that may be so, with what would tell."""
    return Cause(
        identity, "cannot_tell", share, tuple(pro), tuple(contra), tuple(missing), (), tuple(where)
    )  # fmt: skip


def not_applicable(identity: str, why: str) -> Cause:
    """Return a cause that cannot be so here."""
    return Cause(identity, "not_applicable", 0.0, (), (why,), (), ())
