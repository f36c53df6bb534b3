"""What if: a report's pool and load in the twin, with something changed.

`read_case` takes what a report found, `ask` puts the question, `answer` simulates both sides
and sets theory beside them where it has an answer.  A report whose fit was refused is declined
in words.  Reads facts, no export.
"""

from boltkb.twin.what_if.answers import Answer, Side, answer, simulate_setting
from boltkb.twin.what_if.cases import Case, read_case
from boltkb.twin.what_if.questions import Question, ask, ask_given
from boltkb.twin.what_if.settings import Setting
from boltkb.twin.what_if.sweeps import Sweep, sweep_threads
from boltkb.twin.what_if.theory import ClosedForm, closed_form

__all__ = [
    "Answer",
    "Case",
    "ClosedForm",
    "Question",
    "Setting",
    "Side",
    "Sweep",
    "answer",
    "ask",
    "ask_given",
    "closed_form",
    "read_case",
    "simulate_setting",
    "sweep_threads",
]
