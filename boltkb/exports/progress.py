"""How far the reading of an export has come, file by file.

Knows neither terminals nor formats: whoever wants to show progress gives a callable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from boltkb.exports.gathered import Found
from boltkb.exports.intake.streams import Stream

__all__ = ["Progress", "Watch"]

#: Called with the files finished, all files, and what is read now.
Progress = Callable[[int, int, str], None]


@dataclass(slots=True)
class Watch:
    """Tells a `Progress` of each file when its reading begins.

    Parameters
    ----------
    total : int
        Files that will be read.
    progress : callable or None
        None to tell nobody.
    """

    total: int
    progress: Progress | None
    _finished: int = 0
    _begun: set[str] = field(default_factory=set)  # of the kind that is being read

    def told(self, found: Found) -> Found:
        """Return the found file, which tells of itself when it is first opened.

        Examples
        --------
        >>> import io
        >>> from boltkb.exports.intake.members import Member
        >>> said = []
        >>> watch = Watch(1, lambda *words: said.append(words))
        >>> member = Member("a/neo4j.conf", 0, lambda: io.BytesIO(b""))
        >>> watch.told(Found(member, "configuration", "neo4j.conf", 0)).member.open().read()
        b''
        >>> watch.finish(1)
        >>> said
        [(0, 1, 'a/neo4j.conf'), (1, 1, 'done')]
        """
        if self.progress is None:
            return found
        path, opener = found.member.path, found.member.opener

        def opened() -> Stream:
            if path not in self._begun:
                self._begun.add(path)
                self._tell(self._finished + len(self._begun) - 1, path)
            return opener()

        return replace(found, member=replace(found.member, opener=opened))

    def finish(self, files: int) -> None:
        """Say that so many further files are read, opened or not."""
        self._finished += files
        self._begun.clear()
        if self._finished == self.total:
            self._tell(self.total, "done")

    def _tell(self, done: int, what: str) -> None:
        if self.progress is not None:
            self.progress(min(done, self.total), self.total, what)
