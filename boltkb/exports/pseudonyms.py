"""Pseudonyms: the same word gets the same one under the same key, and no two words share one.

Knows how users, hosts, paths, queries and messages look as text; knows no record of an export.
"""

from __future__ import annotations

import functools
import hmac
import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path

from boltkb.catalogue import metric_id

__all__ = ["Pseudonyms"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DIGITS = (4, 6, 8, 12, 16, 32, 64)
_IPV4 = r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)"
_IPV6 = r"(?<![\w:.])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,8}(?:%\w{1,20})?(?![\w:])"
_IP = re.compile(f"{_IPV4}|{_IPV6}")
_LOOPBACK = frozenset({"", "*", "localhost", "unknown", "0.0.0.0"})  # noqa: S104 - only compared
_TOKEN = re.compile(r"[^\s'\"`()\[\]{}<>,;=|!/]+")
_QUOTED = re.compile(r"'([^'\n]*)'|\"([^\"\n]*)\"|`([^`\n]*)`")
_NUMBER = re.compile(r"(?=[^\d]{0,3}\d)[-+~\d.,:%TZ]{1,64}(?:[a-zA-Zμ]{1,3})?%?")
_VERSION = re.compile(
    r"v?\d+(?:\.\d+)*(?:[-+.](?:\d+|(?:generic|final|rc|alpha|beta|ga|lts|snapshot|amd|aws|el|deb"
    r"|drop|[bu])\d*))*",
    re.IGNORECASE,
)
_ID = re.compile(
    r"(?:bolt|http|https|websocket)-\d+|[\w.]{1,80}-transaction-\d+|(?:neo4j\.)?BoltWorker-\d+"
)
_WORD = re.compile(r"[A-Za-z]{2,}")
_KNOWN_MIXED = frozenset(
    {"neo4j", "utf-8", "utf-16", "iso-8601", "log4j", "log4j2", "ipv4", "ipv6"}
)
_CODE = re.compile(r"(?:org\.neo4j|o\.n|java|javax|jdk|sun|scala|io\.netty)\.[\w.$()]+")
_SETTING = re.compile(r"(?:dbms|db|server|client|internal|initial|browser|fabric|causal_clustering)"
                      r"\.[a-z0-9_.-]+")  # fmt: skip
_QUERY = re.compile(
    r"'(?:[^'\\]++|\\.?)*+'?|\"(?:[^\"\\]++|\\.?)*+\"?|`[^`]*+`?|/\*.*?(?:\*/|\Z)|//[^\n]*"
    r"|(?<![\w$`])(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|[^\W\d]\w*",
    re.DOTALL,
)
_ENDING = re.compile(
    r"(?:\.\d{1,4})?(?:\.(?:log|csv|txt|json|conf|toml|zip|gz|tgz|tar|out|properties|yaml|yml|xml|env"
    r"|prom|html|jar))*(?:\.\d{1,4})?(?:\.(?:zip|gz))?$",
    re.IGNORECASE,
)
#: Words of file names that every export has.
_FILES = _words(
    """
    admin bolt bundle conf config configuration connection connections data db dbms debug diag
    diagnostics driver drivers dump dumps env environment export exports gc http import info
    jstack list log logs manifest metric metrics neo net netstat panel pool prometheus ps
    queries query report reports security server settings show ss stack state sysinfo system
    thread threaddump threaddumps threads top transaction transactions tree truth user version
    """
)
#: Values that settings choose from.
_CHOICES = _words(
    """
    auto cluster core debug default disabled enabled error false g1 info json none off on
    optional primary read_replica require required secondary single standard true verbose warn
    """
)
_DRIVERS = re.compile(r"(?i)neo4j[-a-z]*(?:/[\d.]+[a-z\d]*)?")


