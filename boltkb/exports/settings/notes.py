"""Small files beside a report: versions, processes, properties of the Java machine, log settings.

Takes a few facts out of each; command lines and properties themselves never leave this room,
for they hold secrets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from boltkb.exports.intake.members import Member
from boltkb.exports.records import MachineFact, Source, Where
from boltkb.exports.settings.amounts import amount

__all__ = ["Notes", "read_notes"]

_SIZE = 4 << 20
_VERSION = re.compile(
    r"(?:neo4j\s{1,9})?(?P<version>\d{1,4}\.\d{1,3}(?:\.\d{1,3})?(?:[-+][\w.-]+)?)"
)
_SERVER = re.compile(
    r"\b(?:org|com)\.neo4j\.server\.(?:\w{1,40}\.){0,4}"
    r"(?:\w{0,40}EntryPoint|\w{0,40}Bootstrapper|Neo4jCommunity|Neo4jEnterprise)\b"
)
_HEAP = re.compile(
    r"(?:^|\s)(-Xmx(\d{1,15}[kKmMgGtT]?)|-XX:MaxHeapSize=(\d{1,15}[kKmMgGtT]?))(?=\s|$)"
)
_PS_HEAD = "process pid,process name"
_CUT = "..."
#: Elements of server-logs.xml; comments are taken out first.
_ELEMENT = re.compile(r"<(?P<tag>Root|Logger|AsyncLogger|AsyncRoot)\b(?P<inside>[^<>]{0,2000})>")
_APPENDER = re.compile(
    r"<(?:RollingRandomAccessFile|RollingFile|File|RandomAccessFile)\b[^<>]{0,2000}>"
)
_FILE = re.compile(r"fileName\s{0,9}=\s{0,9}[\"'][^\"'<>]{0,400}?(?P<file>[\w.-]{1,60}\.log)[\"']")
_LEVEL = re.compile(r"\blevel\s{0,9}=\s{0,9}[\"'](?P<level>\w{3,10})[\"']")
_LOGGER = re.compile(r"\bname\s{0,9}=\s{0,9}[\"'](?P<name>[\w.$-]{1,200})[\"']")
_BOLT = "org.neo4j.bolt"


@dataclass(slots=True)
class Notes:
    """What such a file says.

    Parameters
    ----------
    machine : list of MachineFact
    version : str or None
        Of Neo4j.
    why : str
        Why nothing is taken from it; empty where something is.
    """

    machine: list[MachineFact] = field(default_factory=list)
    version: str | None = None
    why: str = ""


#: What else a report holds that says nothing about threads.
_LEFT = {
    "tree.txt": "the files of the store, which say nothing about threads",
    "plugins.txt": "the plugins, which are not asked for",
    "manifest.json": "the report's own list of its files",
    "user-logs.xml": "settings of neo4j.log, whose lines tell their form",
}


def read_notes(member: Member) -> tuple[Source, Notes]:
    r"""Return what a small file of a report says.

    Parameters
    ----------
    member : Member
        `version.txt`, `ps.csv`, `vm.prop`, `server-logs.xml` or another whose name is known.

    Returns
    -------
    tuple of (Source, Notes)

    Raises
    ------
    ExportError
        When the file cannot be read.

    Examples
    --------
    >>> import io
    >>> read_notes(Member("version.txt", 13, lambda: io.BytesIO(b"neo4j 5.26.30\n")))[1].version
    '5.26.30'
    """
    name = member.name.lower()
    if name in _LEFT:
        return Source(member.path, "server-notes", 0), Notes(why=_LEFT[name])
    with member.open() as stream:
        text = stream.read(_SIZE).decode("utf-8-sig", "replace")
    notes = Notes()
    if name == "version.txt":
        rows = _version(text, notes)
    elif name == "ps.csv":
        rows = _processes(text, member.path, notes)
    elif name.endswith(".xml"):
        rows = _log_settings(text, member.path, notes)
    else:
        rows = _properties(text, member.path, notes)
    return Source(member.path, "server-notes", rows), notes


def _version(text: str, notes: Notes) -> int:
    found = _VERSION.fullmatch(text.strip()[:200])
    if found is None:
        notes.why = "no version of Neo4j in it"
        return 0
    notes.version = found["version"]
    return 1


def _processes(text: str, path: str, notes: Notes) -> int:
    rows = 0
    found: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if number == 1 and line.lower().startswith(_PS_HEAD):
            continue
        rows += 1
        command = line[:65536].split(",", 9)[-1]
        if "java" in line[:65536].lower() and _SERVER.search(command):
            found.append((number, command))
    if len(found) != 1:
        servers = "no" if not found else str(len(found))
        notes.why = f"{servers} Neo4j servers among its processes"
        return rows
    number, command = found[0]
    heap = _HEAP.search(command)
    size = amount(heap[2] or heap[3], java=True) if heap else None
    if heap and size:
        notes.machine.append(MachineFact("heap-max", size, heap[1], Where(path, number)))
    else:
        notes.why = "no limit of the heap on the server's command line"
    return rows


def _properties(text: str, path: str, notes: Notes) -> int:
    known: dict[str, tuple[str, int]] = {}
    rows = 0
    for number, line in enumerate(text.splitlines(), start=1):
        key, parts, value = line[:65536].partition("=")
        if not parts:
            continue
        rows += 1
        key, value = key.strip(), value.strip()
        if key in {"java.vm.name", "java.vm.version", "java.version"} or key.startswith("os."):
            known[key] = (value[:200].removesuffix(_CUT), number)
    for fact, keys in (
        ("jvm", ("java.vm.name", "java.vm.version")),
        ("os", ("os.name", "os.version", "os.arch")),
    ):
        words = [known[key][0] for key in keys if key in known]
        if words:
            first = min(known[key][1] for key in keys if key in known)
            last = max(known[key][1] for key in keys if key in known)
            notes.machine.append(MachineFact(fact, None, " ".join(words), Where(path, first, last)))
    if not notes.machine:
        notes.why = "no property in it that is asked for"
    return rows


def _log_settings(text: str, path: str, notes: Notes) -> int:
    text = _without_comments(text)
    rows = 0
    root, bolt = "", ""
    for found in _ELEMENT.finditer(text):
        rows += 1
        level = _LEVEL.search(found["inside"])
        name = _LOGGER.search(found["inside"])
        if level is None:
            continue
        if found["tag"].endswith("Root"):
            root = level["level"].upper()
        elif name and (name["name"] == _BOLT or name["name"].startswith(f"{_BOLT}.")):
            bolt = level["level"].upper()
        elif name and _BOLT.startswith(f"{name['name']}.") and not bolt:
            root = level["level"].upper()
    if bolt or root:
        notes.machine.append(MachineFact("bolt-log-level", None, bolt or root, Where(path)))
    as_json = _json_logs(text)
    if as_json:
        notes.machine.append(MachineFact("json-logs", None, ", ".join(as_json), Where(path)))
    if not notes.machine:
        notes.why = "no logger's level in it"
    return rows


def _json_logs(text: str) -> list[str]:
    logs: list[str] = []
    for found in _APPENDER.finditer(text):
        file = _FILE.search(found[0])
        tag = found[0][1:].split(None, 1)[0]
        end = text.find(f"</{tag}", found.end())
        inside = text[found.end() : end if end >= 0 else found.end() + 4000]
        if file and ("JsonTemplateLayout" in inside or "JsonLayout" in inside):
            logs.append(file["file"])
    return sorted(set(logs))


def _without_comments(text: str) -> str:
    parts: list[str] = []
    place = 0
    while (begin := text.find("<!--", place)) >= 0:
        parts.append(text[place:begin])
        end = text.find("-->", begin + 4)
        if end < 0:
            return "".join(parts)
        place = end + 3
    return "".join([*parts, text[place:]])
