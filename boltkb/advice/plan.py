"""The plan of action: what to do right now, what to change for good, and what to leave alone."""

from __future__ import annotations

from dataclasses import dataclass

from boltkb.advice.bounds import Bounds
from boltkb.advice.changes import Change
from boltkb.advice.dialects import Block
from boltkb.advice.right_now import Step
from boltkb.tables import Shown, escape, sentence

__all__ = ["Plan"]

_NOTHING = "Nothing to do now, and nothing to change."
#: Chips by how a change takes effect.
_KINDS = {"dynamic": "ok", "needs a restart": "warn"}


@dataclass(frozen=True, slots=True)
class Plan(Shown):
    """Two lists, right now and later, with what not to do.

    Parameters
    ----------
    steps : tuple of Step
        Right now, in order.
    changes : tuple of Change
        Later, the most effective first.
    instead : tuple of Change
        What clients can do alone, for a reader who cannot change the server.
    do_not : tuple of str
    managed : bool
        Whether Neo4j runs the server, so that its settings are not listed.
    bounds : Bounds or None
        Both bounds on the clients' pools, where they matter.
    """

    steps: tuple[Step, ...]
    changes: tuple[Change, ...]
    instead: tuple[Change, ...] = ()
    do_not: tuple[str, ...] = ()
    managed: bool = False
    bounds: Bounds | None = None

    def __str__(self) -> str:
        if not self.steps and not self.changes:
            return _NOTHING
        parts: list[str] = []
        if self.steps:
            parts += ["Right now", *map(_step_text, range(1, len(self.steps) + 1), self.steps)]
        parts += self._later_text("Later", self.changes)
        parts += self._later_text("If you cannot edit neo4j.conf", self.instead)
        if self.managed:
            parts.append(_MANAGED)
        if self.bounds is not None:
            parts += ["", str(self.bounds.table())]
        if self.do_not:
            parts += ["", "Do not", *(f"- {words}" for words in self.do_not)]
        return "\n".join(parts)

    def to_html(self) -> str:
        """Return the plan as one line of HTML."""
        if not self.steps and not self.changes:
            return f'<p class="boltkb-note">{_NOTHING}</p>'
        parts = []
        if self.steps:
            items = "".join(_step_html(step) for step in self.steps)
            parts.append(f'<h3>Right now</h3><ol class="boltkb-steps">{items}</ol>')
        if self.changes:
            parts.append(f"<h3>Later</h3>{_list_html(self.changes)}")
        if self.managed:
            parts.append(f'<p class="boltkb-note">{escape(_MANAGED)}</p>')
        if self.instead:
            parts.append(
                '<details class="boltkb-more"><summary>If you cannot edit neo4j.conf</summary>'
                f"{_list_html(self.instead)}</details>"
            )
        if self.bounds is not None:
            parts.append(self.bounds.table().to_html())
        if self.do_not:
            items = "".join(f"<li>{escape(words)}</li>" for words in self.do_not)
            parts.append(f"<h3>Do not</h3><ul>{items}</ul>")
        return "".join(parts)

    @staticmethod
    def _later_text(title: str, changes: tuple[Change, ...]) -> list[str]:
        if not changes:
            return []
        return ["", title, *map(_change_text, range(1, len(changes) + 1), changes)]


_MANAGED = (
    "The clients' logs name an address of Neo4j Aura: its settings are not yours to change, so "
    "only what clients can do is listed. For more threads ask its support, or take a larger "
    "instance."
)


def _step_text(index: int, step: Step) -> str:
    return f"{index}. {step.what}" + (f"\n   {step.command}" if step.command else "")


def _step_html(step: Step) -> str:
    command = (
        f'<pre class="boltkb-copy"><code>{escape(step.command)}</code></pre>'
        if step.command
        else ""
    )
    return f"<li>{escape(step.what)}{command}</li>"


def _values(change: Change) -> str:
    if change.after and change.before:
        return f": {change.before} \u2192 {change.after}"
    if change.after:
        return f" \u2192 {change.after}"
    return ": take it out" if change.where == "neo4j.conf" else ""


def _facts(change: Change) -> list[tuple[str, tuple[str, ...]]]:
    rows = [
        ("Expected", (change.expected,)),
        ("Look at first", change.notes),
        ("Cost and risk", (change.cost,)),
        ("Undo", (change.undo,)),
    ]
    return [(name, texts) for name, texts in rows if any(texts)]


def _change_text(index: int, change: Change) -> str:
    lines = [f"{index}. {change.name}{_values(change)} [{change.takes_effect}]"]
    lines.append(f"   {sentence(change.why)}")
    shown = [block for block in change.blocks if block.first]
    for block in shown or change.blocks[:1]:
        lines += [f"   {line}" for line in str(block).split("\n")]
    rest = [block.label for block in change.blocks if block not in (shown or change.blocks[:1])]
    if rest:
        lines.append(f"   (also written for {', '.join(rest)})")
    for name, texts in _facts(change):
        lines += [f"   {name}: {texts[0]}", *(f"     - {text}" for text in texts[1:])]
    return "\n".join(lines)


def _list_html(changes: tuple[Change, ...]) -> str:
    return f'<ol class="boltkb-steps">{"".join(map(_change_html, changes))}</ol>'


def _change_html(change: Change) -> str:
    kind = _KINDS.get(change.takes_effect, "unknown")
    rows = "".join(
        f"<dt>{escape(name)}</dt>{''.join(f'<dd>{escape(text)}</dd>' for text in texts)}"
        for name, texts in _facts(change)
    )
    name = escape(change.name)
    if change.where == "neo4j.conf":
        name = f"<code>{name}</code>"
    guide = f'<a href="../tuning.html#{escape(change.rule)}">why and when</a>'
    return (
        f"<li><p><b>{name}</b>{escape(_values(change))} "
        f'<span class="boltkb-chip {kind}">{escape(change.takes_effect)}</span></p>'
        f"<p>{escape(sentence(change.why))} {guide if change.rule else ''}</p>"
        f'{_blocks_html(change.blocks)}<div class="boltkb-lead"><dl>{rows}</dl></div></li>'
    )


def _blocks_html(blocks: tuple[Block, ...]) -> str:
    shown = "".join(block.to_html() for block in blocks if block.first)
    folded = [block for block in blocks if not block.first]
    if not folded:
        return shown
    title = "Other drivers" if shown else "In each driver"
    return (
        f'{shown}<details class="boltkb-more"><summary>{title}: '
        f"{escape(', '.join(block.label for block in folded))}</summary>"
        f"{''.join(block.to_html() for block in folded)}</details>"
    )