class Pseudonyms:
    """Words and what stands for them.

    Parameters
    ----------
    key : bytes
        Whoever has it can test guesses; nobody else can.
    known : mapping of str to str, optional
        Pseudonyms given before, with what they stand for.

    Examples
    --------
    >>> names = Pseudonyms(b"key")
    >>> names.client("10.0.0.7:40001") == names.client("10.0.0.7:40002")[:-6] + ":40001"
    True
    >>> names.client("127.0.0.1:40001"), names.user("neo4j")
    ('127.0.0.1:40001', 'neo4j')
    """

    def __init__(self, key: bytes, known: Mapping[str, str] | None = None) -> None:
        self._key = key
        self._originals: dict[str, str] = dict(known or {})
        self._given: dict[tuple[str, str], str] = {}
        self._terms: dict[str, str] = {}
        self._users: dict[str, str] = {}
        self._paths: dict[str, str] = {}
        for pseudonym, original in self._originals.items():
            kind = pseudonym.rpartition("-")[0]
            self._given[kind, original] = pseudonym

    @property
    def originals(self) -> Mapping[str, str]:
        """Every pseudonym that was given, with what it stands for; literals of queries not."""
        return {name: text for name, text in self._originals.items() if not name.startswith("$")}

    def of(self, kind: str, text: str) -> str:
        """Return the pseudonym of a text, such as `user-7f3a`."""
        found = self._given.get((kind, text))
        if found is not None:
            return found
        digest = hmac.new(self._key, f"{kind}\0{text}".encode("utf-8", "replace"), "sha256")
        dash = "" if kind.startswith("$") else "-"
        pseudonym = ""
        for digits in _DIGITS:
            pseudonym = f"{kind}{dash}{digest.hexdigest()[:digits]}"
            if self._originals.get(pseudonym, text) == text:
                break
        self._originals[pseudonym] = text
        self._given[kind, text] = pseudonym
        return pseudonym

    def user(self, text: str) -> str:
        """Return a user's pseudonym; the user that every server has keeps its name."""
        if text.strip().lower() in {"", "neo4j", "none", "null"}:
            return text
        pseudonym = self.of("user", text)
        self._users[text] = self._terms[text] = pseudonym
        return pseudonym

    def client(self, text: str) -> str:
        """Return a client's address without its host, the port kept."""
        return self._address(text, "client")

    def server(self, text: str) -> str:
        """Return a server's address without its host, the port kept."""
        return self._address(text, "server")

    def name(self, text: str) -> str:
        """Return an export's name: a server's, unless it says nothing."""
        if _tells_nothing(text):
            return text
        pseudonym = self.of("server", text)
        self._terms[text] = pseudonym
        return pseudonym

    def agent(self, text: str) -> str:
        """Return a user agent: a driver's own is kept, an application's loses its name."""
        if _DRIVERS.fullmatch(text.split(" ")[0]):
            return text.split(" ")[0]
        name, slash, version = text.partition("/")
        pseudonym = self.of("agent", name)
        self._terms[text] = self._terms[name] = pseudonym
        return pseudonym + (slash + version if re.fullmatch(r"[\d.]{1,20}", version) else "")

    def query(self, text: str) -> str:
        """Return a query without its literals and comments, and without users it names."""

        def replaced(found: re.Match[str]) -> str:
            piece = found[0]
            if piece[0] in "'\"":
                return self.of("$s", piece)
            if piece[0].isdigit():
                return self.of("$n", piece)
            if piece.startswith("/"):
                return ""
            return self._users.get(piece.strip("`"), piece)

        return _QUERY.sub(replaced, text)

    def path(self, text: str) -> str:
        """Return a path inside an export, with the parts that every export has kept."""
        if text in self._paths:
            return self._paths[text]
        shown = "".join(
            part if part in {"/", "!", ""} else self._part(part)
            for part in re.split(r"([/!])", text)
        )
        self._paths[text] = shown
        return shown

    def connection(self, text: str) -> str:
        """Return a connection's or a transaction's id; one of an odd shape gets a pseudonym."""
        return text if _ID.fullmatch(text) else self.of("connection", text)

    def frame(self, text: str) -> str:
        """Return a stack frame; code that is neither Neo4j's nor Java's loses its name."""
        return text if not text or _CODE.fullmatch(text) else self.of("code", text)

    def setting(self, name: str, value: str) -> str:
        """Return a setting's value, with addresses and whatever is not known replaced."""
        if value == "(hidden)" or not value or _number(value) or value.lower() in _CHOICES:
            return value
        if re.search(r"address|host|uri|url|endpoint|member", name):
            parts = re.split(r"([,\s]+)", value)
            return "".join(p if not p.strip(", \n\t") else self.server(p) for p in parts)
        if value.startswith(("/", "./", "../")) or re.match(r"[A-Za-z]:[\\/]", value):
            return self.path(value.replace("\\", "/"))
        return self.text(value)

    def text(self, text: str, *, paths: bool = False) -> str:
        """Return a message with every word replaced that boltkb itself does not know.

        Parameters
        ----------
        text : str
        paths : bool
            Whether paths met so far are looked for, which may hold blanks.
        """
        if paths:
            for path, shown in self._paths.items():
                if path != shown and path in text:
                    text = text.replace(path, shown)
        text = _QUOTED.sub(self._quoted, text)
        text = _IP.sub(lambda found: self._ip(found[0]), text)
        return _TOKEN.sub(lambda found: self._token(found[0]), text)

    def _quoted(self, found: re.Match[str]) -> str:
        mark = found[0][0]
        inner = next((group for group in found.groups() if group is not None), "")
        if _IP.search(inner) or " " not in inner:
            return found[0]
        return f"{mark}{self._unless_known(inner)}{mark}"

    def _unless_known(self, inner: str) -> str:
        words = [self._token(token) == token for token in _TOKEN.findall(inner)]
        return inner if all(words) else self.of("text", inner)

    def _ip(self, text: str) -> str:
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            # A Java server writes all eight parts of an address and the port behind them.
            host, _, port = text.rpartition(":")
            if text.count(":") == 8 and port.isdigit():
                shown = self._ip(host)
                return text if shown == host else f"{shown}:{port}"
            return text
        if address.is_loopback or address.is_unspecified:
            return text
        return self._host(text, "client")

    def _host(self, text: str, role: str) -> str:
        if text.lower() in _LOOPBACK:
            return text
        found = self._terms.get(text)
        if found is None or (role == "server" and found.startswith("client-")):
            found = self._terms[text] = self.of(role, text)
        return found

    def _address(self, text: str, role: str) -> str:
        scheme, mark, rest = text.rpartition("://")
        host, colon, port = rest.rpartition(":")
        if not colon or not port.isdigit() or (":" in host and not host.startswith("[")):
            host, colon, port = rest, "", ""
            eight, _, last = rest.rpartition(":")
            if rest.count(":") == 8 and last.isdigit():
                host, colon, port = eight, ":", last
        bare = host.strip("[]").strip("/").rpartition("/")[2]
        try:
            address = ipaddress.ip_address(bare.partition("%")[0])
            kept = address.is_loopback or address.is_unspecified
        except ValueError:
            kept = False
        return f"{scheme}{mark}{host if kept else self._host(bare, role)}{colon}{port}"

    def _part(self, part: str) -> str:
        if _tells_nothing(part) or part in {".", ".."}:
            return part
        ending = _ENDING.search(part)
        stem = part[: ending.start()] if ending else part
        shown = self._terms.get(stem) or self.of("file", stem)
        return shown + (ending[0] if ending else "")

    def _token(self, token: str) -> str:
        bare = token.strip(".:")
        found = self._terms.get(token) or self._terms.get(bare)
        if found is not None and bare.lower() not in _FILES:
            return token.replace(bare, found) if bare in self._terms else found
        if self._harmless(bare):
            return token
        host, colon, port = bare.rpartition(":")
        if colon and port.isdigit() and host:
            if host in self._originals:
                return token
            return token.replace(bare, f"{self._host(host, 'server')}:{port}")
        ending = _ENDING.search(bare)
        if ending is not None and ending[0]:
            return token.replace(bare, self.path(bare))
        if re.fullmatch(r"[A-Za-z][\w-]*(?:\.[\w-]+)+", bare):
            return token.replace(bare, self._host(bare, "server"))
        return token.replace(bare, self.of("text", bare))

    def _harmless(self, token: str) -> bool:
        if not token or token in self._originals or token.rpartition("-")[0] in {"$s", "$n"}:
            return True
        if token.partition(":")[0] in self._originals or token.partition(".")[0] in self._originals:
            return True
        lower = token.lower()
        if lower in _LOOPBACK or lower.partition(":")[0] in _LOOPBACK:
            return True
        # An address that is still here is loopback's.
        if (
            _number(token)
            or _IP.fullmatch(token)
            or _VERSION.fullmatch(token)
            or _ID.fullmatch(token)
        ):
            return True
        if _CODE.fullmatch(token) or lower in _KNOWN_MIXED:
            return True
        words = {word.lower() for word in _WORD.findall(token)}
        if any(character.isdigit() for character in token):
            return bool(_SETTING.fullmatch(token)) and words <= _vocabulary()
        return words <= _vocabulary()


def _number(text: str) -> bool:
    return _NUMBER.fullmatch(text.strip()) is not None and _IP.fullmatch(text.strip()) is None


def _tells_nothing(part: str) -> bool:
    """Whether a part of a path consists of what every export has."""
    name = re.sub(r"(?i)\.(?:csv)(?:\.\d+)?(?:\.(?:zip|gz))?$", "", part)
    known = metric_id(name)
    if known is not None:
        return known[1] in {None, "neo4j", "system"}
    bare = re.sub(r"neo4j", "neo", _ENDING.sub("", part), flags=re.IGNORECASE)
    if _IP.search(part):
        return False
    pieces = [piece for piece in re.split(r"[^A-Za-z0-9]+", bare) if piece]
    return all(piece.isdigit() or piece.lower() in _FILES for piece in pieces)


@functools.cache
def _vocabulary() -> frozenset[str]:
    """Every word that stands in boltkb's own readers and catalogue: those tell of nobody."""
    home = Path(__file__).resolve().parent
    files = [*home.rglob("*.py"), *(home.parent / "catalogue").glob("*.toml")]
    words: set[str] = set()
    for file in files:
        text = file.read_text(encoding="utf-8")
        words.update(word.lower() for word in _WORD.findall(text))
    return frozenset(words)
