"""Settings that a running server listed: `SHOW SETTINGS` and `dbms.listConfig`.

Knows the columns of every version; the forms of such lists are read in `moments.listing`.
"""

from __future__ import annotations

from boltkb.catalogue import setting_id
from boltkb.exports.intake.members import Member
from boltkb.exports.moments.listing import read_rows
from boltkb.exports.records import SettingValue, Source, Where
from boltkb.exports.settings.secrets import hide_secrets

__all__ = ["read_listed"]

_NOTHING = frozenset({"", "null", "none", "no value", "<null>"})


def read_listed(member: Member) -> tuple[Source, tuple[SettingValue, ...]]:
    r"""Return the settings of a list that a running server gave.

    Of settings that nobody set, those that the catalogue does not know are left out.

    Parameters
    ----------
    member : Member

    Returns
    -------
    tuple of (Source, tuple of SettingValue)

    Raises
    ------
    ExportError
        When the file cannot be read.

    Examples
    --------
    >>> import io
    >>> text = b'name, value, isDynamic\n"server.bolt.thread_pool_max_size", "8", FALSE\n'
    >>> _, (value,) = read_listed(Member("settings.csv", None, lambda: io.BytesIO(text)))
    >>> value.value, value.origin
    ('8', 'running')
    """
    found: list[SettingValue] = []
    rows, refused, why = 0, 0, ""
    for row in read_rows(member):
        name = row.values.get("name", "").strip()[:200]
        if row.kind != "settings-list" or not name:
            refused += 1
            why = why or f"line {row.line}: not a row of the list, or a row without a name"
            continue
        rows += 1
        value = row.values.get("value", "").strip()
        if value.lower() in _NOTHING:
            continue
        said = (row.values.get("isexplicitlyset") or row.values.get("explicitlyset") or "").lower()
        default = row.values.get("defaultvalue")
        unset = said == "false" or (not said and default is not None and default.strip() == value)
        if unset and setting_id(name) is None:
            continue
        where = Where(member.path, row.line)
        found.append(SettingValue(name, hide_secrets(name, value), where, "running"))
    return Source(member.path, "settings-list", rows, refused, why), tuple(found)
