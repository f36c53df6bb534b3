"""Every fenced block of every page, and the one rule that takes it.

Knows Markdown's fences and which kind of check each language gets; runs nothing.  A block that no
rule takes has no kind, and `test_sorting` refuses it, so that no sample escapes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
OPENING = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,}) *(?P<language>[\w#+.-]*)(?P<more>.*)$")
TAB = re.compile(r'^(?P<indent> *)={3}[!+]? "(?P<title>[^"]*)"')
VERSION = re.compile(r"\b(?:[345]|20\d\d)\.\d+(?:\.\d+)?\b")

#: Pages whose examples their own tests run as doctests.
DOCTESTS = {"theory": "tests/test_theory_pages.py", "the-twin": "tests/test_twin_pages.py"}
#: Folders in which `text` is a formula or a drawing, not something that a program wrote.
DRAWINGS = ("theory", "explain", "decisions")
SHELLS = ("bash", "sh", "shell", "console")
#: Languages of the drivers' samples.
DRIVERS = ("python", "java", "javascript", "go")
#: What a block can only do beside a server.
SERVERS_OWN = re.compile(r"\b(?:jcmd|jstack|neo4j-admin|cypher-shell|pgrep)\b|/proc/|localhost:")
CRON = re.compile(r"(?:[\d*/,-]+ ){5}\w+ (?P<command>.+)\n")
#: What tells Python for a driver from Python for boltkb.
DRIVERS_OWN = re.compile(r"\buri\b|\bdriver\b|\bfrom neo4j\b|\bclass Bounded\b")


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block: where it stands, what it holds, and under which tab."""

    page: Path
    line: int
    language: str
    text: str
    tab: str
    more: str

    @property
    def name(self) -> str:
        """Its page and line, for messages."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def version(self) -> str | None:
        """The version of Neo4j that its tab names; the first of several."""
        found = VERSION.search(self.tab)
        return found[0] if found else None


def pages() -> list[Path]:
    """Return the pages that are written or generated and committed, the README among them."""
    made = [page for page in DOCS.rglob("*.md") if page.parent.name != "reports"]
    more = (DOCS / "reports" / "index.md", ROOT / "README.md", ROOT / "CONTRIBUTING.md")
    return sorted([*made, *more])


def fences(page: Path) -> list[Fence]:
    """Return the fenced blocks of a page.

    Raises
    ------
    ValueError
        When a fence is not closed.
    """
    found: list[Fence] = []
    tab, depth = "", -1
    lines = iter(enumerate(page.read_text(encoding="utf-8").splitlines(), 1))
    for number, line in lines:
        if title := TAB.match(line):
            tab, depth = title["title"], len(title["indent"])
        elif line.strip() and len(line) - len(line.lstrip()) <= depth:
            tab, depth = "", -1
        opening = OPENING.match(line)
        if opening is None:
            continue
        inside = []
        for _, next_line in lines:
            if next_line.strip() == opening["fence"]:
                break
            inside.append(next_line.removeprefix(opening["indent"]))
        else:
            raise ValueError(f"{page}:{number}: a fence that is not closed")
        text = "\n".join(inside) + "\n"
        found.append(Fence(page, number, opening["language"], text, tab, opening["more"].strip()))
    return found


def kind(fence: Fence) -> str:
    """Return which check takes a block, or an empty word for none.

    Returns
    -------
    str
        `docstring`, `signature`, `doctest`, `driver`, `python`, `airflow`, `csharp`, `cypher`,
        `shell`, `served shell`, `docker`, `cron`, `unit`, `settings`, `framework`, `yaml`, `json`,
        `promql`, `xml`, `usage`, `message`, `drawing` or nothing.
    """
    language, text, folder = fence.language, fence.text, fence.page.parent.name
    if fence.more:
        return ""
    if folder == "api" and language in ("pycon", "python"):
        return "docstring" if language == "pycon" else "signature"
    if language == "python" and text.lstrip().startswith(">>>"):
        return "doctest" if {folder, fence.page.stem} & set(DOCTESTS) else ""
    if language == "python" and "airflow" in text:
        return "airflow"
    if language == "python" and not DRIVERS_OWN.search(text):
        return "python"
    if language in DRIVERS:
        return "driver"
    if language in (*SHELLS, "text") and CRON.fullmatch(text):
        return "cron"
    if language in SHELLS:
        if text.startswith("--env "):
            return "docker"
        return "served shell" if SERVERS_OWN.search(text) else "shell"
    if language == "ini" and text.startswith("[Unit]\n"):
        return "unit"
    if language in ("properties", "ini"):
        lines = setting_lines(fence)
        ours = [name.startswith(("spring.", "quarkus.")) for name, _ in lines]
        return "" if not lines else "framework" if all(ours) else "settings"
    if language in ("csharp", "cypher", "yaml", "json", "promql", "xml"):
        return language
    if language == "text" and folder == "reference" and text.startswith("boltkb "):
        return "usage"
    if language in ("text", ""):
        drawn = folder in DRAWINGS or fence.page.parent == ROOT
        return "drawing" if drawn else "message" if language else ""
    return ""


def setting_lines(fence: Fence) -> list[tuple[str, str]]:
    """Return the names and values of a block of `name=value` lines.

    Raises
    ------
    ValueError
        For a line that is neither that, nor empty, nor a comment.
    """
    found = []
    for line in fence.text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, sign, value = line.partition("=")
        if not sign or name != name.strip() or " " in name:
            raise ValueError(f"{fence.name}: {line!r} is no NAME=VALUE")
        found.append((name, value))
    return found


FENCES = [fence for page in pages() for fence in fences(page)]


def of(*kinds: str) -> list[Fence]:
    """Return the blocks that one of these checks takes."""
    return [fence for fence in FENCES if kind(fence) in kinds]
