"""What the changes bring, as it stands on its page, in the tuning guide and in the myths."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.pages import between
from boltkb.figures.effects import plot_effects
from boltkb.publish.fragments import figure_html
from boltkb.queueing import Estimate
from boltkb.tables import share, span
from boltkb.twin.what_if.wording import PROBABILITY, in_short
from evidence.changes import NOT_MEASURED
from evidence.effects import MEASURES, RUNS, Effect, stored
from evidence.effects_real import GROWING, RealEffect
from evidence.effects_real import stored as stored_real

__all__ = [
    "GUIDE", "MYTHS", "PAGE", "figure", "guide_line", "myth_line", "pages", "real_sentence",
    "render", "sections", "sentence", "write",
]  # fmt: skip

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "evidence" / "effects.md"
GUIDE = DOCS / "tuning.md"
MYTHS = DOCS / "myths"
_HEADING = re.compile(r"(?m)^### (.+) \{ #([a-z-]+) \}$")
_MARKER = re.compile(r"<!-- (effect|figure) ([a-z0-9. -]+) -->\n")
ARROW = "\u00a0→ "


def sections() -> dict[str, str]:
    """Return the titles of the guide's sections by their anchors, in the guide's order."""
    found = _HEADING.findall(GUIDE.read_text(encoding="utf-8"))
    return {anchor: title for title, anchor in found}


def sentence(effect: Effect) -> str:
    """Return what a pair shows in one sentence."""
    told = ", ".join(_told(effect, name) for name in (*effect.pair.about, *effect.pair.beside))
    pair = effect.pair
    return f"{_capital(pair.situation)}. *{_capital(pair.change)}*: {told}. **{_verdict(effect)}.**"


def real_sentence(effect: RealEffect) -> str:
    """Return what a pair of captures shows in one sentence."""
    before, after = effect.before, effect.after
    told = [
        f"rejected {_of(before.rejected, before.asked)}{ARROW}{_of(after.rejected, after.asked)}"
    ]
    if effect.name in GROWING:
        first, second = (_of(side.last_rejected, side.last_asked) for side in (before, after))
        told.append(f"in the last minute {first}{ARROW}{second}")
    # Without retries and time-outs both say the same.
    if any(side.rejected != side.failed for side in (before, after)):
        first, second = (_of(side.failed, side.requests) for side in (before, after))
        told.append(f"requests that failed {first}{ARROW}{second}")
    told.append(f"threads held {before.held:.1f}{ARROW}{after.held:.1f}")
    return (
        f"**Real**, {effect.version}, one run each: {effect.situation}. "
        f"*{_capital(effect.change)}*: {', '.join(told)}."
    )


def guide_line(anchor: str, effects: Sequence[Effect], real: Sequence[RealEffect]) -> str:
    """Return the size of a section's change, as the guide tells it."""
    own = [sentence(effect) for effect in effects if effect.pair.section == anchor]
    own += [real_sentence(effect) for effect in real if effect.section == anchor]
    if not own:
        return f"**Size.** Not measured: {NOT_MEASURED[anchor]}."
    link = f"[Simulated](evidence/effects.md#{anchor})"
    if len(own) == 1:
        return f"**Size.** {own[0]} {link}."
    return f"**Size.** {link}, where it does not say real:\n\n" + "\n".join(
        f"- {words}" for words in own
    )


def myth_line(names: Sequence[str], effects: Sequence[Effect], real: Sequence[RealEffect]) -> str:
    """Return what the named pairs show, a line each; `real` before a name takes the captures."""
    by_name = {effect.pair.name: effect for effect in effects}
    captures = {effect.name: effect for effect in real}
    lines = []
    for name in names:
        if name.startswith("real."):
            lines.append(real_sentence(captures[name.removeprefix("real.")]))
        else:
            place = f"../evidence/effects.md#pair-{_anchor(name)}"
            lines.append(f"{sentence(by_name[name])} [Simulated, with intervals]({place}).")
    return "\n".join(f"- {line}" for line in lines)


def figure(measure: str, names: Sequence[str], effects: Sequence[Effect], place: int) -> str:
    """Return a measure of some pairs before and after as one line of HTML."""
    by_name = {effect.pair.name: effect for effect in effects}
    chosen = [by_name[name] for name in names]
    made = plot_effects(
        [f"{effect.pair.situation}, {effect.pair.change}" for effect in chosen],
        [effect.before[measure] for effect in chosen],
        [effect.after[measure] for effect in chosen],
        MEASURES[measure].words,
    )
    return figure_html(json.loads(made.to_json()), place)


