"""A list is read the same in whatever form it was saved, and each row keeps its line and time."""

from __future__ import annotations

import json
import random

import pytest
from export_shapes import START, member, stamp
from hypothesis import given, settings
from hypothesis import strategies as st

from boltkb.exports.moments.listing import read_rows
from boltkb.exports.moments.tables import read_moments

NAMES = [
    "database",
    "transactionId",
    "connectionId",
    "clientAddress",
    "username",
    "currentQuery",
    "startTime",
    "status",
    "elapsedTime",
    "idleTime",
    "cpuTime",
    "waitTime",
]
QUERY = 'MATCH (n {a: 1, b: "x | y"}) RETURN n, [1, 2]'
ROWS = [
    [
        "neo4j",
        "neo4j-transaction-7",
        "bolt-12",
        "127.0.0.1:50001",
        "neo4j",
        QUERY,
        "2025-11-24T16:00:01.5Z",
        "Running",
        "PT2M12.5S",
        "PT11S",
        "PT0.25S",
        "PT0S",
    ],
    [
        "system",
        "system-transaction-8",
        "bolt-13",
        "[::1]:50002",
        "",
        "",
        "2025-11-24T16:00:02Z",
        "Closing",
        "PT2M12S",
        None,
        None,
        "PT1.5S",
    ],
]
#: What cypher-shell prints without quotes.
PLAIN = {"elapsedTime", "idleTime", "cpuTime", "waitTime"}


def quoted(name: str, value: str | None) -> str:
    if value is None:
        return "NULL"
    if name in PLAIN:
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def shell(rows=ROWS, names=NAMES) -> str:
    """`cypher-shell --format plain`."""
    lines = [", ".join(names)]
    lines += [", ".join(map(quoted, names, row)) for row in rows]
    return "\n".join(lines) + "\n"


def browser(rows=ROWS, *, mark=",") -> str:
    """CSV with doubled quotes, as Browser and spreadsheets write it."""
    lines = [mark.join(f'"{name}"' for name in NAMES)]
    lines += [
        mark.join("" if v is None else '"' + v.replace('"', '""') + '"' for v in row)
        for row in rows
    ]
    return "\r\n".join(lines) + "\r\n"


def framed(rows=ROWS, *, widths: int = 999, wrap: bool = True) -> str:
    """`cypher-shell --format verbose`, with cells that go on in the next line."""
    cells = [[quoted(name, value) for name, value in zip(NAMES, row, strict=True)] for row in rows]
    sizes = [
        max(len(name), min(widths, max([len(row[i]) for row in cells], default=0)))
        for i, name in enumerate(NAMES)
    ]
    dashes = "+" + "-" * (sum(size + 3 for size in sizes) - 1) + "+"
    lines = [dashes, "| " + " | ".join(map(str.ljust, NAMES, sizes)) + " |", dashes]
    for row in cells:
        rest, begun = list(row), [False] * len(row)
        while True:
            line = ""
            for i, size in enumerate(sizes):
                line += ("\\" if begun[i] else "|") + " " + rest[i][:size].ljust(size) + " "
            lines.append(line + "|")
            begun = [
                on or len(text) > size for on, text, size in zip(begun, rest, sizes, strict=True)
            ]
            rest = [text[size:] for text, size in zip(rest, sizes, strict=True)]
            if not wrap or not any(rest):
                break
    count = f"{len(rows)} row{'s' * (len(rows) != 1)}"
    return (
        "\n".join([*lines, dashes, "", count, "ready to start consuming query after 3 ms"]) + "\n"
    )


def objects(rows=ROWS) -> list[dict[str, str | None]]:
    return [dict(zip(NAMES, row, strict=True)) for row in rows]


def duration(text: str | None) -> object:
    """A span as the JavaScript driver holds it."""
    if text is None:
        return None
    minutes, _, rest = text[2:-1].rpartition("M")
    whole, _, part = rest.partition(".")
    seconds = 60 * int(minutes or 0) + int(whole)
    nanos = int(part.ljust(9, "0")) if part else 0
    return {
        "months": {"low": 0, "high": 0},
        "days": {"low": 0, "high": 0},
        "seconds": {"low": seconds, "high": 0},
        "nanoseconds": {"low": nanos, "high": 0},
    }


def typed(name: str, value: str | None) -> object:
    if value is None:
        return {"$type": "Null", "_value": None}
    return {"$type": "Duration" if name in PLAIN else "String", "_value": value}


