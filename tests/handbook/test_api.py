"""Every public name is on its room's page, and what an analyst starts with runs."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest

import boltkb
from handbook.api import BESIDE, ROOMS, START
from handbook.docstrings import described, read
from handbook.pages import DOCS, PAGES

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_of_a_room_has_a_heading_and_words(room):
    text = (DOCS / "reference" / "api" / f"{room}.md").read_text()
    names = {*importlib.import_module(f"boltkb.{room}").__all__, *BESIDE.get(room, {})}
    for name in names:
        _, found, rest = text.partition(f"## {name} {{ #{room}.{name} }}\n")
        assert found, name
        words = re.sub(r"(?s)^\s*```python.*?```", "", rest.partition("\n## ")[0]).strip()
        assert words, name
    # What Python shows of a thing that has no form of its own is the same on no two machines.
    assert " at 0x" not in text
    assert "<factory>" not in text
    assert "-----" not in text.replace("---|", "")


def test_every_name_of_the_package_leads_to_a_heading():
    text = PAGES["reference/python-api.md"]()
    for name in boltkb.__all__:
        _, room, anchor = re.search(rf"\[`({name})`\]\(api/(\w+)\.md#([\w.]+)\)", text).groups()
        page = (DOCS / "reference" / "api" / f"{room}.md").read_text()
        assert f"{{ #{anchor} }}" in page


def test_every_room_that_the_package_takes_names_from_is_public():
    rooms = {getattr(boltkb, name).__module__.split(".")[1] for name in boltkb.__all__}
    assert rooms <= set(ROOMS)


def test_what_an_analyst_starts_with_runs(monkeypatch, capsys):
    assert START in (DOCS / "reference" / "python-api.md").read_text()
    assert len([line for line in START.splitlines() if line]) <= 20
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    exec(compile(START, "python-api.md", "exec"), names)
    assert names["diagnosis"].cause == "pool_too_small"
    assert names["table"].height > 0
    assert names["advice"].headline in capsys.readouterr().out


def test_a_docstring_becomes_tables_and_code():
    def example(servers: int) -> float:
        """Return a share.

        It falls as `servers` rise; ``a*b`` is code, a*b and a | b are text.

        Parameters
        ----------
        servers, others : int, >= 1
            Those there are,
            on two lines.

        Returns
        -------
        float
            Between 0 and 1.

        Raises
        ------
        ModelError
            None of them.

        Examples
        --------
        >>> example(1)
        1.0
        """

    text = "\n".join(described(read(example)))
    assert "a\\*b and a \\| b" in text
    assert "`a*b` is code" in text
    row = (
        "| <code>servers</code>, <code>others</code> | int, >= 1 | Those there are, on two lines. |"
    )
    assert row in text
    assert "**Returns**\n\nfloat. Between 0 and 1." in text
    assert "| <code>ModelError</code> | None of them. |" in text
    assert "```pycon\n>>> example(1)\n1.0\n```" in text
    assert "---\n\n" not in inspect.cleandoc(text)
