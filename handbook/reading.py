"""For whom a page is and how long it takes: one rule for the line below every title.

Pages are written by hand, by generators and by notebooks; all of them keep to this.
"""

from __future__ import annotations

import re

__all__ = ["LOOKED_UP", "WORKED_WITH", "for_whom", "minutes", "said"]

#: What stands in place of minutes on a page that nobody reads through.
LOOKED_UP = "To look things up in."
WORKED_WITH = "To work with."

#: Words that a reader takes in within a minute.
_PACE = 220
_LINE = re.compile(
    r"(?m)^\*For (?P<whom>.+?)\. (?:About (?:a minute|(?P<minutes>\d+) minutes)\.|"
    rf"(?P<other>{re.escape(LOOKED_UP)}|{re.escape(WORKED_WITH)}))(?: [A-Z].*\.)?\*$"
)
#: What is no prose: the head, code, drawings and markup, the marks of claims, folded tables.
_NO_PROSE = re.compile(
    r"\A---\n.*?\n---\n|^ *```.*?^ *```|<(?P<tag>figure|svg|script|table)\b.*?</(?P=tag)>|<[^>]*>|"
    r"\(\S*\)\{ \.claim \}|^\?\?\? .*?(?=^\S|\Z)|\]\([^)\s]*\)|^\|[-:| ]+\|$",
    re.MULTILINE | re.DOTALL,
)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9'’_.]*")


def minutes(text: str) -> float:
    r"""Return how many minutes a page's prose takes.

    Parameters
    ----------
    text : str
        The whole page, as Markdown.

    Examples
    --------
    >>> minutes("# Title\n\n" + "word " * 219), minutes("```text\nwords of code\n```\n")
    (1.0, 0.0)
    """
    return len(_WORD.findall(_NO_PROSE.sub(" ", text))) / _PACE


def for_whom(audience: str, text: str) -> str:
    """Return the line below the title of a page that is read through.

    Parameters
    ----------
    audience : str
        Such as `whoever sizes a server`.
    text : str
        The page; this line itself may be missing from it.

    Examples
    --------
    >>> for_whom("whoever sizes a server", "word " * 700)
    '*For whoever sizes a server. About 3 minutes.*'
    """
    whole = round(minutes(text))
    time = "a minute" if whole <= 1 else f"{whole} minutes"
    return f"*For {audience}. About {time}.*"


def said(text: str) -> int | None:
    """Return the minutes that a page says it takes, 0 where it is not read through.

    Returns
    -------
    int or None
        None where the page does not say for whom it is.

    Examples
    --------
    >>> said("*For everybody. About a minute.*"), said("*For all. To work with. It is quick.*")
    (1, 0)
    >>> said("For everybody.") is None
    True
    """
    found = _LINE.search(text)
    if found is None:
        return None
    return 0 if found["other"] else int(found["minutes"] or 1)
