"""Ways to more evidence: exact lines for a version and an edition, with what they cost.

`plan` has the nouns, `now` what can be saved without a change, `changes` what must be set,
`filtering` and `tracing` the two that need care.  Knows how a server is told to say more, and what
its export says of how it is set already; has no opinion on which question is worth the trouble.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from boltkb.exports.recipes import changes, now
from boltkb.exports.recipes.plan import Plan, Snippet, Step

__all__ = ["Plan", "Snippet", "Step", "step"]

_RECIPES: Mapping[str, Callable[[Plan], Step | None]] = {
    "dumps": now.dumps,
    "list-transactions": now.list_transactions,
    "list-connections": now.list_connections,
    "sockets": now.sockets,
    "logs": now.logs,
    "configuration": now.configuration,
    "server-report": now.server_report,
    "driver-log": now.driver_log,
    "trace": changes.trace,
    "query-log": changes.query_log,
    "metrics": changes.metrics,
    "count-rejections": changes.count_rejections,
    "gc-log": changes.gc_log,
}


def step(recipe: str, plan: Plan, questions: Sequence[str]) -> Step | None:
    """Return a recipe written out for a server; None where its version has no such thing.

    Examples
    --------
    >>> from boltkb.catalogue import Version
    >>> from boltkb.exports import empty_export
    >>> plan = Plan(empty_export(), (Version(5, 26),), True, "community", ())
    >>> print(step("count-rejections", plan, ("rejections",)).snippets[0].text)
    server.bolt.enable_network_error_accounting=false
    """
    made = _RECIPES[recipe](plan)
    if made is None or not made.snippets:
        return None
    return replace(made, questions=tuple(questions))
