"""The two compiled parsers, made or fetched from the cache when one is first wanted."""

from __future__ import annotations

from collections.abc import Callable

from boltkb.exports.queries.compiling import machine_code

__all__ = ["parser"]

_PLAIN = "Tuple((i8,i8,i8))(u1[::1],i8,i8,i8,i8[:,::1])"
_STRUCTURED = "Tuple((i8,i8,i8))(u1[::1],i8,i8,i8,i8[:,::1],u1[::1],i8[:,::1])"


def parser(*, structured: bool) -> Callable[..., tuple[int, int, int]]:
    """Return the parser of JSON or of plain text as machine code."""
    if structured:
        name = "parse_structured_rows"
        return machine_code("structured_code", {name: _STRUCTURED})[name]
    return machine_code("plain_code", {"parse_plain_rows": _PLAIN})["parse_plain_rows"]