def render(effects: Sequence[Effect], real: Sequence[RealEffect]) -> str:
    """Return the body of the page as Markdown."""
    counts = Counter(effect.verdict for effect in effects)
    told = ", ".join(f"{verdict} {counts[verdict]}" for verdict in _VERDICTS)
    lead = (
        f"**Simulated data**, except where it says real. {len(effects)} pairs, {RUNS} runs of each "
        f"side. Verdicts: {told}."
    )
    parts = [lead]
    for anchor, title in sections().items():
        own = [effect for effect in effects if effect.pair.section == anchor]
        measured = [effect for effect in real if effect.section == anchor]
        if own or measured:
            head = f"### {title} {{ #{anchor} }}"
            link = f"The change: [{title}](../tuning.md#{anchor})."
            parts += [head, link, *(_pair(effect) for effect in own)]
            parts += [_real_pair(effect) for effect in measured]
    parts.append("### Not measured { #not-measured }")
    titles = sections()
    lines = [
        f"- [{titles[anchor]}](../tuning.md#{anchor}): {reason.replace('](#', '](../tuning.md#')}."
        for anchor, reason in NOT_MEASURED.items()
    ]
    return "\n\n".join([*parts, "\n".join(lines)])


def pages() -> dict[Path, str]:
    """Return every page with a generated part, as it should be."""
    effects, real = stored(), stored_real()
    made = {PAGE: between(_text(PAGE), "effects", render(effects, real))}
    guide = _text(GUIDE)
    for anchor in sections():
        guide = between(guide, f"size {anchor}", guide_line(anchor, effects, real))
    made[GUIDE] = guide
    for path in sorted(MYTHS.glob("*.md")):
        text, place = _text(path), 0
        for kind, words in _MARKER.findall(text):
            names = words.split()
            if kind == "effect":
                content = myth_line(names, effects, real)
            else:
                place += 1
                content = figure(names[0], names[1:], effects, place)
            text = between(text, f"{kind} {words}", content)
        made[path] = text
    return made


def write() -> None:
    """Write every generated part anew."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


_VERDICTS = ("helps", "delays", "gives and takes", "does nothing", "hurts")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _pair(effect: Effect) -> str:
    pair = effect.pair
    names = [*pair.about, *pair.beside]
    names += [name for name in MEASURES if name not in names and name not in _RARE]
    rows = [
        f"#### {_capital(pair.situation)}; {pair.change} {{ #pair-{_anchor(pair.name)} }}",
        f"**{_verdict(effect)}.** `{pair.name}`, from the scenario `{pair.scenario}`.",
        "| | Before | After |\n|---|--:|--:|\n"
        + "\n".join(
            f"| {_capital(MEASURES[n].words)} | {in_short(effect.before[n])} "
            f"| {in_short(effect.after[n])} |"
            for n in names
            if effect.before[n].value is not None or effect.after[n].value is not None
        ),
    ]
    return "\n\n".join(rows)


#: Told only where a pair is about them.
_RARE = ("first", "connections", "asked")


def _real_pair(effect: RealEffect) -> str:
    def row(words: str, first: str, second: str) -> str:
        return f"| {words} | {first} | {second} |"

    before, after = effect.before, effect.after
    rows = [
        row(
            "Rejected, of those that asked", *(_both(s.rejected, s.asked) for s in (before, after))
        ),
        row("Requests that failed", *(_both(s.failed, s.requests) for s in (before, after))),
        row("Threads held, mean", f"{before.held:.1f}", f"{after.held:.1f}"),
    ]
    head = f"#### Real: {effect.situation}; {effect.change} {{ #real-{effect.name} }}"
    how = (
        f"Neo4j {effect.version} Community, one run of each, seed {effect.seed}. Before: "
        f"`{before.command}`. After: `{after.command}`."
    )
    return "\n\n".join([head, how, "| | Before | After |\n|---|--:|--:|\n" + "\n".join(rows)])


def _told(effect: Effect, name: str) -> str:
    before, after = (_short(side[name]) for side in (effect.before, effect.after))
    words = MEASURES[name].words.removesuffix(", mean")
    if before == after:
        return f"{words} {before}, as before"
    return f"{words} {before}{ARROW}{after}"


def _short(told: Estimate) -> str:
    if told.value is None:
        return "never" if told.unit == "s" else "unknown"
    if told.unit == PROBABILITY:
        return share(told.value) if told.value > 0 else "none"
    if told.unit == "s":
        minutes = told.value / 60.0
        return span(told.value) if minutes < 2.0 else f"{minutes:.2g} min"
    # No more digits than the reader takes in; the page has the interval.
    return f"{told.value:.3g}"


def _of(part: int, whole: int) -> str:
    return share(part / whole) if part else "none"


def _both(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,}, {_of(part, whole)}" if part else f"none of {whole:,}"


def _verdict(effect: Effect) -> str:
    return _capital(effect.verdict)


def _anchor(name: str) -> str:
    return name.replace(".", "-")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
