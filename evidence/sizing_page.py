"""What the sizing recommended, and how it did, as it stands on the page."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence

from evidence.scores import Rate
from evidence.sized import Sized

__all__ = ["ENOUGH", "render"]

#: The share of recommendations that must be enough.
ENOUGH = 0.90
_SHAPES = {"constant": "constant", "day": "daily curve"}
SPACE, TO = "\u00a0", "\u2060–\u2060"


def render(rows: Sequence[Sized]) -> str:
    """Return the summary and the table as Markdown.

    Parameters
    ----------
    rows : sequence of Sized
    """
    return "\n\n".join([_summary(rows), _overview(rows), _apart(rows), _each(rows)])


def _summary(rows: Sequence[Sized]) -> str:
    ways = Counter(row.by for row in rows)
    threads = sorted(row.demand.threads for row in rows)
    return (
        f"**Simulated data.** {len(rows)} loads on pools of {threads[0]} to {threads[-1]} threads "
        f"that are too small for them, Neo4j 5.26. {ways['advice']} times the report recommended "
        f"a number; {ways['model']} times the diagnosis did not name a pool that is too small, "
        f"and the number is the model's own; {ways['declined']} times there was none. A size is "
        "*enough* where a fresh window of the same length meets the target (the lower 95 % bound "
        "of its rejected share is at most the target), *not too many* within 15 % or one thread "
        "of the true need for a constant load, 30 % or two threads for a daily curve."
    )


def _overview(rows: Sequence[Sized]) -> str:
    lines = [
        "| Loads | Enough | Not too many | Both | No number |",
        "| --- | --- | --- | --- | --- |",
    ]
    groups = {words: [r for r in rows if r.demand.shape == s] for s, words in _SHAPES.items()}
    for words, own in {**groups, "all": list(rows)}.items():
        told = [row for row in own if row.by != "declined"]
        enough = Rate(sum(row.met is True for row in told), len(told))
        some = Rate(sum(row.within is True for row in told), len(told))
        both = Rate(sum(row.met is True and row.within is True for row in told), len(told))
        cells = [_rate(enough, target=words == "all"), _rate(some), _rate(both)]
        lines.append(f"| {words} | {' | '.join(cells)} | {len(own) - len(told)} of {len(own)} |")
    return "\n".join(lines)


def _apart(rows: Sequence[Sized]) -> str:
    """Say how far the recommendations lie from the true need, on either side."""
    told = [(row.threads, row.need.threads) for row in rows if row.threads is not None]
    if not told:
        return ""
    apart = [threads / true - 1.0 for threads, true in told]
    below = [true - threads for threads, true in told if threads < true]
    held = [
        row.low <= row.there <= row.high
        for row in rows
        if row.low is not None and row.high is not None
    ]
    worst = f", by {max(below):.0f} threads at most" if below else ""
    return (
        f"Against the true need the recommendations lie {100 * min(apart):+.0f} to "
        f"{100 * max(apart):+.0f}{SPACE}% off, {100 * statistics.median(apart):+.0f}{SPACE}% in "
        f"the middle. {len(below)} of {len(told)} are below it{worst}. The 95{SPACE}% interval of "
        f"the recommendation holds what the part that was fitted takes in {sum(held)} of "
        f"{len(held)}."
    )


def _rate(rate: Rate, *, target: bool = False) -> str:
    if rate.share is None:
        return "no such load"
    low, high = (100 * end for end in rate.interval)
    words = f"{rate.part} of {rate.whole} ({low:.0f}{TO}{high:.0f}{SPACE}%)"
    if target:
        told = "met" if rate.share >= ENOUGH else "**missed**"
        words += f"<br>target: at least {100 * ENOUGH:.0f}{SPACE}%, {told}"
    return words


def _each(rows: Sequence[Sized]) -> str:
    heads = (
        "Threads", "Load", "Target", "True need", "Of the part fitted", "Recommended", "By",
        "Rejected in a fresh window",
    )  # fmt: skip
    lines = [heads, ("--:", "---", "--:", "--:", "--:", "---", "---", "---")]
    for row in rows:
        demand = row.demand
        shape = _SHAPES[demand.shape]
        if demand.shape == "day":
            shape += f", ±{100 * demand.swing:.0f}{SPACE}%"
        lines.append(
            (
                str(demand.threads),
                f"{demand.load:.4g}{SPACE}erlangs, {shape}, {demand.law}",
                f"{100 * demand.target:g}{SPACE}%",
                str(row.need.threads),
                f"{row.there} ({(row.last - row.first) / 3600.0:.1f}{SPACE}h)",
                _recommended(row),
                _by(row),
                _fresh(row),
            )
        )
    table = "\n".join(f"    | {' | '.join(line)} |" for line in lines)
    return f'??? note "Load by load"\n\n{table}'


def _recommended(row: Sized) -> str:
    if row.threads is None:
        return "none"
    text = f"{row.threads:.0f}"
    if row.within is False:
        text = f"**{text}**"
    if row.low is not None and row.high is not None:
        text += f" ({row.low:.0f}{TO}{row.high:.0f})"
    return text


def _by(row: Sized) -> str:
    cause = (row.cause or "no cause").replace("_", " ")
    return {
        "advice": "the advice",
        "model": f"the model; named: {cause}",
        "declined": f"none; named: {cause}",
    }[row.by]


def _fresh(row: Sized) -> str:
    if row.share is None or row.lower is None:
        return ""
    text = f"{100 * row.share:.3g}{SPACE}%, at least {100 * row.lower:.3g}{SPACE}%"
    return text if row.met else f"**{text}**"
