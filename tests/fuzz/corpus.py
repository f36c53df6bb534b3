"""Seeds: small files of every kind, from the captures, from what rooms keep, from builders."""

from __future__ import annotations

import functools
import gzip
import importlib.util
import io
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from samples import SAMPLES

from boltkb.exports.intake.members import Member
from boltkb.exports.intake.streams import Budget, Limits, Stream
from boltkb.exports.recognise import recognise

ROOT = Path(__file__).resolve().parents[2]
#: Bytes of a seed: small, so that a hundred thousand of them are quick.
_HEAD, _TAIL = 3000, 1000
_CODE = frozenset({".py", ".pyc", ".md"})


@dataclass(frozen=True, slots=True)
class Seed:
    """A file as it is before anything happens to it.

    Parameters
    ----------
    name : str
        Decides with the bytes what it is taken for.
    data : bytes
    kind : str or None
        What it is taken for.
    """

    name: str
    data: bytes
    kind: str | None


def as_member(name: str, data: bytes) -> Member:
    """A file in memory."""

    def opened() -> Stream:
        return Stream(io.BytesIO(data), name, None, Budget(Limits()))

    return Member(name, len(data), opened)


@functools.cache
def seeds() -> tuple[Seed, ...]:
    """Every seed there is, in a stable order, none twice."""
    found: dict[tuple[str, bytes], Seed] = {}
    for name, data in _all():
        small = _cut(data)
        if small:
            kind = recognise(as_member(name, small)).kind
            found.setdefault((name, small), Seed(name, small, kind))
    return tuple(sorted(found.values(), key=lambda seed: (seed.name, seed.data)))


@functools.cache
def by_kind() -> tuple[tuple[Seed, ...], ...]:
    """The seeds of each kind; those of no kind that is read are one more."""
    kinds = sorted({seed.kind or "" for seed in seeds()})
    return tuple(tuple(s for s in seeds() if (s.kind or "") == kind) for kind in kinds)


def _all() -> Iterator[tuple[str, bytes]]:
    for place in (ROOT / "data" / "captures", ROOT / "tests" / "exports"):
        for path in sorted(place.rglob("*")):
            if path.is_file() and path.suffix not in _CODE and not path.name.startswith("truth"):
                data = path.read_bytes()
                if path.suffix == ".gz":
                    data = gzip.decompress(data)
                name = path.name.removesuffix(".gz")
                yield name, data
                # A stretch from the middle as well: rare lines seldom stand at the beginning.
                if len(data) > 3 * _HEAD:
                    middle = data.find(b"\n", len(data) // 2) + 1
                    yield name, data.split(b"\n", 1)[0] + b"\n" + data[middle : middle + _HEAD]
    for name, text in _built().items():
        yield name, text.encode()
    for texts in SAMPLES.values():
        for name, text in texts.items():
            yield name, text.encode()


def _built() -> Mapping[str, str]:
    """What the builders in modules called `*_shapes.py` make, wherever they lie."""
    texts: dict[str, str] = {}
    for path in sorted((ROOT / "tests" / "exports").rglob("*_shapes.py")):
        name = f"fuzzed_{path.stem}"
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            continue
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        for builder in ("files", "seeds"):
            made = getattr(module, builder, dict)()
            texts |= {Path(key).name: text for key, text in made.items() if isinstance(text, str)}
    return texts


def _cut(data: bytes) -> bytes:
    if len(data) <= _HEAD + _TAIL:
        return data
    head = data[: data.rfind(b"\n", 0, _HEAD) + 1 or _HEAD]
    tail = data[data.find(b"\n", len(data) - _TAIL) + 1 :]
    return head + tail
