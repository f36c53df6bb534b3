"""`python -m handbook`: write the reference pages anew."""

from __future__ import annotations

from handbook.pages import PAGES, REFERENCE

if __name__ == "__main__":
    for name, make in PAGES.items():
        (REFERENCE / name).write_text(make())
    print(f"{len(PAGES)} pages in {REFERENCE.name}")
