"""Makes machine code of functions when large logs need it, and keeps it for the next time.

The code is made by numba once, which takes seconds; later processes load it within a tenth of a
second, with llvmlite alone.  It is kept in the user's own cache folder, never beside the package,
which may be read-only; where no folder can be written it is made anew in each process.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib
import json
import os
import re
import sys
import tempfile
import weakref
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

__all__ = ["cache_folder", "inlined", "machine_code"]

F = TypeVar("F", bound=Callable[..., object])

#: Every file that code is made of; a change in one of them makes it anew.
_MODULES = (
    *("entries", "adding", "holding", "scanning", "row_code", "plain_code", "string_code"),
    *("value_code", "structured_code", "compiling"),
)
_TYPES = {"u1": np.uint8, "i4": np.int32, "u4": np.uint32, "i8": np.int64}
#: Nothing but the function itself: no wrappers that call the interpreter.
_BARE = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_ENGINES: list[object] = []
_LOADED: dict[str, Callable[..., Any]] = {}


def inlined(function: F) -> F:
    """Return a function that machine code may call."""
    import numba

    return cast("F", numba.njit(nogil=True, error_model="numpy")(function))


def machine_code(module: str, shapes: Mapping[str, str]) -> dict[str, Callable[..., Any]]:
    """Return functions of a module of this room as machine code.

    They run without the interpreter's lock, take arrays of exactly the types given, and must
    neither allocate nor raise.

    Parameters
    ----------
    module : str
        Its own name, such as `adding`.
    shapes : mapping of str to str
        For each function its types as numba writes them; it returns an `i8` or three.
    """
    if not all(name in _LOADED for name in shapes):
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        folder = cache_folder()
        file = None if folder is None else folder / f"{module}-{_digest(shapes)}.code"
        kept = _kept(file)
        if kept is None or set(kept) != set(shapes):
            kept = _made(module, shapes)
            _keep(file, kept)
        _load(kept, shapes)
    return {name: _LOADED[name] for name in shapes}


def cache_folder() -> Path | None:
    """Return the folder that machine code is kept in; None where none can be written."""
    if given := os.environ.get("XDG_CACHE_HOME"):
        home = Path(given)
    elif sys.platform == "win32":
        home = Path(os.environ.get("LOCALAPPDATA", tempfile.gettempdir()))
    else:
        try:
            home = Path.home() / ".cache"
        except RuntimeError:
            return None
    folder = home / "boltkb" / "compiled"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Whoever can write here can run code as this user.
        if sys.platform != "win32" and folder.stat().st_uid != os.getuid():
            return None
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return None
    return folder


def _digest(shapes: Mapping[str, str]) -> str:
    import llvmlite.binding as llvm

    made = hashlib.sha256(repr(sorted(shapes.items())).encode())
    for name in _MODULES:
        made.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    for package in ("numba", "llvmlite"):
        made.update(metadata.version(package).encode())
    made.update(f"{sys.version} {llvm.get_default_triple()} {llvm.get_host_cpu_name()}".encode())
    made.update(llvm.get_host_cpu_features().flatten().encode())
    return made.hexdigest()[:32]


def _kept(file: Path | None) -> dict[str, tuple[str, bytes]] | None:
    # A line of JSON says what follows: for each function its symbol and its size.
    try:
        data = b"" if file is None else file.read_bytes()
        head, _, code = data.partition(b"\n")
        found: dict[str, tuple[str, bytes]] = {}
        said = json.loads(head)
        if said["sum"] != hashlib.sha256(code).hexdigest():
            return None
        for name, symbol, size in said["functions"]:
            found[name] = symbol, code[:size]
            code = code[size:]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found


def _keep(file: Path | None, made: Mapping[str, tuple[str, bytes]]) -> None:
    if file is None:
        return
    code = b"".join(body for _, body in made.values())
    functions = [(name, symbol, len(body)) for name, (symbol, body) in made.items()]
    head = json.dumps({"sum": hashlib.sha256(code).hexdigest(), "functions": functions})
    try:
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as out:
            out.write(head.encode() + b"\n" + code)
        Path(out.name).replace(file)
    except OSError:
        return


def _made(module: str, shapes: Mapping[str, str]) -> dict[str, tuple[str, bytes]]:
    import llvmlite.binding as llvm
    import numba

    functions = importlib.import_module(f"boltkb.exports.queries.{module}")
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc=_relocation(llvm.get_default_triple()),
        codemodel="jitdefault",
        jit=True,
    )
    made: dict[str, tuple[str, bytes]] = {}
    for name, shape in shapes.items():
        jit: Any = numba.njit
        jit = jit(shape, nogil=True, error_model="numpy", **_BARE)
        (result,) = jit(getattr(functions, name)).overloads.values()
        text = llvm.parse_assembly(result.library.get_llvm_str())
        made[name] = result.fndesc.llvm_func_name, bytes(machine.emit_object(text))
    return made


def _relocation(triple: str) -> str:
    # As numba has it: with large code in position-independent form, llvm's loader misplaces the
    # constants of an object that is not the first.
    return "static" if re.match(r"x86|i\d86", triple) else "default"


def _load(kept: Mapping[str, tuple[str, bytes]], shapes: Mapping[str, str]) -> None:
    import llvmlite.binding as llvm

    # Only called to free what numba itself allocated, which these functions never see.
    never = ctypes.cast(ctypes.pythonapi.Py_IsInitialized, ctypes.c_void_p).value
    llvm.add_symbol("NRT_MemInfo_call_dtor", never)
    target = llvm.Target.from_default_triple().create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)
    for _, code in kept.values():
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _ENGINES.append(engine)
    for name, (symbol, _) in kept.items():
        _LOADED[name] = _callable(engine.get_function_address(symbol), shapes[name])


def _callable(address: int, shape: str) -> Callable[..., Any]:
    # As numba calls: a place for the answer, one for an exception, then the arguments; an array
    # is its owner, its parent, its length, its item's size, its data, its shape, its strides.
    result, given = re.fullmatch(r"(i8|Tuple\(\(i8,i8,i8\)\))\((.*)\)", shape).groups()  # type: ignore[union-attr]
    arguments = re.findall(r"(\w\d)(\[[^\]]*\])?", given)
    long = ctypes.c_int64
    kinds: list[Any] = [ctypes.c_void_p, ctypes.c_void_p]
    for _, axes in arguments:
        dimensions = axes.count(",") + 1 if axes else 0
        kinds += [ctypes.c_void_p] * 2 + [long] * 2 + [ctypes.c_void_p] if axes else [long]
        kinds += [long] * 2 * dimensions
    native = ctypes.CFUNCTYPE(ctypes.c_int32, *kinds)(address)
    types = [
        (np.dtype(_TYPES[kind]), axes.count(",") + 1 if axes else 0) for kind, axes in arguments
    ]

    # What the last call was given in each place: most arrays come again and again.
    before: list[tuple[Callable[[], Any], list[Any]]] = [(lambda: None, [])] * len(types)

    def passed(place: int, value: Any) -> list[Any]:
        known, flat = before[place]
        if known() is value:
            return flat
        kind, dimensions = types[place]
        if not dimensions:
            return [int(value)]
        if value.dtype != kind or value.ndim != dimensions or not value.flags.c_contiguous:
            raise TypeError(f"needs a contiguous array of {kind} in {dimensions} dimensions")
        flat = [None, None, value.size, value.itemsize, value.ctypes.data]
        flat += [*value.shape, *value.strides]
        before[place] = weakref.ref(value), flat
        return flat

    def call(*values: Any) -> Any:
        if len(values) != len(types):
            raise TypeError(f"takes {len(types)} arguments")
        answer = (long * 3)()
        raised = ctypes.c_void_p()
        flat: list[Any] = [ctypes.addressof(answer), ctypes.addressof(raised)]
        for place, value in enumerate(values):
            flat += passed(place, value)
        if native(*flat):
            raise RuntimeError("machine code failed")
        return answer[0] if result == "i8" else tuple(answer)

    return call
