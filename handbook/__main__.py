"""`python -m handbook`: write the reference pages anew; `texts`: copies of a built site."""

from __future__ import annotations

import argparse
from pathlib import Path

from handbook.pages import DOCS, PAGES
from handbook.texts import write_texts


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m handbook", description=__doc__)
    orders = parser.add_subparsers(dest="order")
    texts = orders.add_parser("texts", help="write a Markdown copy beside each page of a site")
    texts.add_argument("--site", type=Path, required=True, help="the folder of the built site")
    given = parser.parse_args()
    if given.order == "texts":
        print(f"{len(write_texts(given.site, DOCS.parent / 'mkdocs.yml'))} copies, llms.txt")
        return
    for name, make in PAGES.items():
        (DOCS / name).write_text(make(), encoding="utf-8")
    print(f"{len(PAGES)} pages")


if __name__ == "__main__":
    main()
