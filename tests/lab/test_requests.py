from __future__ import annotations

import base64

import pytest

pytest.importorskip("neo4j", reason="the lab needs: boltkb[lab] (pip)")

from data.lab.errors import LabError
from data.lab.requests import later_bookmark

#: As a 5.26 server gave it, after its fifth transaction.
FIFTH = "FB:kcwQLhyy/4oWRU2WMaEQ9+lciAWQ"


def packed(number: bytes) -> str:
    body = base64.b64decode(FIFTH[3:])
    return "FB:" + base64.b64encode(body[:19] + number + body[-1:]).decode()


@pytest.mark.parametrize(
    ("number", "last"),
    [(b"\x05", 5), (b"\xc9\x01\x00", 256), (b"\xca\x00\x01\x00\x00", 65_536)],
)
def test_a_later_bookmark_is_of_the_same_database(number: bytes, last: int) -> None:
    found = base64.b64decode(later_bookmark(packed(number), 1000)[3:])
    assert found[:19] == base64.b64decode(FIFTH[3:])[:19]
    assert found[19] == 0xCA
    assert int.from_bytes(found[20:24], "big") == last + 1000
    assert found[24:] == b"\x90"


@pytest.mark.parametrize("other", ["FB:AAAA", "neo4j:bookmark:v1:tx5", packed(b"\xc9\x01")])
def test_a_bookmark_of_another_form_is_refused(other: str) -> None:
    with pytest.raises(LabError, match="form that the lab cannot read"):
        later_bookmark(other, 1000)
