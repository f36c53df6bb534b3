"""What can be saved or asked right now, without a change to the server."""

from __future__ import annotations

import re
from collections.abc import Callable

from boltkb.catalogue import Version
from boltkb.exports.recipes.plan import FIRST_XML, Plan, Snippet, Step, merged

__all__ = [
    "configuration",
    "driver_log",
    "dumps",
    "list_connections",
    "list_transactions",
    "logs",
    "server_report",
    "sockets",
]

_DUMPS = (
    "pid=$(jcmd -l | awk '/EntryPoint|Neo4jCommunity|Neo4jEnterprise/ {print $1; exit}')\n"
    "for i in 1 2 3; do jcmd $pid Thread.print > threaddump-$i.txt; sleep 10; done"
)
_SHOWS_TRANSACTIONS = Version(4, 4)
_COMMUNITY_LISTS = Version(4, 2)
_PORT = re.compile(r":(\d{1,5})$")


def dumps(_plan: Plan) -> Step:
    """Return how to take thread dumps."""
    return Step(
        "dumps",
        "Take thread dumps while the trouble lasts",
        "at once; the server notices nothing",
        (Snippet("a shell, as the user that runs Neo4j", _DUMPS),),
        (
            (
                "They need no Bolt thread, so they work on a full pool. Repeat them: what one"
                " connection holds in dump after dump is held for long."
            ),
        ),
    )


def list_transactions(plan: Plan) -> Step:
    """Return how to list the open transactions; nothing for Community before 4.2."""

    def text(version: Version) -> str | None:
        if version >= _SHOWS_TRANSACTIONS:
            return "SHOW TRANSACTIONS YIELD *"
        if version >= _COMMUNITY_LISTS or plan.edition != "community":
            return "CALL dbms.listTransactions()"
        return None

    return Step(
        "list-transactions",
        "List the open transactions",
        "at once",
        _cypher(plan, text, "show-transactions.csv"),
        (
            (
                "The question needs a Bolt thread itself: a full pool may refuse it, then ask"
                " again. The list holds query texts."
            ),
            *_enterprise_once(plan),
        ),
    )


def list_connections(plan: Plan) -> Step:
    """Return how to list the connections; nothing for Community before 4.2."""

    def text(version: Version) -> str | None:
        if version >= _COMMUNITY_LISTS or plan.edition != "community":
            return "CALL dbms.listConnections()"
        return None

    return Step(
        "list-connections",
        "List the connections",
        "at once",
        _cypher(plan, text, "list-connections.csv"),
        (
            "It needs a Bolt thread itself. It names the program of each client (user agent).",
            *_enterprise_once(plan),
        ),
    )


def _enterprise_once(plan: Plan) -> tuple[str, ...]:
    old = any(version < _COMMUNITY_LISTS for version in plan.versions)
    return ("Before 4.2 it belongs to Enterprise Edition.",) if old else ()


def sockets(plan: Plan) -> Step:
    """Return how to list the sockets of the Bolt port."""
    found = plan.export.setting("bolt-listen-address")
    port = _PORT.search(found.value) if found is not None else None
    number = port[1] if port else "7687"
    return Step(
        "sockets",
        "List the sockets of the Bolt port",
        "at once; the server notices nothing",
        (Snippet("a shell", f"ss -tan '( sport = :{number} )' > ss.txt"),),
        ("It shows idle connections and those that never said a word, by address.",),
    )


def logs(plan: Plan) -> Step:
    """Return which logs to save."""
    logs = plan.folder("directory-logs", "logs")
    return Step(
        "logs",
        "Save neo4j.log and debug.log with all their rotated files",
        "at once; nothing changes",
        (Snippet("a shell", f"cp -p {logs}/neo4j.log* {logs}/debug.log* EXPORT/"),),
        (
            (
                "The start of the server should be among them: it tells version, edition, settings"
                " and machine. Where a package of Debian or Red Hat runs Neo4j, neo4j.log is in the"
                " journal: journalctl --unit=neo4j > neo4j.log."
            ),
        ),
    )


def configuration(plan: Plan) -> Step:
    """Return which configuration to save."""
    return Step(
        "configuration",
        "Save the configuration",
        "at once; nothing changes",
        merged(
            plan,
            lambda version: (
                "a shell",
                "cp -p conf/neo4j.conf EXPORT/"
                if version < FIRST_XML
                else "cp -p conf/neo4j.conf conf/server-logs.xml conf/user-logs.xml EXPORT/",
            ),
        ),
        (
            (
                "Look for passwords in it before you give it away. In a container the settings are"
                " in its environment: env | grep '^NEO4J_' | grep -vi -e auth -e password >"
                " env.prop."
            ),
        ),
    )


def server_report(plan: Plan) -> Step:
    """Return how to have Neo4j gather a report."""
    return Step(
        "server-report",
        "Let Neo4j gather a report",
        "at once",
        merged(
            plan,
            lambda version: (
                "a shell, as the user that runs Neo4j",
                "bin/neo4j-admin report --to=EXPORT"
                if version < FIRST_XML
                else "bin/neo4j-admin server report --to-path=EXPORT",
            ),
        ),
        ("It holds logs, metrics, configuration and a thread dump; it may be large.",),
    )


def driver_log(_plan: Plan) -> Step:
    """Return how to have drivers log their pools."""
    return Step(
        "driver-log",
        "Let the clients' drivers log their pools",
        "with the client's next start",
        (
            Snippet("a Python client", 'logging.getLogger("neo4j").setLevel(logging.DEBUG)'),
            Snippet("a JavaScript client", "{ logging: neo4j.logging.console('debug') }"),
            Snippet(
                "a Java client",
                "Config.builder().withLogging(Logging.javaUtilLogging(Level.FINE))",
            ),
        ),
        (
            (
                "The server sees neither the waiting for a connection nor a retry. Java can give"
                " numbers instead of lines: withDriverMetrics()."
            ),
        ),
    )


def _cypher(plan: Plan, text: Callable[[Version], str | None], file: str) -> tuple[Snippet, ...]:
    return merged(
        plan,
        lambda version: (
            None
            if (found := text(version)) is None
            else ("a shell", f'cypher-shell --format plain "{found}" > {file}')
        ),
    )
