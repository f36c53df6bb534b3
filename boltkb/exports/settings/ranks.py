"""Which of two values of a setting is in force: by how each came to be known.

Knows nothing of files; only the ranks of `SettingValue.origin`.
"""

from __future__ import annotations

from collections.abc import Mapping

from boltkb.catalogue import load_settings, setting_id
from boltkb.exports.records import SettingOrigin, SettingValue

__all__ = ["disagreement", "outranks", "weighed"]

_RANK: Mapping[SettingOrigin, int] = {"file": 0, "environment": 1, "start": 2, "running": 3}
_SAYS: Mapping[SettingOrigin, tuple[str, str]] = {
    "environment": ("the container's environment sets", "the environment"),
    "start": ("the server started with", "what it started with"),
    "running": ("the running server said", "what the running server said"),
    "file": ("another file has", "the later one"),
}


def outranks(value: SettingValue, other: SettingValue) -> bool:
    """Return whether a value is known on better grounds than another.

    Examples
    --------
    >>> from boltkb.exports.records import Where
    >>> conf = SettingValue("a", "1", Where("neo4j.conf", 1))
    >>> outranks(SettingValue("a", "2", Where("env.prop", 1), "environment"), conf)
    True
    """
    return _RANK[value.origin] > _RANK[other.origin]


def disagreement(strong: SettingValue, weak: SettingValue) -> tuple[str, ...]:
    """Return a line about two values that contradict each other; none where they agree.

    Examples
    --------
    >>> from boltkb.exports.records import Where
    >>> name = "server.bolt.thread_pool_max_size"
    >>> conf = SettingValue(name, "40", Where("neo4j.conf", 1))
    >>> said = SettingValue(name, "8", Where("settings.csv", 2), "running")
    >>> disagreement(said, conf)[0].endswith("what the running server said is taken")
    True
    """
    if not weighed(strong.name) or strong.value.strip().lower() == weak.value.strip().lower():
        return ()
    says, taken = _SAYS[strong.origin]
    line = (
        f"{weak.name} is {weak.value} in {weak.where}, but {says} {strong.value}"
        f" ({strong.where}); {taken} is taken"
    )
    return (line,)


def weighed(name: str) -> bool:
    """Return whether two spellings of a setting's value can be compared.

    Durations and lists have several spellings; numbers and switches have one.

    Examples
    --------
    >>> weighed("server.bolt.thread_pool_max_size"), weighed("server.bolt.thread_pool_keep_alive")
    (True, False)
    """
    known = setting_id(name)
    return known is not None and load_settings()[known].kind in {"integer", "boolean"}
