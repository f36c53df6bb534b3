"""query.log: a line for each query whose result was consumed, in the version's grammar."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from boltkb.catalogue import Version
from boltkb.twin.clients import Client
from boltkb.twin.kernel import codes
from boltkb.twin.running import Run
from boltkb.twin.writing.configuration import PORT, address
from boltkb.twin.writing.dialects import Dialect
from boltkb.twin.writing.lines import Floats, joined, moments
from boltkb.twin.writing.options import Options
from boltkb.twin.writing.places import Places
from boltkb.twin.writing.rotating import RotatingFile

if TYPE_CHECKING:
    import polars

__all__ = ["QueryLog", "query_text", "transaction_number"]

Integers = npt.NDArray[np.int64]
_TEXTS = (
    "MATCH (i:Item {{id: $id}})-[:IN]->(o:Order) RETURN o.id, o.total LIMIT 25 // {0}",
    "MATCH (c:Customer {{id: $id}})-[:PLACED]->(o:Order) RETURN count(o) // {0}",
    "MERGE (i:Item {{id: $id}}) SET i.seen = timestamp() RETURN i.id // {0}",
    "MATCH (a:Account {{id: $id}})-[:KNOWS*1..3]->(b) RETURN DISTINCT b.id LIMIT 100 // {0}",
)
#: Where a worker is at a query.
_AT_IT = (codes.QUERY, codes.WAIT_LOCK, codes.WORKING, codes.WORKED, codes.READING, codes.READ)
_PLANNING_MS = 1


def query_text(client: Client) -> str:
    """Return the query that a client sends.

    Examples
    --------
    >>> from boltkb.twin import Poisson, Work
    >>> query_text(Client("shop-api/2.3", Work(seconds=0.1), Poisson(1.0))).endswith("shop-api")
    True
    """
    name = client.name.partition("/")[0]
    safe = "".join(sign if sign.isalnum() or sign in "-_." else " " for sign in name)
    return _TEXTS[zlib.crc32(client.name.encode()) % len(_TEXTS)].format(safe)


def transaction_number(times: Floats) -> Integers:
    """Return the number of the transaction, or query, that began at each of some moments (s)."""
    return np.rint(times * 1e6).astype(np.int64) + 7


class QueryLog:
    """Writes one member's query.log.

    Parameters
    ----------
    folder : Path
        Its `logs`.
    clients : tuple of Client
    member : int
    dialect : Dialect
    options : Options
    places : Places
    """

    def __init__(
        self,
        folder: Path,
        *,
        clients: tuple[Client, ...],
        member: int,
        dialect: Dialect,
        options: Options,
        places: Places,
    ) -> None:
        import polars as pl

        self._member = member
        self._dialect = dialect
        self._mode = options.query_log_mode
        self._began = options.began
        self._places = places
        self._agents = pl.Series([_plain(client.name) for client in clients], dtype=pl.String)
        self._texts = pl.Series([query_text(client) for client in clients], dtype=pl.String)
        self._since = 0.0
        entry = b"\n{" if self._mode == "json" else b"\n20"
        self._file = RotatingFile(
            folder / "query.log", limit=options.log_size, ending=dialect.rotated, entry=entry
        )

    def take(self, records: Floats, run: Run) -> None:
        """Write the queries that ended in a block, and with `verbose` those that began in it."""
        import polars as pl

        rows = records[records[:, 0] == codes.REC_QUERY]
        parts = []
        if self._mode == "verbose":
            started = np.concatenate([rows[rows[:, 2] > self._since], self._under_way(run)])
            # The line comes after planning, which takes no longer than the query.
            lasted = np.where(started[:, 1] > 0, started[:, 1] - started[:, 2], np.inf)
            planned = np.minimum(_PLANNING_MS / 1000.0, lasted)
            at = started[:, 2] + planned
            parts.append(self._table(started, at, np.floor(planned * 1000.0 + 1e-6), True))
            self._since = run.now
        elapsed = np.floor((rows[:, 1] - rows[:, 2]) * 1000.0 + 1e-6)
        parts.append(self._table(rows, rows[:, 1], elapsed, False))
        table = pl.concat(parts).sort("moment", maintain_order=True)
        self._file.write(joined(table["line"]))

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def _under_way(self, run: Run) -> Floats:
        """Return queries that have begun and not ended, in the shape of their later records."""
        connections = run.state.connections
        at_it = np.isin(connections["phase"], _AT_IT) & (connections["state"] == codes.RUNNING)
        at_it &= (connections["member"] == self._member) & (connections["in_transaction"] == 1)
        these = connections[at_it & (connections["pending"] > self._since)]
        found = np.zeros((len(these), 16))
        for place, name in (
            (2, "pending"), (3, "transaction_start"), (4, "serial"), (6, "client"),
        ):  # fmt: skip
            found[:, place] = these[name]
        return found[np.argsort(found[:, 2], kind="stable")]

    def _table(
        self, rows: Floats, moment: Floats, elapsed: Floats, start: bool
    ) -> polars.DataFrame:
        import polars as pl

        lines = self._json(rows, moment, elapsed, start) if self._mode == "json" else None
        if lines is None:
            lines = self._plain(rows, moment, elapsed, start)
        return pl.DataFrame({"moment": pl.Series(moment, dtype=pl.Float64), "line": lines})

    def _source(self, rows: Floats, user: str) -> list[polars.Series | polars.Expr]:
        import polars as pl

        serials, client = rows[:, 4].astype(np.int64), rows[:, 6].astype(np.int64)
        drivers = self._places.drivers(serials)
        host: list[polars.Series | polars.Expr] = [
            pl.lit("client/10."), _text(1 + client % 200), pl.lit("."), _text(drivers // 250),
            pl.lit("."), _text(1 + drivers % 250), pl.lit(":"), _text(self._places.ports(serials)),
        ]  # fmt: skip
        tab = "\\t" if self._mode == "json" else "\t"
        return [
            pl.lit(f"bolt-session{tab}bolt{tab}{user}"), self._agents.gather(client),
            pl.lit(f"{tab}{tab}"), *host,
            pl.lit(f"{tab}server/{address(self._member)}:{PORT}>"),
        ]  # fmt: skip

    def _plain(self, rows: Floats, moment: Floats, elapsed: Floats, start: bool) -> polars.Series:
        import polars as pl

        old = self._dialect.version < Version.parse("4.0")
        modern = self._dialect.modern
        waiting = _text(np.rint(rows[:, 11] * 1000.0)) if not start else _text(rows[:, 11] * 0)
        parts: list[polars.Series | polars.Expr] = [
            moments(self._began + moment), pl.lit("+0000 INFO  "),
        ]  # fmt: skip
        if start:
            parts.append(pl.lit("Query started: "))
        if self._mode == "verbose" and not old:
            parts += [pl.lit("id:"), _text(transaction_number(rows[:, 2])), pl.lit(" - ")]
        if modern:
            number = _text(transaction_number(rows[:, 3]))
            parts += [pl.lit("transaction id:"), number, pl.lit(" - ")]
        parts += [
            _text(elapsed), pl.lit(f" ms: (planning: {_PLANNING_MS}, waiting: "), waiting,
            pl.lit(") - "),
        ]  # fmt: skip
        if not old:
            parts.append(pl.lit("0 B - " if start else "312 B - "))
        if modern:
            pages = "0 page hits, 0 page faults - " if start else "24 page hits, 0 page faults - "
            parts.append(pl.lit(pages))
        parts += self._source(rows, "neo4j\t" if old else "")
        runtime = "null" if start else "slotted"
        end = " - {id: 1} - {}" if old else f" - {{id: 1}} - runtime={runtime} - {{}}"
        parts += [
            pl.lit("\tneo4j - " if old else "\tneo4j - neo4j - "),
            self._texts.gather(rows[:, 6].astype(np.int64)), pl.lit(end),
        ]  # fmt: skip
        return pl.select(pl.concat_str(parts)).to_series()

    def _json(self, rows: Floats, moment: Floats, elapsed: Floats, start: bool) -> polars.Series:
        import polars as pl

        modern = self._dialect.modern
        event = "start" if start else "success"
        number = _text(transaction_number(rows[:, 2]))
        quoted = "" if self._dialect.version >= Version.parse("4.4") else '"'
        users = '"executingUser":"neo4j","authenticatedUser":"neo4j"'
        if self._dialect.version < Version.parse("4.4"):
            users = '"username":"neo4j"'
        parts: list[polars.Series | polars.Expr] = [
            pl.lit('{"time":"'), moments(self._began + moment),
            pl.lit(f'+0000","level":"INFO","event":"{event}","type":"query","id":{quoted}'), number,
            pl.lit(f'{quoted},"elapsedTimeMs":'), _text(elapsed),
            pl.lit(f',"planning":{_PLANNING_MS},"waiting":'), _text(np.rint(rows[:, 11] * 1000.0)),
            pl.lit(',"allocatedBytes":312,"pageHits":24,"pageFaults":0,"source":"'),
            *self._source(rows, ""), pl.lit(f'","database":"neo4j",{users},"query":"'),
            self._texts.gather(rows[:, 6].astype(np.int64)),
            pl.lit('","queryParameters":"{id: 1}","runtime":"slotted","annotationData":"{}"'),
        ]  # fmt: skip
        if modern:
            parts += [pl.lit(',"transactionId":'), _text(transaction_number(rows[:, 3]))]
        parts.append(pl.lit("}"))
        return pl.select(pl.concat_str(parts)).to_series()


def _text(numbers: npt.NDArray[np.generic]) -> polars.Series:
    import polars as pl

    return pl.Series(np.asarray(numbers).astype(np.int64)).cast(pl.String)


def _plain(text: str) -> str:
    """Return an agent without what would break a line or a string of JSON."""
    return "".join(sign if sign.isprintable() and sign not in '"\\' else "?" for sign in text)
