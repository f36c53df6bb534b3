"""`python -m handbook`: write the reference pages anew."""

from __future__ import annotations

from handbook.pages import DOCS, PAGES

if __name__ == "__main__":
    for name, make in PAGES.items():
        (DOCS / name).write_text(make(), encoding="utf-8")
    print(f"{len(PAGES)} pages")
