"""Whatever an export is made of comes back from the container as it was put in."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import types
import typing
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from boltkb.exports import Export, Where, open_export, records
from boltkb.exports.codec import CodecError, decode, encode

RECORDS = {
    name: kind
    for info in pkgutil.iter_modules(records.__path__, f"{records.__name__}.")
    for name, kind in {**vars(importlib.import_module(info.name)), "Export": Export}.items()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind)
}
#: What annotations name that is loaded for the type checker alone.
NAMES = {"pl": pl, "np": np, "NDArray": NDArray, "Floats": records.Floats, **RECORDS}
FRAMES = [
    pl.DataFrame({"key": ["a", None], "count": [1, 2], "elapsed": [0.5, None]}),
    pl.DataFrame({"key": [], "count": []}, schema={"key": pl.String, "count": pl.Int64}),
    pl.DataFrame({"lists": [["a"], []], "flag": [True, False]}),
]


def same(one: object, other: object) -> bool:
    """Equality that goes into arrays and frames and keeps types apart."""
    if isinstance(one, np.ndarray):
        assert isinstance(other, np.ndarray)
        numbers = one.dtype.kind == "f"
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=numbers)
    if isinstance(one, pl.DataFrame):
        return isinstance(other, pl.DataFrame) and one.equals(other) and one.schema == other.schema
    if type(one) is not type(other):
        return False
    if dataclasses.is_dataclass(one):
        names = [field.name for field in dataclasses.fields(one)]
        return all(same(getattr(one, name), getattr(other, name)) for name in names)
    if isinstance(one, dict):
        assert isinstance(other, dict)
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        assert isinstance(other, tuple | list)
        return len(one) == len(other) and all(map(same, one, other))
    return one == other or (one != one and other != other)


texts = st.text(st.characters(exclude_categories=()), max_size=12)
floats = st.floats(width=64)


def of(kind: object) -> st.SearchStrategy[object]:
    """Values of a field's type, made from the annotation, so that a new noun needs no change."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return st.sampled_from(parts)
    if origin in {types.UnionType, typing.Union}:
        return st.one_of([of(part) for part in parts])
    if origin is tuple:
        if parts[0] is Export:
            return st.just(())
        return st.lists(of(parts[0]), max_size=4).map(tuple)
    if origin is frozenset:
        return st.frozensets(of(parts[0]), max_size=3)
    if origin in {dict, Mapping}:
        return st.dictionaries(of(parts[0]), of(parts[1]), max_size=3)
    if origin is np.ndarray:
        scalar = typing.get_args(parts[1])[0]
        if issubclass(scalar, np.signedinteger):
            item: st.SearchStrategy[object] = st.integers(
                int(np.iinfo(scalar).min), int(np.iinfo(scalar).max)
            )
        else:
            item = {np.str_: texts.map(lambda text: text.replace("\0", "")),
                    np.bool_: st.booleans()}.get(scalar, floats)  # fmt: skip
        kind_of = np.str_ if scalar is np.str_ else scalar
        return st.lists(item, max_size=5).map(lambda items: np.array(items, dtype=kind_of))
    if kind is pl.DataFrame:
        return st.sampled_from(FRAMES)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return record(kind)
    plain = {str: texts, int: st.integers(), float: floats, bool: st.booleans()}
    return st.none() if kind is type(None) else plain[typing.cast("type", kind)]


def record(kind: type) -> st.SearchStrategy[object]:
    hints = typing.get_type_hints(kind, None, NAMES)
    return st.builds(
        kind, **{field.name: st.deferred(lambda hint=hints[field.name]: of(hint)) for field in
                 dataclasses.fields(kind)}
    )  # fmt: skip


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_every_record_comes_back(name: str) -> None:
    @settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
    @given(st.lists(record(RECORDS[name]), max_size=3).map(tuple))
    def comes_back(values: tuple[object, ...]) -> None:
        assert same(decode(encode(values)), values)

    comes_back()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | floats | texts,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(texts, inner),
    max_leaves=20,
)


@given(values)
def test_any_tree_comes_back(value: object) -> None:
    assert same(decode(encode(value)), value)


def test_keys_that_are_equal_and_of_different_types_stay_apart() -> None:
    value = ({1: "a"}, {True: "b"}, {1.0: "c"}, {}, {"x": {1: 2}})
    back = decode(encode(value))
    assert same(back, value)
    assert [type(key) for item in back for key in item] == [int, bool, float, str]


def test_numbers_of_numpy_come_back_as_plain_ones() -> None:
    back = decode(encode((np.float64(1.5), np.int64(3), np.str_("x"), np.bool_(True))))
    assert back == (1.5, 3, "x", True)
    assert [type(item) for item in back] == [float, int, str, bool]


def test_arrays_may_be_written_to_afterwards() -> None:
    array = decode(encode(np.arange(3.0)))
    array[0] = 7.0
    assert array.tolist() == [7.0, 1.0, 2.0]


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, np.array([object()]), b"bytes", (Path("x"),), complex(1)]
)
def test_what_is_no_noun_of_an_export_is_refused(value: object) -> None:
    with pytest.raises(CodecError):
        encode(value)


def test_a_class_from_elsewhere_is_refused() -> None:
    where = dataclasses.make_dataclass("Where", ["file"], frozen=True)
    with pytest.raises(CodecError, match="record of Where"):
        encode(where("x"))


@given(st.data())
def test_bytes_that_were_changed_are_refused(data: st.DataObject) -> None:
    whole = encode((Where("a", 1), np.arange(4.0), FRAMES[0]))
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= data.draw(st.integers(1, 255))
    for broken in (bytes(changed), whole[:at], whole + b"x"):
        with pytest.raises(CodecError):
            decode(broken)


def test_a_real_export_comes_back(export_folder: Path) -> None:
    export = open_export(export_folder)
    back = decode(encode(export))
    assert same(back, export)
    assert str(back) == str(export)
