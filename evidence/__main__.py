"""`python -m evidence`: run every experiment and renew the tables that pages show.

`python -m evidence twin calibration` runs some of them.  Some take options, and tell of them:
`python -m evidence diagnosis --help`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from evidence import calibration, captures, cases, diagnosis, effects, examples, sizing, twin


def _plain(run: Callable[[], None]) -> Callable[[Sequence[str]], int]:
    """Return an experiment that takes no options."""

    def told(words: Sequence[str]) -> int:
        if words:
            sys.exit(f"it takes no options; got {' '.join(words)}")
        run()
        return 0

    return told


EXPERIMENTS: dict[str, Callable[[Sequence[str]], int]] = {
    "cases": _plain(cases.write),
    "captures": captures.main,
    "examples": _plain(examples.write),
    "calibration": _plain(lambda: calibration.write(calibration.measure())),
    "twin": _plain(lambda: twin.write(twin.compare())),
    # Without options, what the page shows.
    "diagnosis": lambda words: diagnosis.main(words or ["--region", "held_out"]),
    "sizing": sizing.main,
    "effects": effects.main,
}


def main(words: Sequence[str]) -> int:
    """Run what the command line names, and return its exit code."""
    options = next((i for i, word in enumerate(words) if word.startswith("-")), len(words))
    chosen = words[:options] or list(EXPERIMENTS)
    if options < len(words) and options != 1:
        sys.exit("options need one experiment before them, such as `diagnosis --seeds 2`")
    unknown = [name for name in chosen if name not in EXPERIMENTS]
    if unknown:
        sys.exit(f"unknown: {', '.join(unknown)}; known: {', '.join(EXPERIMENTS)}")
    return max(EXPERIMENTS[name](words[options:]) for name in chosen)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
