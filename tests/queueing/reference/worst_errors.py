"""Print the worst relative error of each kernel: `python tests/queueing/reference/worst_errors.py`.

Against the reference files, and against the recurrence in 40 decimal digits at random points
from one server to a million and utilisations from 0.05 to 3.  Takes about half a minute.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np

from boltkb.queueing import (
    erlang_b,
    erlang_b_derivative,
    erlang_c,
    load_for_blocking,
    log_erlang_b,
    log_erlang_c,
)

HERE = Path(__file__).parent
KERNELS = {
    ("M/M/c/c", "B"): erlang_b,
    ("M/M/c/c", "ln_B"): log_erlang_b,
    ("M/M/c/c", "dB_da"): erlang_b_derivative,
    ("M/M/c", "C"): erlang_c,
    ("M/M/c", "ln_C"): log_erlang_c,
}
SMALLEST = Decimal("1e-300")


def reference() -> Iterator[tuple[str, str, float, Decimal, float, float]]:
    """Yield every row of both files about a forward kernel."""
    for name in ("queueing_reference.json", "erlang_real.json"):
        for row in json.loads((HERE / name).read_text())["rows"]:
            model = row["model"].removesuffix(" continued")
            kernel, p = KERNELS.get((model, row["quantity"])), row["params"]
            if kernel and "a" in p:
                c, a = float(p["c"]), float(p["a"])
                exact = Decimal(row.get("exact", row["value"]))
                yield name, kernel.__name__, kernel(c, a), exact, c, a
            elif model == "M/M/c/c inverse" and row["quantity"] == "a":
                c, b = float(p["c"]), float(p["B"])
                exact = Decimal(row.get("exact", row["value"]))
                yield name, "load_for_blocking", load_for_blocking(c, b), exact, c, b


def random_points() -> Iterator[tuple[str, str, float, Decimal, float, float]]:
    """Yield values at random points, half of them around a load equal to the servers."""
    rng = np.random.default_rng(20)
    points = [(round(np.exp(rng.uniform(0, np.log(20_000)))), 0.0) for _ in range(1_500)]
    points += [(round(np.exp(rng.uniform(np.log(20_000), np.log(1e6)))), 0.0) for _ in range(60)]
    for c, _ in points:
        around = 1.0 + rng.uniform(-6, 6) / np.sqrt(c)
        a = float(c * np.clip(around if rng.random() < 0.5 else rng.uniform(0.05, 3), 0.05, 3))
        with localcontext() as context:
            context.prec = 40
            load, excess = Decimal(a), Decimal(0)
            for k in range(1, c + 1):
                excess = k / load * (1 + excess)
            b = 1 / (1 + excess)
            waiting = 1 / (1 + (1 - load / c) * excess) if load < c else Decimal(1)
            exact = (b, b.ln(), b * (c / load - 1 + b), waiting, waiting.ln())
        for kernel, value in zip(KERNELS.values(), exact, strict=True):
            name = kernel.__name__
            yield "random, one value", name, kernel(c, a), value, c, a
            yield "random, in an array", name, float(kernel([c, c], a)[0]), value, c, a


def main() -> None:
    """Print a line for each source and kernel."""
    worst: dict[tuple[str, str], tuple[int, float, float, float, float]] = {}
    for points in (reference(), random_points()):
        for where, kernel, got, exact, c, a in points:
            if abs(exact) < SMALLEST:
                continue
            error = float(abs(Decimal(got) / exact - 1))
            number, most, ratio, *at = worst.get((where, kernel), (0, -1.0, 0.0, 0.0, 0.0))
            target = max(1e-14, 16 * (abs(c - a) + 1) * 1.1e-16)
            here = (error, max(ratio, error / target), c, a) if error > most else None
            worst[where, kernel] = (
                number + 1,
                *(here or (most, max(ratio, error / target), *at)),
            )
    for (where, kernel), (number, error, ratio, c, a) in sorted(worst.items()):
        print(
            f"{where:24} {kernel:20} {number:5} values, worst {error:.1e} at ({c:g}, {a:g}),"
            f" {ratio:.0%} of the target"
        )


if __name__ == "__main__":
    main()
