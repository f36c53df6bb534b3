"""What is known of one query log once it is read, besides the sums that all of them share."""

from __future__ import annotations

from dataclasses import dataclass

from boltkb.exports.queries.adding import N_BACK_AT, N_END, N_START, N_STEPS, Integers
from boltkb.exports.queries.entries import LINE, Rows

__all__ = ["FileSums"]


@dataclass(slots=True)
class FileSums:
    """What is known of one file; times in milliseconds since the epoch."""

    path: str
    lines: int = 0
    rows: int = 0
    refused: int = 0
    why: str = ""
    start: int | None = None
    end: int | None = None
    steps_back: int = 0
    back_at: int = 0
    problem: str = ""

    def refuse(self, line: int, why: str, count: int = 1) -> None:
        """Count what cannot be read; the first reason stays, with its line from 1."""
        self.refused += count
        if not self.why:
            self.why = f"line {line}: {why}"

    def note(self, rows: Rows, notes: Integers) -> None:
        """Take over what `adding.survey` noted of rows."""
        self.rows += len(rows)
        self.start, self.end = int(notes[N_START]), int(notes[N_END])
        if notes[N_BACK_AT] >= 0 and not self.back_at:
            self.back_at = self.lines + int(rows[notes[N_BACK_AT], LINE]) + 1
        self.steps_back = int(notes[N_STEPS])
