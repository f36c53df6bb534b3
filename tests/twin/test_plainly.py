"""The kernel as plain Python, each index checked: the same run as compiled, and none out of range.

Compiled code looks at no index: one out of range would read or write whatever lies there.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from boltkb.twin import Client, Run, Server
from boltkb.twin.kernel import compiling, layout
from tests.twin.test_invariants import systems

KINDS = ("holds", "requests", "tries", "connections", "queries", "pauses")


class Row:
    """A record whose numbers are attributes."""

    __slots__ = ("_row",)

    def __init__(self, row: Any) -> None:
        object.__setattr__(self, "_row", row)

    def __getattr__(self, name: str) -> Any:
        return self._row[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self._row[name] = value


class Checked:
    """An array that takes no index below 0 or past its end.

    Asked millions of times: rows are made once each, and one index is not looked at as several.
    """

    __slots__ = ("array", "rows", "size")

    def __init__(self, array: Any) -> None:
        self.array = array
        self.size = array.shape[0]
        plain = array.ndim == 1 and array.dtype.names is None
        self.rows: dict[int, Any] | None = None if plain else {}

    def _check(self, index: Any) -> None:
        places = index if isinstance(index, tuple) else (index,)
        for place, size in zip(places, self.array.shape, strict=False):
            if not 0 <= place < size:
                raise IndexError(f"{index} of {self.array.shape}")

    def __getitem__(self, index: Any) -> Any:
        if type(index) is tuple:
            self._check(index)
            return self.array[index]
        if not 0 <= index < self.size:
            self._check(index)
        if self.rows is None:
            return self.array[index]
        found = self.rows.get(index)
        if found is None:
            inside = self.array[index]
            found = Checked(inside) if isinstance(inside, np.ndarray) else Row(inside)
            self.rows[int(index)] = found
        return found

    def __setitem__(self, index: Any, value: Any) -> None:
        if type(index) is tuple or not 0 <= index < self.size:
            self._check(index)
        self.array[index] = value


class Plain:
    """A state of checked arrays, by their names."""

    def __init__(self, state: layout.State) -> None:
        for name, array in zip(state._fields, state, strict=True):
            setattr(self, name, Checked(array))


def run(server: Server, clients: list[Client], seed: int, until: float) -> list[Any]:
    return [
        part
        for block in Run(server, clients, seed=seed, record=KINDS).advance(until)
        for part in (block.records, block.samples)
    ]


CASES: list[tuple[Server, list[Client], int]] = []


@settings(max_examples=9, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(systems())
def _collect(system: tuple[Server, list[Client], int]) -> None:
    CASES.append(system)


def test_plain_and_compiled_are_the_same_run_and_no_index_is_out_of_range() -> None:
    CASES.clear()
    _collect()
    compiled = [run(*case, 3.0) for case in CASES]
    assert sum(part.shape[0] for parts in compiled for part in parts[::2]) > 200
    with np.errstate(over="ignore"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiling, "compiled", lambda *_, **__: lambda function: function)
        patch.setattr(compiling, "table_of", Plain)
        patch.setattr(compiling, "state_of", lambda table: table)
        room = "boltkb.twin.kernel."
        kept = {room + name for name in ("codes", "compiling", "layout")}
        aside = {n: m for n, m in sys.modules.items() if n.startswith(room) and n not in kept}
        for name in aside:
            del sys.modules[name]
        try:
            plain = [run(*case, 3.0) for case in CASES]
            assert not hasattr(sys.modules[room + "loop"].run, "signatures")
        finally:
            sys.modules.update(aside)
    for one, other in zip(compiled, plain, strict=True):
        for part, same in zip(one, other, strict=True):
            np.testing.assert_allclose(part, same, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("index", [-1, 3, (0, 2), (3, 0), (0, -1), (-1, 0)])
def test_an_index_out_of_range_is_caught(index: Any) -> None:
    table, records = Checked(np.zeros((3, 2))), Checked(np.zeros(3, dtype=[("a", "i8")]))
    with pytest.raises(IndexError):
        table[index]
    with pytest.raises(IndexError):
        table[index] = 1.0
    with pytest.raises(IndexError):
        table[0][2 if index == 3 else index]
    with pytest.raises(IndexError):
        records[3 if isinstance(index, tuple) else index]
    records[2].a = 5
    assert records[2].a == records.array["a"][2] == 5
