"""The comparison of the twin with a real server as it stands on the page."""

from __future__ import annotations

import json
from collections.abc import Sequence

from scipy import stats

from boltkb.figures.twin import plot_held, plot_rejected
from boltkb.publish.fragments import figure_html
from evidence.compared import Compared, Comparison, Held, Row, misses

__all__ = ["draw", "render"]

#: The run whose held threads are drawn.
DRAWN = ("8 threads, retries", 22)
#: Where a line of a cell must not be broken.
SPACE, TO = "\u00a0", "\u2060–\u2060"


def render(comparison: Comparison) -> str:
    """Return the comparison as Markdown: a summary, three tables, and the wrong rules."""
    rows = comparison.rows
    sections = (
        ("Rejections", ("asked", "rejected_share", "sign_ins_rejected")),
        ("Connections and messages", ("opened", "closed", "received", "unstarted")),
        ("Clients and threads", ("fine_share", "held", "full")),
    )
    parts = [_summary(rows)]
    for title, names in sections:
        last = ["Distance of held threads"] if "held" in names else []
        heads = ["Set-up", "Seed", *(_HEADS[name] for name in names), *last]
        lines = [heads, ["---", "--:", *["---"] * (len(heads) - 2)]]
        for row in rows:
            cells = [_cell(name, row.numbers[name]) for name in names]
            if last:
                cells.append(_distance(row.held))
            lines.append([row.name, str(row.seed), *cells])
        # Folded: they are there to look up, not to read through.
        table = "\n".join(f"    | {' | '.join(line)} |" for line in lines)
        parts.append(f'??? note "{title}, run by run"\n\n{table}')
    heads = ["Rule", "Numbers missed", "Runs without a miss"]
    lines = [heads, ["---", "--:", "--:"]]
    for name, (missed, clean) in {"as it is": misses(rows), **comparison.wrong}.items():
        lines.append([name, str(missed), str(clean)])
    parts += ["### Given a wrong rule", "\n".join(f"| {' | '.join(line)} |" for line in lines)]
    return "\n\n".join(parts)


_HEADS = {
    "asked": "Asked for a thread",
    "rejected_share": "Rejected",
    "sign_ins_rejected": "Of these while signing in",
    "opened": "Connections opened",
    "closed": "Closed",
    "received": "Messages received",
    "unstarted": "Received, never started",
    "fine_share": "Requests that succeeded",
    "held": "Threads held, mean",
    "full": "Time with all held",
}
_SHARES = ("rejected_share", "fine_share", "full")


def _cell(name: str, number: Compared) -> str:
    def word(value: float) -> str:
        if name in _SHARES:
            return f"{100 * value:.1f}"
        return f"{value:.2f}" if name == "held" else f"{value:,.0f}"

    unit = f"{SPACE}%" if name in _SHARES else ""
    server = f"{word(number.server)}{unit}"
    if not number.inside:
        server = f"**{server}**"
    if number.server_low is not None and number.server_high is not None:
        server += f"{SPACE}({word(number.server_low)}{TO}{word(number.server_high)})"
    twin = f"{word(number.twin)}{unit}{SPACE}({word(number.low)}{TO}{word(number.high)})"
    return f"{server}<br>{twin}"


def _distance(held: Held) -> str:
    text = f"{held.distance:.3f}"
    return f"{text if held.distance <= held.far else f'**{text}**'}<br>{held.far:.3f}"


def _summary(rows: Sequence[Row]) -> str:
    numbers = [number for row in rows for number in row.numbers.values()]
    missed, clean = misses(rows)
    far = sum(row.held.distance > row.held.far for row in rows)
    telling = [row for row in rows if row.numbers["rejected"].high > 0]
    ranks = [row.numbers["rejected_share"].rank for row in telling]
    chance = float(stats.kstest(ranks, "uniform").pvalue)
    above = sum(rank > 0.5 for rank in ranks)
    return (
        f"{len(rows)} runs of Neo4j {rows[0].neo4j}, {rows[0].replications} runs of the twin for "
        f"each. Of {len(numbers)} numbers {missed} lie outside the middle 95 % of the twin's runs, "
        f"where chance alone puts at most {0.05 * len(numbers):.0f}; those of one run miss "
        f"together, and "
        f"{clean} runs have no miss at all. The held threads are farther from the twin's mean than "
        f"one in twenty of its own runs in {far} of {len(rows)}. Among the twin's runs, ordered by "
        f"their share of rejections, the server stands in the upper half {above} times of "
        f"{len(ranks)} (were the places even, they would be as uneven as this with a probability "
        f"of {chance:.2f})."
    )


def draw(comparison: Comparison) -> str:
    """Return the two figures of the page, each as a line of HTML."""
    rows = comparison.rows
    shown = [row for row in rows if row.numbers["rejected"].high > 0]
    first = plot_rejected(
        [f"{row.name}, {row.seed}" for row in shown],
        *(
            [getattr(row.numbers["rejected_share"], part) for row in shown]
            for part in ("server", "twin", "low", "high")
        ),
    )
    row = next((r for r in rows if (r.name, r.seed) == DRAWN), rows[0])
    held = row.held
    second = plot_held(f"{row.name}, seed {row.seed}", held.server, held.twin, held.low, held.high)
    made = (json.loads(figure.to_json()) for figure in (first, second))
    return "\n\n".join(figure_html(figure, number) for number, figure in enumerate(made, 1))
