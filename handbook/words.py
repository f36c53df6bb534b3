"""Reference pages of words and of sources: the glossary, and everything that was read."""

from __future__ import annotations

from boltkb.catalogue import load_sources, load_terms
from handbook.markdown import claim, code, front, plain, table

__all__ = ["glossary", "sources"]

KINDS = {
    "documentation": "documentation",
    "code": "source code",
    "paper": "paper",
    "book": "book",
    "observation": "seen",
}


def glossary() -> str:
    """Return the glossary: words, symbols and units."""
    lines = front(
        "Glossary",
        "Words, symbols and units of Bolt thread pools and of queueing theory.",
        "One word for one thing. Symbols stand in formulas only.",
        "everybody",
        wide=True,
    )
    rows = [
        (
            f'<span id="{term.id}"></span>**{plain(term.word)}**',
            plain(term.symbol),
            plain(term.unit),
            f"{plain(term.definition)} {claim(term.source, 'source')}",
        )
        for term in sorted(load_terms().values(), key=lambda term: term.word.lower())
    ]
    lines += table(("Word", "Symbol", "Unit", "Meaning"), rows)
    return "\n".join(lines)


def sources() -> str:
    """Return the page of everything that was read."""
    lines = front(
        "Sources",
        "What every claim of these pages rests on.",
        "A small mark behind a sentence names the versions for which it holds and leads here. What "
        "a real server showed outranks what was read.",
        "whoever doubts a sentence",
        boost=0.5,
    )
    for source in load_sources().values():
        where = f"<{source.url}>" if source.url else ""
        lines += [
            f"## {plain(source.title)} {{ #{source.id} }}",
            "",
            f"{KINDS.get(source.kind, source.kind)} · {code(source.id)}",
            "",
        ]
        lines += [where, ""] if where else []
        lines += [plain(source.note), ""] if source.note else []
    return "\n".join(lines)
