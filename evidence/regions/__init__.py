"""What the staged runs are given: parameters drawn by seed, from one of two disjoint regions.

`development` is for those who write rules; `held_out` is read for the published table and for
nothing else, so that the table says what the rules do with cases that nobody fitted them to.
"""

from __future__ import annotations

import ast
import operator
import tomllib
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from boltkb.queueing.erlang_inverse import load_for_blocking
from boltkb.twin.scenarios import load_scenario, scenario_names

__all__ = ["REGIONS", "SEEDS", "VERSIONS", "Case", "cases", "drawn", "load_region", "seeds"]

#: The first seed of each region, and the first one that is not its own any more.
SEEDS: Mapping[str, tuple[int, int]] = {"development": (1, 1_000), "held_out": (5_000, 10_000)}
REGIONS = tuple(SEEDS)
#: Every other seed another version: rejections are logged in another way in each.
VERSIONS = ("4.4", "5.10", "5.26", "2025.10")

Ranges = Sequence[Sequence[float]]
_HERE = Path(__file__).parent
_SUMS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
_FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "erlangs": lambda threads, share: float(load_for_blocking(threads, share)),
    "round": lambda value: float(round(value)),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One run to simulate.

    Parameters
    ----------
    scenario, region : str
    seed : int
    version : str
        Of Neo4j, its first two numbers.
    parameters : mapping of str to str
        As the scenario takes them.
    """

    scenario: str
    region: str
    seed: int
    version: str
    parameters: Mapping[str, str]


def load_region(region: str) -> dict[str, dict[str, Ranges | str]]:
    """Return what a region says of each scenario: ranges, and what is worked out from them.

    Parameters
    ----------
    region : str
        One of `REGIONS`.
    """
    read: dict[str, dict[str, Ranges | str]] = tomllib.loads(
        (_HERE / f"{region}.toml").read_text("utf-8")
    )
    return read


def seeds(region: str, count: int) -> range:
    """Return the first seeds of a region.

    Parameters
    ----------
    region : str
    count : int

    Raises
    ------
    ValueError
        For more than the region has.

    Examples
    --------
    >>> list(seeds("held_out", 2))
    [5000, 5001]
    """
    first, end = SEEDS[region]
    if not 1 <= count <= end - first:
        raise ValueError(f"`seeds` must lie from 1 to {end - first}; got {count}")
    return range(first, first + count)


def drawn(entries: Mapping[str, Ranges | str], scenario: str, seed: int) -> dict[str, float]:
    """Return every value of a case by its name, those that the scenario does not have included.

    Parameters
    ----------
    entries : mapping
        One scenario's part of a region.
    scenario : str
    seed : int

    Examples
    --------
    >>> drawn({"threads": [[8, 8]], "rate": "threads / 2"}, "pool_too_small", 1)
    {'threads': 8.0, 'rate': 4.0}
    """
    rng = np.random.default_rng([seed, zlib.crc32(scenario.encode())])
    known = load_scenario(scenario).parameters
    values: dict[str, float] = {}

    def settle(name: str, value: float) -> None:
        values[name] = float(round(value)) if isinstance(known.get(name), int) else value

    for name, entry in entries.items():
        if not isinstance(entry, str):
            low, high = entry[int(rng.integers(len(entry)))]
            settle(name, float(np.exp(rng.uniform(np.log(low), np.log(high)))))
    for name, entry in entries.items():
        if isinstance(entry, str):
            settle(name, _worked_out(ast.parse(entry, mode="eval").body, values))
    return values


def cases(region: str, count: int, scenarios: Sequence[str] | None = None) -> list[Case]:
    """Return every case of a region, seed by seed, so that a part of them is a fair part.

    Parameters
    ----------
    region : str
    count : int
        Seeds.
    scenarios : sequence of str, optional
        All of them when absent.

    Raises
    ------
    ValueError
        For a scenario that does not exist, or more seeds than the region has.
    """
    chosen = list(scenarios or scenario_names())
    unknown = sorted(set(chosen) - set(scenario_names()))
    if unknown:
        raise ValueError(f"no scenario {', '.join(unknown)}; there are {scenario_names()}")
    entries = load_region(region)
    found = []
    for seed in seeds(region, count):
        for name in chosen:
            known = load_scenario(name).parameters
            values = drawn(entries[name], name, seed)
            texts = {
                key: str(int(value)) if isinstance(known[key], int) else f"{value:.6g}"
                for key, value in values.items()
                if key in known
            }
            found.append(Case(name, region, seed, VERSIONS[seed % len(VERSIONS)], texts))
    return found


def _worked_out(node: ast.expr, values: Mapping[str, float]) -> float:
    """Return the value of a sum of names, numbers and the two functions; nothing else is one."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _SUMS:
        parts = _worked_out(node.left, values), _worked_out(node.right, values)
        return _SUMS[type(node.op)](*parts)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _FUNCTIONS[node.func.id](*(_worked_out(part, values) for part in node.args))
    raise ValueError(f"not a sum: {ast.unparse(node)}")
