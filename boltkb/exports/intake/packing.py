"""How a file is packed, by its first bytes; and which names no export has.

Knows no export format; opens nothing.
"""

from __future__ import annotations

from typing import Literal

__all__ = [
    "HEAD",
    "Packing",
    "is_tar",
    "junk",
    "leads_out",
    "other_archive",
    "packing",
    "printable",
]

#: Bytes by which a packing is told.
HEAD = 512
_LONGEST_NAME = 1024

Packing = Literal["plain", "zip", "gzip", "tar"]

#: Packings that are named and not read.
_OTHERS = (
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\xfd7zXZ\x00", "packed with xz"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd"),
    (b"BZh", "packed with bzip2"),
    (b"\x04\x22\x4d\x18", "packed with lz4"),
    (b"MSCF", "a cabinet archive"),
)
#: Zip archives that are documents or programs.
_NO_EXPORTS = (
    ".jar", ".war", ".ear", ".whl", ".apk", ".nupkg", ".docx", ".xlsx", ".pptx", ".odt", ".ods",
    ".epub",
)  # fmt: skip
_JUNK = frozenset({".ds_store", "thumbs.db", "desktop.ini", ".spotlight-v100", ".trashes"})


def packing(head: bytes, name: str) -> Packing:
    r"""Return how a file is packed; `plain` for packings that are not read as well.

    Parameters
    ----------
    head : bytes
        Its first `HEAD` bytes.
    name : str
        Decides for the documents and programs that are zip archives too.

    Examples
    --------
    >>> packing(b"PK\x03\x04...", "report.zip"), packing(b"PK\x03\x04...", "neo4j.jar")
    ('zip', 'plain')
    """
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")) and not name.lower().endswith(_NO_EXPORTS):
        return "zip"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    return "tar" if is_tar(head) else "plain"


def is_tar(head: bytes) -> bool:
    """Return whether bytes begin a tar archive, of POSIX or of GNU."""
    return head[257:262] == b"ustar"


def other_archive(head: bytes) -> str:
    r"""Return what a file that is packed in another way is, and what to do; empty otherwise.

    Examples
    --------
    >>> other_archive(b"BZh91AY&SY")
    'packed with bzip2, which is not read; unpack it first'
    """
    for magic, what in _OTHERS:
        if head.startswith(magic):
            return f"{what}, which is not read; unpack it first"
    return ""


def junk(path: str) -> bool:
    """Return whether a file is an operating system's own, such as `.DS_Store`.

    Examples
    --------
    >>> junk("__MACOSX/logs/._debug.log"), junk("logs/debug.log")
    (True, False)
    """
    parts = path.lower().split("/")
    return "__macosx" in parts or parts[-1] in _JUNK or parts[-1].startswith("._")


def leads_out(name: str) -> str:
    r"""Return why a name in an archive is refused; empty for a proper one.

    Examples
    --------
    >>> leads_out("../etc/passwd"), leads_out("logs/debug.log")
    ('its path leads out of the archive', '')
    """
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or (len(name) > 1 and name[1] == ":"):
        return "its path leads out of the archive"
    if not name or printable(name) != name or "\\" in name or len(name) > _LONGEST_NAME:
        return "its path holds characters that no export has"
    return ""


def printable(name: str) -> str:
    r"""Return a name as it may be shown and written: no control characters, valid Unicode.

    Examples
    --------
    >>> printable("a\nb\udcff.log")
    'a\\x0ab\\udcff.log'
    """
    valid = name.encode("utf-8", "backslashreplace").decode("utf-8")
    shown = "".join(
        f"\\x{ord(character):02x}" if ord(character) < 32 or ord(character) == 127 else character
        for character in valid
    )
    return shown if len(shown) <= 4 * _LONGEST_NAME else f"{shown[:_LONGEST_NAME]}..."
