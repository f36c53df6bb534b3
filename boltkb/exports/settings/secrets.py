"""What must not be read out of a configuration, an environment or a command line.

A secret's value is replaced at this door; no other room ever sees it.
"""

from __future__ import annotations

import re

__all__ = ["HIDDEN", "hide_secrets"]

#: What stands in the place of a secret.
HIDDEN = "(hidden)"

#: Such a name's value is a secret whatever it looks like, a number too.
_SECRET = re.compile(
    r"passw|passphrase|secret|credential|private[._-]?key|api[._-]?key|access[._-]?key"
    r"|(?:^|[._-])(?:pass|pwd|jwt|bearer)(?:$|[._-])|token$|system_account|signature",
    re.IGNORECASE,
)
#: Such a name may be that of a limit or a switch as well.
_DOUBTFUL = re.compile(r"token|(?:^|[._-])auth(?:$|[._-])|(?:^|[._-])key(?:$|[._-])", re.IGNORECASE)
_SWITCH = re.compile(r"(?:true|false)?", re.IGNORECASE)
_AMOUNT = re.compile(r"\d+(?:\.\d+)?\s*(?:ns|μs|us|ms|s|m|h|d|[kmg]i?b?)?", re.IGNORECASE)
_WORDS = r"(?:passw|passphrase|secret|token|credential|api[_-]?key|access[_-]?key|authorization)"
#: Nothing is given back of a name's rest, so that hostile texts are looked at once.
_SECRET_INSIDE = re.compile(
    rf"(?i)((?:{_WORDS}[\w.-]{{0,80}}+|(?<![a-z])(?:pass|pwd|auth))[\"']?\s{{0,5}}[=:]\s{{0,5}}"
    r"(?:(?:bearer|basic)\s{1,5})?)(\"[^\"]*\"|'[^']*'|\S+)"
)
#: `--password hunter2`, as programs take it on their command lines.
_OPTION = re.compile(rf"(?i)(--?[a-z-]{{0,40}}?{_WORDS}[\w-]{{0,40}}+\s{{1,5}})([^\s-]\S*)")
_IN_ADDRESS = re.compile(r"(://[^/\s:@]{1,200}:)[^@\s/]{1,200}@")
#: Characters of a value that are kept.
_LONGEST = 4000


def hide_secrets(name: str, value: str) -> str:
    """Return a setting's value, or `(hidden)` where the name or the value speaks of a secret.

    Examples
    --------
    >>> hide_secrets("server.ssl.private_key_password", "hunter2")
    '(hidden)'
    >>> hide_secrets("dbms.security.auth_enabled", "true")
    'true'
    >>> hide_secrets("server.jvm.additional", "-Dtrust.password=hunter2 -Xss1m")
    '-Dtrust.password=(hidden) -Xss1m'
    """
    plain = value.strip()
    if _SECRET.search(name) and not _SWITCH.fullmatch(plain):
        return HIDDEN
    if _DOUBTFUL.search(name) and not (_SWITCH.fullmatch(plain) or _AMOUNT.fullmatch(plain)):
        return HIDDEN
    hidden = _OPTION.sub(rf"\g<1>{HIDDEN}", value[:_LONGEST])
    hidden = _SECRET_INSIDE.sub(rf"\g<1>{HIDDEN}", hidden)
    return _IN_ADDRESS.sub(rf"\g<1>{HIDDEN}@", hidden)
