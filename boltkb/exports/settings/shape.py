"""What this room's files look like from outside: by name and first bytes, never by folder."""

from __future__ import annotations

import re

from boltkb.catalogue import setting_id
from boltkb.exports.records import SourceKind

__all__ = ["is_key", "looks_like"]

_NOTES = frozenset(
    {
        "manifest.json",
        "plugins.txt",
        "ps.csv",
        "server-logs.xml",
        "tree.txt",
        "user-logs.xml",
        "version.txt",
        "vm.prop",
    }
)
_ENVIRONMENT_NAME = re.compile(
    r"\.(?:env|prop|ya?ml|json|txt|list|sh|service|out|properties)$|^[^.]+$"
)
_VARIABLE = re.compile(rb"\bNEO4J_[a-z][a-z0-9]*_\w+\b")
_MAPPED = re.compile(rb"(?m)^\s{1,40}\"?(?:server|dbms|db)\.[a-z]\w*\.[\w.]+\"?: ")
_KEY = re.compile(
    r"(?:server|dbms|db|internal|initial|metrics|cypher|causal_clustering|cluster|unsupported)"
    r"(?:\.[a-z0-9_-]+){2,9}"
)
#: Files of other kinds whose names begin like a setting's.
_OTHER = re.compile(
    r"\.(?:log|txt|csv|json|xml|conf|id|db|prop|key|crt|cer|pem|p12|jks|pid|sh|ya?ml|properties|out)$"
)


def looks_like(name: str, head: bytes) -> SourceKind | None:
    """Return which of this room's kinds a file is, None for none.

    Parameters
    ----------
    name : str
        In lower case, without folders, without the number and the ending of a rotated or packed
        file.
    head : bytes
        Its first 64 KiB, as UTF-8.
    """
    # `recognise` has left out the configuration of other programs.
    if name.endswith(".conf") or is_key(name):
        return "configuration"
    if name in _NOTES:
        return "server-notes"
    if name in {"env.prop", ".env"}:
        return "environment"
    if _ENVIRONMENT_NAME.search(name) and (_VARIABLE.search(head) or _MAPPED.search(head)):
        return "environment"
    return None


def is_key(name: str) -> bool:
    """Return whether a file's name is that of a setting, as Kubernetes mounts a configuration.

    Examples
    --------
    >>> is_key("server.bolt.thread_pool_max_size"), is_key("server.key"), is_key("db.x.log")
    (True, False, False)
    """
    if _OTHER.search(name):
        return False
    return _KEY.fullmatch(name) is not None or setting_id(name) is not None
