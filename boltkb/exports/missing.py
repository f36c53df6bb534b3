"""What an export can tell and what it cannot, and the exact lines that would make it tell more.

Holds the catalogue's questions against an export; `recipes` writes the lines.  A question that the
export cannot answer is answered *cannot tell*, never passed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from boltkb.catalogue import Question, Version, load_questions
from boltkb.catalogue.questions import RECIPES
from boltkb.errors import CatalogueError
from boltkb.exports.export import Export
from boltkb.exports.recipes import Plan, Step, step
from boltkb.exports.signs import place_of
from boltkb.tables import Column, Shown, Table, escape, plain, sentence

__all__ = ["LIKELY", "Answer", "Missing", "missing"]

#: The versions that are written out where an export does not tell its own.
LIKELY = (Version(4, 4), Version(5, 26), Version(2026, 6))

State = Literal["answered", "partly", "cannot tell"]
_TITLE = "What this export can tell"


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether an export answers a question, and by what.

    Parameters
    ----------
    id, question : str
        Of the catalogue.
    state : str
        `answered`, `partly` (a bound, or single moments) or `cannot tell`.
    by : tuple of (str, str)
        What answers it, the strongest first: what it tells, and where it was read.
    recipes : tuple of str
        The recipes that would answer it, or answer it better; the strongest first.
    """

    id: str
    question: str
    state: State
    by: tuple[tuple[str, str], ...]
    recipes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missing(Shown):
    """What an export can tell, and how to have the rest.

    Parameters
    ----------
    version, edition : str or None
        As the export tells them.
    answers : tuple of Answer
        One for each question of the catalogue.
    steps : tuple of Step
        What changes nothing comes first, what needs a restart last.
    notes : tuple of str
    """

    version: str | None
    edition: str | None
    answers: tuple[Answer, ...]
    steps: tuple[Step, ...]
    notes: tuple[str, ...]

    def answer(self, key: str) -> Answer:
        """Return the answer to a question by its id.

        Raises
        ------
        CatalogueError
            For an id that the catalogue does not have.
        """
        for answer in self.answers:
            if answer.id == key:
                return answer
        raise CatalogueError(f"no question with the id {key!r}")

    def table(self) -> Table:
        """Return a row a question: whether it is answered, by what, and what would help."""
        rows = tuple(
            (
                answer.question,
                answer.state,
                "; ".join(f"{tells} ({where})" for tells, where in answer.by),
                self._steps_for(answer),
            )
            for answer in self.answers
        )
        columns = (
            Column("Question"),
            Column("Answer"),
            Column("By"),
            Column("Steps that would tell more"),
        )
        return Table(columns, rows, title=_TITLE, notes=self.notes)

    def facts(self) -> Mapping[str, object]:
        """Return what the part `export` of `facts.json` gains."""
        return {
            "export": {
                "missing": {
                    "answers": [
                        {
                            "id": answer.id,
                            "question": answer.question,
                            "state": answer.state.replace(" ", "_"),
                            "by": [{"tells": tells, "where": where} for tells, where in answer.by],
                            "recipes": list(answer.recipes),
                        }
                        for answer in self.answers
                    ],
                    "steps": [
                        {
                            "recipe": made.recipe,
                            "title": made.title,
                            "takes_effect": made.takes_effect,
                            "questions": list(made.questions),
                            "snippets": [
                                {
                                    "where": snippet.where,
                                    "version": snippet.version or None,
                                    "text": snippet.text,
                                }
                                for snippet in made.snippets
                            ],
                            "notes": list(made.notes),
                        }
                        for made in self.steps
                    ],
                    "notes": list(self.notes),
                }
            }
        }

    def to_html(self) -> str:
        """Return the table and the steps as one line of HTML."""
        steps = "".join(f"<li>{_step_html(made)}</li>" for made in self.steps)
        listed = f"<ol>{steps}</ol>" if steps else ""
        return f"{self.table().to_html()}{listed}"

    def __str__(self) -> str:
        lines = [_TITLE, ""]
        for answer in self.answers:
            lines.append(f"{answer.state:<11}  {answer.question}")
            lines += [f"{'':<13}{plain(f'{tells} ({where})')}" for tells, where in answer.by]
            steps = self._steps_for(answer)
            if steps:
                more = f"{'more ' if answer.by else ''}by step{'s' if ',' in steps else ''}"
                lines.append(
                    f"{'':<13}{more} {steps}" if steps[0].isdigit() else f"{'':<13}{steps}"
                )
        lines += ["", *self.notes]
        parts = ["\n".join(lines).rstrip()]
        parts += [_step_text(index, made) for index, made in enumerate(self.steps, 1)]
        return "\n\n".join(parts)

    def _steps_for(self, answer: Answer) -> str:
        places = {made.recipe: index for index, made in enumerate(self.steps, 1)}
        if answer.state == "cannot tell" and not answer.recipes:
            return "none in this version and edition"
        return ", ".join(str(place) for place in sorted(places[r] for r in answer.recipes))


