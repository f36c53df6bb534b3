"""How results show themselves: nothing from an export becomes markup, digits fit the evidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boltkb.tables import Column, Markup, Shown, Table, digits, escape, number, share, span

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a' onmouseover='alert(1)",
    "line one\n\n# a heading\n\n<b>",
    "\x00\x1b[31mred\u202egnp.exe",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_cell_stays_one_line_of_text(text):
    html = Table((Column(text),), ((text,),), title=text, notes=(text,)).to_html()
    assert "\n" not in html
    assert "<script" not in html
    assert "<img" not in html
    assert "<b>" not in html
    assert "onmouseover='" not in html
    assert "\x1b" not in html
    assert "\u202e" not in html


@given(st.text())
def test_escaped_text_holds_no_markup(text):
    assert not {"<", ">", '"', "'", "\n", "\x00"} & set(escape(text))


def test_own_markup_is_left_alone():
    assert escape(Markup("<code>x</code>")) == "<code>x</code>"


def test_text_and_frame_hold_the_same_rows():
    table = Table(
        (Column("Client"), Column("Threads", numeric=True)), (("10.0.0.7", 5), ("10.0.0.8", 12))
    )
    assert str(table).splitlines()[2].split() == ["10.0.0.7", "5"]
    assert table.to_polars().to_dict(as_series=False) == {
        "Client": ["10.0.0.7", "10.0.0.8"],
        "Threads": [5, 12],
    }


@pytest.mark.parametrize(
    ("value", "half", "places"),
    [(7.4321, 0.2, 2), (7.4321, 0.4, 1), (371.4, 12.0, 0), (0.01234, 0.0021, 4), (0.0, None, 0)],
)
def test_digits_follow_the_uncertainty(value, half, places):
    assert digits(value, half) == places


@given(st.floats(0, 1))
def test_a_share_never_reads_as_more_than_all(value):
    text = share(value)
    assert text.endswith("%")
    assert not text.startswith("-")


def test_what_is_not_known_is_said():
    assert number(None) == number(float("nan")) == "unknown"
    assert share(None) == "unknown"
    assert span(None) == "unknown"


@given(st.floats(0, 1e9))
def test_every_length_of_time_has_words(seconds):
    assert span(seconds).split(" ")[1] in {"ms", "s", "min", "h", "d"}


def test_a_result_without_facts_adds_none_to_the_notebook():
    class Plain(Shown):
        def __str__(self) -> str:
            return "<plain>"

    bundle = Plain()._repr_mimebundle_()
    assert bundle == {"text/plain": "<plain>", "text/html": "<pre>&lt;plain&gt;</pre>"}
