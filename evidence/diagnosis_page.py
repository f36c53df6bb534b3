"""The confusion matrices of the diagnosis as they stand on the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from boltkb.twin.scenarios import load_scenario
from evidence.levels import LEVELS
from evidence.regions import SEEDS, VERSIONS
from evidence.scores import TARGETS, Judged, Rate, Score, alarmed, first_right, score
from evidence.truths import ALSO_TRUE

__all__ = ["render"]

_MEASURES: Mapping[str, str] = {
    "first_right": "First cause right",
    "supported_right": "Right one among those supported",
    "first_wrong": "First cause wrong",
    "cannot_tell": "No cause named",
    "false_alarms": "False alarm, where nothing was wrong",
}
#: Where a line of a cell must not be broken.
SPACE, TO = "\u00a0", "\u2060–\u2060"
_SEEDS_SHOWN = 6


def render(runs: Sequence[Judged], *, region: str, seeds: int, command: str, minutes: float) -> str:
    """Return what the grid found as Markdown.

    Parameters
    ----------
    runs : sequence of Judged
    region : str
    seeds : int
    command : str
        That makes it again.
    minutes : float
        Of processor time that it took.
    """
    scores = score(runs, tuple(LEVELS))
    first = SEEDS[region][0]
    counts = Counter(run.truth.kind for run in runs)
    parts = []
    if region != "held_out":
        parts.append(
            '!!! warning "Not the held-out region"\n\n    These cases are those that the rules '
            "were written with. They say nothing yet of others."
        )
    parts += [
        (
            f"**Simulated data.** {len(runs):,} runs of {len({run.scenario for run in runs})} "
            f"scenarios, seeds from {first} on, {seeds} each, region `{region}`, Neo4j "
            f"{', '.join(VERSIONS[:-1])} and {VERSIONS[-1]} in turn. {counts['case']:,} showed the "
            f"cause that was staged, in {counts['nothing wrong']:,} nothing was wrong, and "
            f"{counts['dropped']:,} were dropped because they were neither. Made by `{command}` in "
            f"about {max(1, round(minutes))} min of processor time."
        ),
        _summary(scores),
        _failures(runs),
        *(_matrix(runs, level) for level in LEVELS),
        "### What was missed, in words",
        *(_misses(runs, level) for level in LEVELS),
        "### What else is true, by construction",
        _also_true(),
        _counted(runs),
    ]
    return "\n\n".join(part for part in parts if part)


def _summary(scores: Mapping[str, Score]) -> str:
    rows = []
    for measure, words in _MEASURES.items():
        cells = [words]
        for level, found in scores.items():
            rate: Rate = getattr(found, measure)
            cells.append(_rate(rate))
            for target in TARGETS:
                if (target.level, target.measure) == (level, measure):
                    sign = "at least" if target.at_least else "at most"
                    told = {True: "met", False: "**missed**", None: "not measured"}
                    cells[-1] += (
                        f"<br>target: {sign} {100 * target.limit:.0f}{SPACE}%, "
                        f"{told[target.met(found)]}"
                    )
        rows.append(cells)
    return _table(["Of the runs", *scores], rows)


def _rate(rate: Rate) -> str:
    if rate.share is None:
        return "no such run"
    low, high = (100 * end for end in rate.interval)
    return (
        f"{100 * rate.share:.0f}{SPACE}% ({low:.0f}{TO}{high:.0f}), "
        f"{rate.part}{SPACE}of{SPACE}{rate.whole}"
    )


def _matrix(runs: Sequence[Judged], level: str) -> str:
    """Return rows of scenarios and columns of named causes, folded."""
    counted = [run for run in runs if run.truth.kind != "dropped"]
    scenarios = list(dict.fromkeys(run.scenario for run in counted))
    staged = [name for name in scenarios if load_scenario(name).cause != "none"]
    causes = list(dict.fromkeys(load_scenario(name).cause for name in staged))
    named = {run.answers[level].cause for run in counted} - {None}
    others = sorted(str(cause) for cause in named - set(causes))
    columns = [*causes, *others]
    heads = ["No.", "Scenario", *(str(n) for n in range(1, len(columns) + 1)), "none", "runs"]
    rows = []
    for name in [*staged, *(name for name in scenarios if name not in staged)]:
        own = [run for run in counted if run.scenario == name]
        found = Counter(run.answers[level].cause for run in own)
        right: set[str | None] = {cause for run in own for cause in run.truth.first}
        if any(run.truth.kind == "nothing wrong" for run in own):
            right.add(None)
        place = str(columns.index(load_scenario(name).cause) + 1) if name in staged else ""
        cells = [_cell(found[cause], right=cause in right) for cause in (*columns, None)]
        rows.append([place, _words(name), *cells, str(len(own))])
    lines = [f'??? note "First cause named, from {level}"']
    if others:
        legend = ", ".join(f"{columns.index(c) + 1} {_words(c)}" for c in others)
        lines += ["", f"    Not staged by any scenario: {legend}."]
    table = ['<div class="boltkb-matrix" markdown>', "", *_table(heads, rows).splitlines()]
    lines += ["", *(f"    {line}".rstrip() for line in [*table, "", "</div>"])]
    return "\n".join(lines)


def _cell(count: int, *, right: bool) -> str:
    if not count:
        return ""
    return f"**{count}**" if right else str(count)


def _misses(runs: Sequence[Judged], level: str) -> str:
    cases = [run for run in runs if run.truth.kind == "case"]
    quiet = [run for run in runs if run.truth.kind == "nothing wrong"]
    lines = []
    for name in dict.fromkeys(run.scenario for run in cases):
        own = [run for run in cases if run.scenario == name]
        wrong: dict[str, list[int]] = {}
        sure: Counter[str] = Counter()
        for run in own:
            told = run.answers[level]
            if told.cause is not None and not first_right(run.truth, told):
                wrong.setdefault(told.cause, []).append(run.seed)
                sure[told.cause] += told.confidence == "high"
        silent = [run.seed for run in own if run.answers[level].cause is None]
        words = [
            f"called *{_words(cause)}* in {_seeds(s)}"
            + (f", with high confidence in {sure[cause]}" if sure[cause] else "")
            for cause, s in wrong.items()
        ]
        if silent:
            states = Counter(
                run.answers[level].state.replace("_", " ") for run in own if run.seed in silent
            )
            told_states = ", ".join(f"{state} {count}" for state, count in states.most_common())
            words.append(f"no cause named in {_seeds(silent)} (state: {told_states})")
        if words:
            lines.append(f"- {_words(name)}, of {len(own)}: {'; '.join(words)}.")
    for run in quiet:
        told = run.answers[level]
        if alarmed(run.truth, told):
            what = f"called *{_words(told.cause)}*" if told.cause else "no cause named"
            lines.append(
                f"- {_words(run.scenario)}, seed {run.seed}, nothing wrong: "
                f"{told.state.replace('_', ' ')}, {what}."
            )
    return f"**From {level}.**\n\n" + ("\n".join(lines) or "- Nothing was missed.")


def _seeds(seeds: Sequence[int]) -> str:
    shown = ", ".join(map(str, seeds[:_SEEDS_SHOWN]))
    more = ", …" if len(seeds) > _SEEDS_SHOWN else ""
    return f"{len(seeds)} (seed {shown}{more})"


def _failures(runs: Sequence[Judged]) -> str:
    failed = [
        f"- {_words(run.scenario)}, seed {run.seed}, from {level}: `{told.error.split(':')[0]}`"
        for run in runs
        for level, told in run.answers.items()
        if told.error
    ]
    if not failed:
        return ""
    return "**No diagnosis, for an error** (counted as no cause named):\n\n" + "\n".join(failed)


def _also_true() -> str:
    rows = [
        [_words(name), _words(other), reason]
        for name, others in ALSO_TRUE.items()
        for other, reason in others.items()
    ]
    return _table(["Scenario", "Also true", "Because"], rows)


def _counted(runs: Sequence[Judged]) -> str:
    heads = ["Scenario", "Runs", "Shows its cause", "Nothing wrong", "Dropped"]
    rows = []
    for name in dict.fromkeys(run.scenario for run in runs):
        kinds = Counter(run.truth.kind for run in runs if run.scenario == name)
        each = [str(kinds[kind]) for kind in ("case", "nothing wrong", "dropped")]
        rows.append([_words(name), str(sum(kinds.values())), *each])
    table = "\n".join(f"    {line}" for line in _table(heads, rows).splitlines())
    return f'??? note "Which runs count"\n\n{table}'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rule = ["---", *["--:" if len(heads) > 5 else "---"] * (len(heads) - 1)]
    if heads[0] == "No.":
        rule[:2] = ["--:", "---"]
    return "\n".join(f"| {' | '.join(line)} |" for line in [heads, rule, *rows])


def _words(identity: str | None) -> str:
    return (identity or "none").replace("_", " ")