def missing(export: Export) -> Missing:
    """Return what an export can tell, and what would make the next one tell the rest.

    Parameters
    ----------
    export : Export
        Of one server; the members of a cluster are asked one by one.

    Returns
    -------
    Missing

    Examples
    --------
    >>> from boltkb.exports import empty_export
    >>> missing(empty_export()).answer("busy").state
    'cannot tell'
    """
    version = _version(export.version)
    edition = export.edition.lower() if export.edition else None
    questions = sorted(load_questions().values(), key=lambda question: question.rank)
    answers = tuple(_answer(question, export, version, edition) for question in questions)
    wanted = _metrics(answers, version, edition)
    plan = Plan(export, (version,) if version else LIKELY, version is not None, edition, wanted)
    steps: list[Step] = []
    for recipe in RECIPES:
        open_ones = [answer.id for answer in answers if recipe in answer.recipes]
        made = step(recipe, plan, open_ones) if open_ones else None
        if made is not None:
            steps.append(made)
    made_recipes = {made.recipe for made in steps}
    answers = tuple(
        replace(answer, recipes=tuple(r for r in answer.recipes if r in made_recipes))
        for answer in answers
    )
    return Missing(export.version, export.edition, answers, tuple(steps), _notes(version, edition))


def _answer(
    question: Question, export: Export, version: Version | None, edition: str | None
) -> Answer:
    by: dict[tuple[str, str], None] = {}
    better: dict[str, None] = {}
    state: State = "cannot tell"
    for evidence in question.evidence:
        # What an export holds counts, whatever its edition is said to be.
        where = place_of(evidence.found, export, version) if evidence.holds(version) else None
        if where is not None:
            by[(evidence.tells, where)] = None
            if evidence.how in {"exact", "good"}:
                state = "answered"
            elif state == "cannot tell":
                state = "partly"
        elif evidence.exists(version, edition):
            better[evidence.recipe] = None
    recipes = () if state == "answered" else tuple(better)
    return Answer(question.id, question.question, state, tuple(by), recipes)


def _metrics(
    answers: Sequence[Answer], version: Version | None, edition: str | None
) -> tuple[str, ...]:
    """Return the metrics that open questions want, each once."""
    wanted: dict[str, None] = {}
    for answer in answers:
        if "metrics" not in answer.recipes:
            continue
        for evidence in load_questions()[answer.id].evidence:
            if evidence.recipe == "metrics" and evidence.exists(version, edition):
                wanted.update(dict.fromkeys(evidence.found.removeprefix("series:").split("+")))
    return tuple(wanted)


def _notes(version: Version | None, edition: str | None) -> tuple[str, ...]:
    notes = []
    if version is None:
        likely = ", ".join(each.short for each in LIKELY)
        notes.append(
            "The version is not known, and lines differ between versions: they are given for"
            f" {likely}. The start of neo4j.log or debug.log tells it: ======== Neo4j 5.26.0"
            " ========."
        )
    if edition == "community":
        notes.append(
            "Community Edition has no metrics and no query.log. What it has: the trace at debug"
            " level (5.0 and later), thread dumps, and the lists of transactions and connections."
        )
    elif edition is None:
        notes.append(
            "The edition is not known: metrics and query.log belong to Enterprise Edition, the rest"
            " to both."
        )
    return tuple(notes)


def _version(text: str | None) -> Version | None:
    if text is None:
        return None
    try:
        return Version.parse(text)
    except CatalogueError:
        return None


def _step_text(index: int, made: Step) -> str:
    lines = [f"{index}. {sentence(made.title)} ({made.takes_effect})"]
    for snippet in made.snippets:
        label = f"Neo4j {snippet.version}, " if snippet.version else ""
        lines.append(f"   {plain(label + snippet.where)}:")
        lines += [f"       {plain(line)}" for line in snippet.text.split("\n")]
    lines += [f"   {plain(note)}" for note in made.notes]
    return "\n".join(lines)


def _step_html(made: Step) -> str:
    parts = [f"<p><strong>{escape(made.title)}</strong> ({escape(made.takes_effect)})</p>"]
    for snippet in made.snippets:
        label = f"Neo4j {snippet.version}, " if snippet.version else ""
        code = "&#10;".join(escape(line) for line in snippet.text.split("\n"))
        parts.append(f"<p>{escape(label + snippet.where)}:</p><pre><code>{code}</code></pre>")
    parts += [f'<p class="boltkb-note">{escape(note)}</p>' for note in made.notes]
    return "".join(parts)
