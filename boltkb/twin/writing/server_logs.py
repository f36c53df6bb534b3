"""debug.log and neo4j.log: what the run has to say, in the version's layout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from boltkb.catalogue import Version
from boltkb.twin.clients import Client
from boltkb.twin.kernel import codes
from boltkb.twin.server import Server
from boltkb.twin.writing.dialects import Dialect
from boltkb.twin.writing.lines import Floats, joined, moments, stamp
from boltkb.twin.writing.options import Options
from boltkb.twin.writing.places import Places
from boltkb.twin.writing.rejections import Episodes, entries_of, refusals
from boltkb.twin.writing.rotating import RotatingFile
from boltkb.twin.writing.startup import Entry, diagnostics, starting

if TYPE_CHECKING:
    import polars

__all__ = ["ServerLogs"]

#: The server looks up every tenth of a second, and tells of more than that only.
_PAUSE_TOLD = 0.1
#: Records that become text at once: a rejection of 4.4 takes 2,000 bytes.
_ROWS = 20_000


class ServerLogs:
    """Writes one member's debug.log and neo4j.log.

    Parameters
    ----------
    folder : Path
        Its `logs`.
    server : Server
    clients : sequence of Client
    member : int
    dialect : Dialect
    options : Options
    settings : list of (str, str)
        Those of neo4j.conf.
    places : Places
    """

    def __init__(
        self,
        folder: Path,
        *,
        server: Server,
        clients: tuple[Client, ...],
        member: int,
        dialect: Dialect,
        options: Options,
        settings: list[tuple[str, str]],
        places: Places,
    ) -> None:
        self._server = server
        self._dialect = dialect
        self._options = options
        self._places = places
        self._episodes = Episodes() if options.gathers(dialect) else None
        self._consumes = np.array([client.work.read is not None for client in clients])
        self._now = options.began

        def again() -> bytes:
            if not dialect.repeats_diagnostics:
                return b""
            found = diagnostics(server, dialect, options, settings, 0.0)
            return joined(self._debug_lines(_table(found, self._now)))

        first = b"\n{" if dialect.json_debug else b"\n20"
        shared = {"limit": options.log_size, "ending": dialect.rotated}
        self._debug = RotatingFile(folder / "debug.log", entry=first, begin=again, **shared)  # type: ignore[arg-type]
        self._user = RotatingFile(folder / "neo4j.log", entry=b"\n20", **shared)  # type: ignore[arg-type]
        self._write([_table(starting(server, dialect, options, settings, member), self._now)])

    def take(self, records: Floats) -> None:
        """Write what a block's records of this member say.

        Parameters
        ----------
        records : (n, 16) array
            In the order of time, all of this member.
        """
        for first in range(0, len(records), _ROWS):
            self._take(records[first : first + _ROWS])

    def _take(self, records: Floats) -> None:
        found: list[polars.DataFrame] = []
        kinds = records[:, 0]
        began = self._options.began
        holds = records[kinds == codes.REC_HOLD]
        refused = holds[holds[:, 8] == codes.REFUSED]
        if len(refused):
            found += refusals(
                began + refused[:, 1],
                refused,
                self._dialect,
                episodes=self._episodes,
                debug=self._options.debug,
            )
        pauses = records[(kinds == codes.REC_PAUSE) & (records[:, 2] > _PAUSE_TOLD)]
        if len(pauses):
            found.append(self._pauses(pauses))
        late = holds[
            (holds[:, 10] >= self._server.consume_limit * (1 - 1e-9))
            & self._consumes[holds[:, 6].astype(np.int64)]
        ]
        if len(late):
            found += self._slow_consumers(late)
        overdue = records[(kinds == codes.REC_TRY) & (records[:, 8] == codes.TRANSACTION_TIMEOUT)]
        if len(overdue):
            found.append(self._timeouts(overdue))
        if len(records):
            self._now = began + float(records[-1, 1])
        self._write(found)

    def close(self) -> None:
        """Finish the files."""
        self._debug.close()
        self._user.close()

    def _pauses(self, rows: Floats) -> polars.DataFrame:
        lengths = np.rint(rows[:, 2] * 1000.0).astype(int)
        told = [
            f"Detected VM stop-the-world pause: {{pauseTime={length}, gcTime={length}, gcCount=1}}"
            for length in lengths.tolist()
        ]
        at = self._options.began + rows[:, 1] + rows[:, 2]
        return entries_of(
            at, "WARN", "o.n.k.i.c.VmPauseMonitorComponent", _series(told), user=False
        )

    def _slow_consumers(self, rows: Floats) -> list[polars.DataFrame]:
        at = self._options.began + rows[:, 1]
        limit = stamp(self._server.consume_limit, "%H:%M:%S%.3f")
        thrown = "org.neo4j.bolt.transport.TransportThrottleException: "
        if self._dialect.modern:
            late = f"{thrown}Outbound network buffer has failed to flush within mandated period of "
            category = "o.n.b.r.t.ChannelWriteThrottleHandler"
            told = "Fatal error occurred when handling a client connection"
            return [entries_of(at, "ERROR", category, told, below=late + limit, user=False)]
        serials = rows[:, 4].astype(np.int64)
        inside = [
            f"Bolt connection [/{peer}] will be closed because the client did not consume outgoing"
            f" buffers for {limit} which is not expected."
            for peer in self._places.peers(serials, rows[:, 6].astype(np.int64))
        ]
        lines = [
            f"Unexpected error detected in bolt session 'bolt-{number}'."
            for number in serials.tolist()
        ]
        if self._dialect.version < Version.parse("4.2"):
            lines = [f"{text} {reason}" for text, reason in zip(lines, inside, strict=True)]
        below = _series([thrown + text for text in inside])
        category = "o.n.b.r.DefaultBoltConnection"
        return [entries_of(at, "ERROR", category, _series(lines), below=below)]

    def _timeouts(self, rows: Floats) -> polars.DataFrame:
        at = self._options.began + rows[:, 1]
        version = self._dialect.version
        class_name = "TransactionMonitor" if self._dialect.padded else "KernelTransactionMonitor"
        category = f"o.n.k.i.a.t.m.{class_name}"
        count = "transactionSequenceNumber" if self._dialect.modern else "txReuseCount"
        database = "[neo4j/e37cdc74] " if version >= Version.parse("4.2") else ""
        told = [
            f"{database}Transaction KernelTransactionImplementationHandle{{{count}={number},"
            f" tx=KernelTransaction[{number % 64}]}} timeout."
            for number in rows[:, 4].astype(np.int64).tolist()
        ]
        return entries_of(at, "WARN", category, _series(told), user=False)

    def _write(self, tables: list[polars.DataFrame]) -> None:
        import polars as pl

        if not tables:
            return
        table = pl.concat(tables).sort("at", maintain_order=True)
        self._debug.write(joined(self._debug_lines(table.filter(pl.col("debug")))))
        self._user.write(joined(self._user_lines(table.filter(pl.col("user")))))

    def _debug_lines(self, table: polars.DataFrame) -> polars.Series:
        import polars as pl

        at = moments(table["at"].to_numpy()) + "+0000"
        if self._dialect.json_debug:
            stack = _where_any(
                table["below"], pl.lit(',"stacktrace":"') + _escaped(table["below"]) + '"'
            )
            parts = [
                pl.lit('{"time":"'), at, pl.lit('","level":"'), table["level"],
                pl.lit('","category":"'), table["category"], pl.lit('","message":"'),
                _escaped(table["message"]), pl.lit('"'), stack, pl.lit("}"),
            ]  # fmt: skip
        else:
            level = table["level"].str.pad_end(5) if self._dialect.padded else table["level"]
            below = _where_any(table["below"], pl.lit("\n") + table["below"])
            parts = [
                at, pl.lit(" "), level, pl.lit(" ["), table["category"], pl.lit("] "),
                table["message"], below,
            ]  # fmt: skip
        return pl.select(pl.concat_str(parts)).to_series()

    def _user_lines(self, table: polars.DataFrame) -> polars.Series:
        import polars as pl

        at = moments(table["at"].to_numpy()) + "+0000"
        below = _where_any(table["below"], pl.lit("\n") + table["below"])
        parts = [at, pl.lit(" "), table["level"].str.pad_end(5), pl.lit(" "), table["message"]]
        return pl.select(pl.concat_str([*parts, below])).to_series()


def _table(entries: list[Entry], now: float) -> polars.DataFrame:
    import polars as pl

    return pl.DataFrame(
        {
            "at": [now - entry.before for entry in entries],
            "level": [entry.level for entry in entries],
            "category": [entry.category for entry in entries],
            "message": [entry.message for entry in entries],
            "below": [""] * len(entries),
            "user": [entry.user for entry in entries],
            "debug": [entry.debug for entry in entries],
        },
        schema_overrides={"at": pl.Float64},
    )


def _where_any(texts: polars.Series, shown: polars.Expr) -> polars.Expr:
    """Return what is shown where there is any text, else nothing."""
    import polars as pl

    return pl.when(pl.lit(texts) == "").then(pl.lit("")).otherwise(shown)


def _series(texts: list[str]) -> polars.Series:
    import polars as pl

    return pl.Series(texts, dtype=pl.String)


def _escaped(texts: polars.Series) -> polars.Series:
    """Return texts as they stand within quotes in JSON."""
    if not texts.str.contains(r'["\\\x00-\x1f]').any():
        return texts
    return _series([json.dumps(text, ensure_ascii=False)[1:-1] for text in texts.to_list()])
