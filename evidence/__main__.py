"""`python -m evidence`: run every experiment and renew the tables that pages show."""

from __future__ import annotations

from evidence.calibration import measure, write

if __name__ == "__main__":
    write(measure())