FORMS = {
    "shell": shell(),
    "shell, CRLF": shell().replace("\n", "\r\n"),
    "shell, no last line end": shell().rstrip("\n"),
    "shell, with a byte order mark": "\ufeff" + shell(),
    "shell, UTF-16": shell().encode("utf-16"),
    "after a prompt": "neo4j@neo4j> SHOW TRANSACTIONS;\n" + shell(),
    "browser": browser(),
    "browser, semicolons": browser(mark=";"),
    "browser, tabs": browser(mark="\t"),
    "framed": framed(),
    "framed, wrapped": framed(widths=9),
    "array": json.dumps(objects()),
    "array, indented": json.dumps(objects(), indent=2),
    "lines": "".join(json.dumps(row) + "\n" for row in objects()),
    "http": json.dumps(
        {"results": [{"columns": NAMES, "data": [{"row": row, "meta": []} for row in ROWS]}]}
        | {"errors": []}
    ),
    "query api": json.dumps({"data": {"fields": NAMES, "values": ROWS}, "bookmarks": ["FB:x"]}),
    "query api, typed": json.dumps(
        {"data": {"fields": NAMES, "values": [list(map(typed, NAMES, row)) for row in ROWS]}}
    ),
    "records": json.dumps([{"keys": NAMES, "length": 12, "_fields": row} for row in ROWS]),
    "driver": json.dumps(
        [{n: duration(v) if n in PLAIN else v for n, v in row.items()} for row in objects()]
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_the_same(form: str) -> None:
    source, rows, _ = read_moments(member("show", FORMS[form]), "transactions")
    assert (source.rows, source.refused, source.why) == (2, 0, "")
    first, second = rows
    assert first.query == QUERY
    assert (first.database, first.transaction) == ("neo4j", "neo4j-transaction-7")
    assert (first.elapsed, first.idle, first.cpu, first.waiting) == (132.5, 11.0, 0.25, 0.0)
    assert first.started == START + 1.5
    # Began then and has run so long: listed at 16:02:14 by the server's own clock.
    assert first.time == second.time == START + 134
    assert (second.client, second.user, second.query) == ("[::1]:50002", None, None)
    assert (second.idle, second.cpu, second.waiting) == (None, None, 1.5)


@pytest.mark.parametrize("form", ["array", "array, indented", "lines", "shell", "framed, wrapped"])
def test_rows_know_their_lines(form: str) -> None:
    text = "\n\n" + str(FORMS[form])
    _, rows, _ = read_moments(member("show", text), "transactions")
    for row in rows:
        lines = text.split("\n")[row.where.first_line - 1 :]
        following = "\n".join(lines[: 3 if "indented" in form else 1])
        assert row.transaction[:7] in following


def test_a_cell_that_is_cut_is_kept_as_far_as_it_goes() -> None:
    text = framed(widths=13, wrap=False)
    _, rows, _ = read_moments(member("show", text), "transactions")
    assert [row.connection for row in rows] == ["bolt-12", "bolt-13"]


texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff"), max_size=40
).map(str.strip)


@settings(max_examples=60)
@given(st.lists(texts, min_size=1, max_size=5), st.integers(4, 60))
def test_any_query_comes_through_any_form(queries: list[str], widths: int) -> None:
    rows = [[*ROWS[0][:5], query, *ROWS[0][6:]] for query in queries]
    wanted = [query.upper() not in {"NULL", "NONE", "<NULL>", ""} and query for query in queries]
    forms = [shell(rows), browser(rows), json.dumps(objects(rows))]
    forms += ["".join(json.dumps(row, ensure_ascii=False) + "\n" for row in objects(rows))]
    for text in forms:
        _, found, _ = read_moments(member("show", text), "transactions")
        assert [row.query or False for row in found] == wanted
    _, found, _ = read_moments(member("show", framed(rows, widths=widths)), "transactions")
    assert len(found) == len(rows)


@pytest.mark.parametrize(
    ("line", "second"),
    [
        ("Mon Nov 24 16:00:10 UTC 2025", 10),
        ("Mon Nov 24 04:00:10 PM UTC 2025", 10),
        ("Mon 24 Nov 2025 04:00:10 PM UTC", 10),
        ("Mon, 24 Nov 2025 17:00:10 +0100", 10),
        ("2025-11-24T16:00:10Z", 10),
        ("2025-11-24T18:00:10+02:00", 10),
        ("2025-11-24 16:00:10", 10),
        ("=== 2025-11-24 16:00:10 ===", 10),
        ("date: 2025-11-24T16:00:10.250Z", 10.25),
        ("1764000010", 10),
        ("1764000010250", 10.25),
    ],
)
def test_lines_between_lists_date_them(line: str, second: float) -> None:
    head = "connectionId, connectTime, connector\n"
    text = f"{line}\n{head}bolt-1, 2025-11-24T16:00:00Z, bolt\n"
    text += f"Mon Nov 24 16:00:40 UTC 2025\n{head}bolt-2, 2025-11-24T16:00:00Z, bolt\n"
    source, _, rows = read_moments(member("watch.log", text), "connections")
    assert (source.refused, source.start, source.end) == (0, START + second, START + 40)
    assert [(row.connection, row.time) for row in rows] == [
        ("bolt-1", START + second),
        ("bolt-2", START + 40),
    ]


def test_names_of_files_date_lists_that_say_nothing() -> None:
    text = "connectionId,connector\nbolt-1,bolt\n"
    for name in ("conn-20251124T160010Z.csv", "conn_2025-11-24_16-00-10.csv", "c-1764000010.csv"):
        assert read_moments(member(name, text), "connections")[2][0].time == START + 10
    assert read_moments(member("c-2.csv", text), "connections")[2][0].time is None


def test_a_series_of_framed_and_other_lists() -> None:
    conn = "connectionId,connector\nbolt-1,bolt\n"
    text = f"{framed()}\n2025-11-24T16:00:30Z\n{conn}\n{json.dumps(objects())}\n"
    source, transactions, connections = read_moments(member("w.txt", text), "transactions")
    assert (len(transactions), len(connections)) == (4, 1)
    assert source.refused == 0
    assert connections[0].time == START + 30


def test_lists_of_a_loop_are_told_apart_by_the_server_s_clock() -> None:
    later = [
        [*row[:8], "PT3M12.5S" if i == 0 else "PT3M12S", *row[9:]] for i, row in enumerate(ROWS)
    ]
    _, rows, _ = read_moments(member("w.csv", shell() + shell(later)), "transactions")
    assert [row.time for row in rows] == [START + 134] * 2 + [START + 194] * 2


def test_what_is_broken_is_counted_with_its_line() -> None:
    good = json.dumps(objects())
    source, rows, _ = read_moments(member("t.json", good[:-20]), "transactions")
    assert (len(rows), source.refused) == (1, 1)
    source, rows, _ = read_moments(
        member("t.json", "\n" + good[:-20].replace("}, {", "},\n{")), "transactions"
    )
    assert (len(rows), source.why[:7]) == (1, "line 3:")
    text = framed().replace('| "system', '| "sys')
    source, rows, _ = read_moments(member("t.txt", text), "transactions")
    assert (len(rows), source.refused, source.why[:7]) == (1, 1, "line 5:")
    text = shell() + "some words\n"
    source, rows, _ = read_moments(member("t.csv", text), "transactions")
    assert (len(rows), source.refused) == (2, 1)


def test_hostile_texts_end_soon() -> None:
    chance = random.Random(3)
    pieces = ['{"a":', "{", "[", '"', "| ", "+-", "\\", ",", "\n", "}", "]", "1", "\0", "\u2028"]
    for text in (
        '{"transactionId":' * 60_000,
        '{"a":[\n' * 30_000,
        "[" * 90_000,
        "[1,\n" * 30_000,
        "| " * 60_000 + "\n| a |\n",
        '"' * 60_000,
        "transactionId,a\n" + '"\n' * 30_000,
        "+-\n" * 30_000,
        stamp(1) * 9_000,
        *("".join(chance.choices(pieces, k=4000)) for _ in range(40)),
    ):
        source, rows, _ = read_moments(member("x.txt", text), "transactions")
        assert not rows or source.rows == len(rows)


def test_a_file_that_is_too_large_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boltkb.exports.moments.listing._SIZE", 60)
    text = "transactionId,status\n" + "".join(f"t-{i},Running\n" for i in range(9))
    source, rows, _ = read_moments(member("t.csv", text), "transactions")
    assert 0 < len(rows) < 9
    assert source.refused == 1


def test_rows_of_settings_are_known_by_their_columns() -> None:
    text = "name,value,isDynamic\ndb.x,1,false\n"
    assert [row.kind for row in read_rows(member("s.csv", text))] == ["settings-list"]


def test_more_rows_than_memory_should_hold_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boltkb.exports.moments.tables._ROWS", 3)
    source, rows, _ = read_moments(member("t", shell(ROWS * 4)), "transactions")
    assert (len(rows), source.refused, source.why[:7]) == (3, 1, "line 5:")
