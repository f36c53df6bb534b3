"""What is generated on the pages: the table of the benchmarks, figures, a page from a notebook.

Generated text stands between markers; `make pages` renews the figures and the page that is a
notebook's own, `make bench` the table.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.theory import Accuracy, Rate, Wrong
from boltkb.figures import explain
from boltkb.figures import theory as drawn
from boltkb.publish.fragments import figure_html
from boltkb.publish.pages import page_of

DOCS = Path(__file__).parents[1] / "docs" / "theory"

#: The figure of each page, by the page's name.
FIGURES: dict[str, Callable[[], object]] = {
    "loss": drawn.plot_loss,
    "delay": drawn.plot_delay,
    "waiting-room": drawn.plot_waiting_room,
    "finite-sources": drawn.plot_finite_loss,
    "finite-sources-waiting": drawn.plot_finite_delay,
    "abandonment": drawn.plot_abandonment,
    "fixed-patience": drawn.plot_fixed_patience,
    "bursts": drawn.plot_bursts,
    "slowing-servers": drawn.plot_slowing,
    "varying-load": drawn.plot_varying,
    "time-varying": drawn.plot_through_time,
    "retries": drawn.plot_retries,
    "general-waits": drawn.plot_general_waits,
}

#: The same of the pages that explain.
EXPLAINED: dict[str, Callable[[], object]] = {
    "littles-law": explain.plot_around_the_mean,
    "which-model": explain.plot_lost_or_waiting,
    "averages-hide-the-peak": explain.plot_day,
    "four-thousand-threads": explain.plot_few_threads,
}

#: The page that an executed notebook is, from the folder of the pages.
EXPERIMENTS = DOCS.parent / "explain" / "threads-vs-connections.md"


def experiments() -> str:
    """Return the page of the experiments on threads and connections, made by its notebook."""
    return page_of(
        "threads_vs_connections",
        {},
        title="Does a connection cost a thread?",
        description="Thousands of connections, leaked and open transactions, by experiment.",
    )


def figure(page: str) -> str:
    """Return the figure of a page as one line of HTML, its data with it."""
    every = FIGURES | EXPLAINED
    made = json.loads(every[page]().to_json())  # type: ignore[attr-defined]
    return figure_html(made, list(every).index(page) + 1)


def between(text: str, marker: str, content: str) -> str:
    """Return the text with the content between the marker's two comments."""
    pattern = re.compile(f"(<!-- {marker} -->\n).*?(<!-- /{marker} -->)", re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise ValueError(f"the page must hold the markers of `{marker}` once")
    return pattern.sub(lambda found: f"{found[1]}\n{content}\n\n{found[2]}", text)


def write(page: str, marker: str, content: str, folder: Path = DOCS) -> None:
    """Write the content into a page of a folder, between the marker's two comments."""
    path = folder / f"{page}.md"
    path.write_text(between(path.read_text("utf-8"), marker, content), "utf-8")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; the columns after the second hold numbers."""
    rules = ["---"] * 2 + ["---:"] * (len(heads) - 2)
    lines = [heads, rules, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def benchmark_tables(
    accuracy: Sequence[Accuracy],
    wrong: Sequence[Wrong],
    rates: Sequence[Rate],
    each_second: float,
    versions: str,
) -> str:
    """Return what `make bench` prints on the page."""
    first = table(
        ("Question", "Package", "worst relative error", "wrong", "no answer", "µs an answer"),
        [
            (row.question, row.who, f"{row.worst:.0e}" if row.failed < row.asked else "–",
             f"{row.wrong} of {row.asked}", f"{row.failed} of {row.asked}",
             f"{1e6 * row.seconds:.0f}")
            for row in accuracy
        ],
    )  # fmt: skip
    second = "\n".join(
        f"- **{row.who}.** {row.question} It says `{row.says}`; the truth is {row.truth}."
        for row in wrong
    )
    ours = {row.how: row.per_second for row in rates if row.who == "boltkb"}
    third = table(
        ("Simulator", "How", "arrivals a second", *(f"{how.split(':')[0]}, times" for how in ours)),
        [
            (row.who, row.how, f"{row.per_second:,.0f}",
             *(_times(rate / row.per_second) for rate in ours.values()))
            for row in rates
        ],
    )  # fmt: skip
    many = (
        f"One call for many loads gives {each_second / 1e6:.1f} million values of Erlang B a "
        "second at 400 servers, on one core."
    )
    return "\n\n".join(
        (
            "### Answers to single questions, 400 servers timed",
            first,
            many,
            "### Wrong answers, asked for again in this run",
            second,
            "### Arrivals a second on M/M/400/400 at 380 erlangs",
            third,
            f"Measured with Python {platform.python_version()}; {versions}.",
        )
    )


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 1 else f"{ratio:.2f}"


def main() -> None:
    """Write every figure into its page, and the page that a notebook is."""
    for page in FIGURES:
        write(page, "figure", figure(page))
    for page in EXPLAINED:
        write(page, "figure", figure(page), EXPERIMENTS.parent)
    EXPERIMENTS.write_text(experiments(), "utf-8")


if __name__ == "__main__":
    main()
