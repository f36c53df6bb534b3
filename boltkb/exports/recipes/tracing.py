"""The debug-level trace of the Bolt threads: what to write into server-logs.xml, and its price.

The lines below were run on servers of 5.26.30 and 2026.04.0: the file appears within half a minute
without a restart, `debug.log` gets no line of it, and each rejection is in it.
"""

from __future__ import annotations

__all__ = ["APPENDER", "FILE", "LOGGER", "NOTES"]

#: A name that is not Neo4j's own, and that is read as a debug log.
FILE = "debug-bolt.log"

# What stands in braces in a message are query texts, parameters and bookmarks: they are cut out.
_MESSAGE = r"%replace{%m}{(?s)\{.*\}}{}"
_LAYOUT = f"%d{{yyyy-MM-dd HH:mm:ss.SSSZ}}{{GMT+0}} %-5p [%c{{1.}}] {_MESSAGE}%n"

APPENDER = f"""\
<RollingRandomAccessFile name="BoltTrace"
    fileName="${{config:server.directories.logs}}/{FILE}"
    filePattern="$${{config:server.directories.logs}}/{FILE}.%02i">
  <PatternLayout
    pattern="{_LAYOUT}"/>
  <Policies><SizeBasedTriggeringPolicy size="100 MB"/></Policies>
  <DefaultRolloverStrategy fileIndex="min" max="10"/>
</RollingRandomAccessFile>"""

# `additivity` keeps the trace out of debug.log; the second reference keeps there what it had.
LOGGER = """\
<Logger name="org.neo4j.bolt.protocol.common.connector" level="DEBUG" additivity="false">
  <AppenderRef ref="BoltTrace"/>
  <AppenderRef ref="DebugLog" level="INFO"/>
</Logger>"""

NOTES = (
    (
        "It shows every hold of a thread, its waiting for the client, and every rejection, in every"
        " edition."
    ),
    (
        'After a quarter of an hour write level="INFO" in place of level="DEBUG", or take the lines'
        " out again. The files cannot grow above 1.1 GB; a transaction with one query is about 1.5"
        " kB."
    ),
    (
        "Do not raise the level of debug.log itself: its eight files of 20 MB would turn over in"
        " minutes and take the incident with them."
    ),
    (
        f"Query texts and parameters are cut out of it. Save logs/{FILE}* by hand: neo4j-admin's"
        " report leaves it out."
    ),
    (
        'Without monitorInterval="30" in the first line of server-logs.xml, as it is shipped, a'
        " restart is needed: take thread dumps first."
    ),
)
