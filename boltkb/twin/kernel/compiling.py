"""How the kernel is compiled: explicit types, and a cache that knows the kernel's own text.

Numba keeps compiled code for a file until that file changes, but does not look at the files it
calls.  The cache therefore lies in a folder named after the text of the whole kernel.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import intrinsic, models, register_model
from numba.np.arrayobj import make_array, populate_array

from boltkb.twin.kernel import layout

__all__ = ["STATE", "TABLE", "compiled", "f8", "i8", "nothing", "state_of", "table_of"]

f8, i8, nothing = types.float64, types.int64, types.void
TABLE = i8[::1]
#: Options that numba has and does not declare.
_NUMBA: Any = numba


def _array(dtype: np.dtype[np.void]) -> Any:
    return types.Array(numba.from_dtype(dtype), 1, "C")


_RECORDS = (
    layout.WORLD, layout.MEMBER, layout.EXECUTOR, layout.DRIVER, layout.POOL, layout.CONNECTION,
    layout.REQUEST, layout.CLIENT, layout.LAW, layout.LOCK,
)  # fmt: skip
_TYPES = dict(
    zip(
        layout.State._fields,
        [
            *[_array(dtype) for dtype in _RECORDS],
            i8[:, ::1], f8[:, ::1], f8[::1], i8[::1], i8[::1], f8[:, ::1], i8[:, ::1], f8[::1],
            types.uint64[:, ::1], f8[:, ::1], f8[:, ::1], f8[::1],
        ],
        strict=True,
    )
)  # fmt: skip


class StateType(types.Type):
    """The state inside compiled code: one pointer to a table of where each array lies.

    A tuple of arrays would be handed on by value, some two hundred numbers a call; that costs
    more than most of what the functions do.
    """

    def __init__(self) -> None:
        super().__init__(name="boltkb.twin.State")


STATE = StateType()
register_model(StateType)(models.OpaqueModel)


@infer_getattr
class _StateFields(AttributeTemplate):
    key = StateType

    def generic_resolve(self, kind: Any, name: str) -> Any:  # type: ignore[override]  # noqa: ARG002
        return _TYPES.get(name)


@lower_getattr_generic(StateType)
def _load_array(context: Any, builder: Any, kind: Any, value: Any, name: str) -> Any:  # noqa: ARG001
    """Make an array of what the table says: address, rows, columns.

    The array claims to have no rows.  Nothing asks for their number, and an index, which is
    never below 0 here, then needs no sum in case it counts from the end.
    """
    word = ir.IntType(64)
    table = builder.bitcast(value, word.as_pointer())
    first = 3 * layout.State._fields.index(name)
    found = [builder.load(builder.gep(table, [word(first + i)])) for i in range(3)]
    for load in found:  # the table stays as it is while the loop runs: no store can change it
        load.set_metadata("invariant.load", builder.module.add_metadata([]))
    of = _TYPES[name]
    array = make_array(of)(context, builder)
    size = word(context.get_abi_sizeof(context.get_data_type(of.dtype)))
    shape, strides = [word(0)], [size]
    if of.ndim == 2:
        shape, strides = [word(0), found[2]], [builder.mul(found[2], size), size]
    populate_array(
        array,
        data=builder.inttoptr(found[0], array.data.type),
        shape=shape,
        strides=strides,
        itemsize=size,
        meminfo=None,
    )
    return array._getvalue()


def _state_of(typing: Any, table: Any) -> Any:  # noqa: ARG001
    """Take an array of addresses for the state that lies behind them (inside compiled code)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = make_array(signature.args[0])(context, builder, arguments[0])
        return builder.bitcast(array.data, context.get_value_type(STATE))

    return STATE(table), generate


state_of: Any = intrinsic(_state_of)


def table_of(state: layout.State) -> layout.Integers:
    """Return where each array of a state lies, and its size; the state must outlive it."""
    rows = [(a.ctypes.data, a.shape[0], a.shape[1] if a.ndim == 2 else 1) for a in state]
    if not all(a.flags.c_contiguous for a in state):
        raise AssertionError("an array of the state is not contiguous")
    return np.array(rows, dtype=np.int64).ravel()


def _cache_folder() -> str:
    digest = hashlib.sha256(f"{numba.__version__} {np.__version__}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    asked = os.environ.get("NUMBA_CACHE_DIR")
    root = Path(asked) if asked else _user_cache() / "boltkb"
    folder = root / f"twin-{digest.hexdigest()[:16]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return str(folder)
    except OSError:  # a home that cannot be written to: compiled anew by each process
        return tempfile.mkdtemp(prefix="boltkb-twin-")


def _user_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return Path(base) if base else Path.home() / ".cache"


_FOLDER = _cache_folder()


def compiled(
    signature: Any, *, inline: bool = False, outside: bool = False
) -> Callable[[Any], Any]:
    """Return a decorator that compiles a function of the kernel at once, or reads it back.

    Parameters
    ----------
    signature : numba type
        Of the result, called with those of the arguments.
    inline : bool
        Whether the function is small and hot.
    outside : bool
        Whether Python calls it, and not only other compiled functions; the bridge that this
        takes costs more time to compile than most of the functions themselves.
    """

    def decorate(function: Any) -> Any:
        before = _NUMBA.config.CACHE_DIR
        _NUMBA.config.CACHE_DIR = _FOLDER
        try:
            return _NUMBA.njit(
                signature,
                cache=True,
                error_model="numpy",
                nogil=True,
                forceinline=inline,
                no_cpython_wrapper=not outside,
                no_cfunc_wrapper=True,
                _nrt=False,
            )(function)
        finally:
            _NUMBA.config.CACHE_DIR = before

    return decorate
