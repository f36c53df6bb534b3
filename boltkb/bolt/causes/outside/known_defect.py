"""A driver or server of this export's versions has a defect that looks like a sizing problem."""

from __future__ import annotations

from collections.abc import Iterator

from boltkb.bolt.causes.case import Case
from boltkb.bolt.causes.cause import Cause, contradicted, not_applicable, supported, untold
from boltkb.bolt.causes.outside.half_open_sockets import hangs
from boltkb.bolt.causes.outside.looking import (
    CLIENT_LOGS,
    COLLECT_CLIENT_LOG,
    FEW,
    all_failures,
    failures_of,
)
from boltkb.bolt.clients.languages import spoken, version_of
from boltkb.bolt.clients.logged import told_limit
from boltkb.catalogue import Defect, Version, load_defects
from boltkb.exports import Where
from boltkb.tables import number

__all__ = ["weigh_known_defect"]

_NAME = "known_defect"
_VERSIONS = "the versions of drivers and server"
_LIST = "the list of connections"
_SERVER = "the server's logs"
_COLLECT_VERSIONS = (
    "the drivers' exact versions: user agents in `CALL dbms.listConnections()`, or clients' logs"
)
#: A client whose sessions never come back kept at least this part of its connections.
_KEPT = 0.5
#: So many times its limit is no miscount, nor a second driver or two in the same process.
_BEYOND = 5
#: Symptoms that are seen in connections, not in requests that fail.
_OF_CONNECTIONS = frozenset({"limit-exceeded"})


def weigh_known_defect(case: Case) -> Cause:
    """Return how the evidence stands for a known defect.

    A version alone is nothing: the defect's own symptom must be there as well.
    """
    met = list(_symptoms(case))
    versions = {(product, version) for product, version in _versions(case) if version is not None}
    pro: list[str] = []
    kinds: list[str] = []
    where: list[Where] = []
    maybe: list[str] = []
    failed = opened = 0.0
    for symptom, product, version, part, words, kind, place in met:
        for defect in _defects(symptom, product):
            has = None if version is None else defect.has(version)
            # Many connections from one address may be many processes.
            if has and kind != _LIST:
                pro.append(f"{words} {_named(defect, version)}: {defect.said} {defect.change}")
                kinds += [_VERSIONS, kind]
                where.append(place)
                if symptom in _OF_CONNECTIONS:
                    opened = max(opened, part)
                else:
                    failed = max(failed, part)
            elif has is not False:
                maybe.append(f"{words} {_named(defect, version)} may have this: {defect.said}")
    if pro:
        return supported(
            _NAME, failed or opened, pro, explains="failures" if failed else "connections",
            kinds=tuple(dict.fromkeys(kinds)), where=where, overlaps=_PARTLY,
        )  # fmt: skip
    if maybe:
        return untold(_NAME, [_COLLECT_VERSIONS], pro=maybe)
    if not any(product != "neo4j" for product, _ in versions):
        return untold(_NAME, [_COLLECT_VERSIONS])
    affected = {
        defect.id
        for defect in load_defects().values()
        for product, version in versions
        if defect.product == product and defect.has(version)
    }
    told = ", ".join(f"{product} {version}" for product, version in sorted(versions))
    if affected and not case.export.drivers:
        return untold(_NAME, [COLLECT_CLIENT_LOG])
    if affected:
        return contradicted(_NAME, [f"Known defects of {told} would show, and do not."])
    return not_applicable(_NAME, f"No known defect of {told} looks like this.")


def _defects(symptom: str, product: str | None) -> list[Defect]:
    return [
        defect
        for defect in load_defects().values()
        if defect.symptom == symptom and product is not None and defect.product == product
    ]


def _named(defect: Defect, version: Version | None) -> str:
    product = "Neo4j" if defect.product == "neo4j" else f"The {spoken(defect.product)} driver"
    return f"{product} {version}" if version is not None else f"{product} (version not told)"


#: What a defect looks like, and is then the reason of.
_PARTLY = ("half_open_sockets", "leaked_transactions")

_Met = tuple[str, str | None, Version | None, float, str, str, Where]


def _symptoms(case: Case) -> Iterator[_Met]:
    """Yield each symptom that is there, with product, version, its share of failures and words."""
    logged = failures_of(case)
    total = max(1, all_failures(logged))
    for found in logged:
        language, version = found.pool.language, version_of(found.pool.version)
        stuck, words = hangs(found)
        if stuck:
            part = stuck / max(1, total + stuck - found.hung)
            yield ("acquisition-hangs", language, version, part, f"{words}.", CLIENT_LOGS,
                   found.where)  # fmt: skip
        had, back = found.pool.counts.get("acquired", 0), found.given_back
        if found.waited >= FEW and back is not None and had >= FEW and back < _KEPT * had:
            words = (
                f"{found.where}: {number(back)} of {number(had)} connections were given back, and "
                f"{number(found.waited)} requests waited in vain."
            )
            yield ("pool-leaks", language, version, found.waited / total, words, CLIENT_LOGS,
                   found.where)  # fmt: skip
        if found.peak is not None and found.limit is not None and found.peak > 1.1 * found.limit:
            words = (
                f"{found.where}: {number(found.peak)} connections in use, of "
                f"{found.limit} that its pool may open."
            )
            yield ("limit-exceeded", language, version, 1.0 - found.limit / found.peak, words,
                   CLIENT_LOGS, found.where)  # fmt: skip
        open_ = found.pool.counts.get("created", 0) - found.pool.counts.get("closed", 0)
        allowed, how = told_limit(found.pool)
        if allowed is not None and found.peak is None and open_ > _BEYOND * allowed:
            words = (
                f"{found.where}: {number(open_)} connections were opened and not closed; a pool "
                f"may open {allowed} ({how})."
            )
            yield ("limit-exceeded", language, version, 1.0 - allowed / open_, words, CLIENT_LOGS,
                   found.where)  # fmt: skip
    for pool in case.clients.pools:
        # Several processes at one address open as many: only far beyond that is it the defect.
        many = (pool.connections or 0.0) > 5 * (pool.limit or float("inf"))
        if many and pool.where and not pool.tool:
            words = f"{pool.host} had {number(pool.connections)} connections open."
            yield ("limit-exceeded", pool.language, version_of(pool.version), 0.0, words, _LIST,
                   pool.where[0])  # fmt: skip
    server = version_of(case.pool.version)
    waits = [found for found in logged if found.waited >= FEW and not found.rejected]
    if case.seen.rejected.seen and waits and case.seen.rejected.where:
        words = (
            "The server rejected requests, and its clients tell of none: "
            f"{number(sum(found.waited for found in waits))} ran out of time instead."
        )
        yield ("rejection-not-sent", "neo4j", server,
               sum(found.waited for found in waits) / total, words, _SERVER,
               case.seen.rejected.where[0])  # fmt: skip


def _versions(case: Case) -> Iterator[tuple[str, Version | None]]:
    yield "neo4j", version_of(case.pool.version)
    for pool in case.clients.pools:
        if pool.language is not None:
            yield pool.language, version_of(pool.version)
