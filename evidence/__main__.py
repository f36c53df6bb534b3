"""`python -m evidence`: run every experiment and renew the tables that pages show.

`python -m evidence twin` or `... calibration` runs one of them.
"""

from __future__ import annotations

import sys

from evidence import calibration, cases, twin

EXPERIMENTS = {
    "cases": cases.write,
    "calibration": lambda: calibration.write(calibration.measure()),
    "twin": lambda: twin.write(twin.compare()),
}

if __name__ == "__main__":
    chosen = sys.argv[1:] or list(EXPERIMENTS)
    unknown = [name for name in chosen if name not in EXPERIMENTS]
    if unknown:
        sys.exit(f"unknown: {', '.join(unknown)}; known: {', '.join(EXPERIMENTS)}")
    for name in chosen:
        EXPERIMENTS[name]()
