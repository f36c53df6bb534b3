"""Ways to more evidence: exact lines for a version and an edition, with what they cost.

Knows how a server is told to say more, and what its export says of how it is set already.  Has no
opinion on which question is worth the trouble; `missing` has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from boltkb.catalogue import Version, setting_name
from boltkb.exports.export import Export
from boltkb.exports.filtering import metric_lines

__all__ = ["Plan", "Snippet", "Step", "step"]

#: The programs' own words are kept short: a dump needs no Bolt thread, a question over Bolt does.
_DUMPS = (
    "pid=$(jcmd -l | awk '/EntryPoint|Neo4jCommunity|Neo4jEnterprise/ {print $1; exit}')\n"
    "for i in 1 2 3; do jcmd $pid Thread.print > threaddump-$i.txt; sleep 10; done"
)
_SHOWS_TRANSACTIONS = Version(4, 4)
_COMMUNITY_LISTS = Version(4, 2)
_FIRST_XML = Version(5)
_FIRST_QUERY_LOG_BY_DEFAULT = Version(4)
_NAMES_TRANSACTIONS = Version(4, 3)
_FIRST_ACCOUNTING = Version(5, 18)
_PORT = re.compile(r":(\d{1,5})$")
_RESTART = (
    "A restart ends every transaction and so destroys the evidence of a leak: take thread dumps and"
    " the list of transactions first."
)


@dataclass(frozen=True, slots=True)
class Snippet:
    """Lines to copy.

    Parameters
    ----------
    where : str
        The file that they go into, or the program that takes them.
    text : str
        One or more lines.
    version : str
        The version that they are for, where the export does not tell its own; else empty.
    """

    where: str
    text: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A way to more evidence.

    Parameters
    ----------
    recipe : str
        Its id.
    title : str
        What to do, without a full stop.
    takes_effect : str
        `at once`, `within half a minute, without a restart`, `dynamic` or `needs a restart`.
    snippets : tuple of Snippet
    notes : tuple of str
        What it costs and what to beware of.
    questions : tuple of str
        The ids of the questions that it helps with.
    """

    recipe: str
    title: str
    takes_effect: str
    snippets: tuple[Snippet, ...]
    notes: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of the server that is to say more.

    Parameters
    ----------
    export : Export
    versions : tuple of Version
        The export's own, or the likely ones where it does not tell.
    known : bool
        Whether it tells.
    edition : str or None
        `community` or `enterprise`.
    metrics : tuple of str
        The ids of the metrics that questions want.
    """

    export: Export
    versions: tuple[Version, ...]
    known: bool
    edition: str | None
    metrics: tuple[str, ...]

    def label(self, version: Version) -> str:
        """Return how a snippet names its version: not at all where there is only one."""
        return "" if self.known else version.short

    def folder(self, key: str, usual: str) -> str:
        """Return a folder as the export's configuration names it, else its usual name."""
        found = self.export.setting(key)
        plain = found is not None and re.fullmatch(r"[\w./-]{1,200}", found.value)
        return found.value if found is not None and plain else usual


def step(recipe: str, plan: Plan, questions: Sequence[str]) -> Step | None:
    """Return a recipe written out for a server; None where its version has no such thing.

    Examples
    --------
    >>> from boltkb.exports import empty_export
    >>> plan = Plan(empty_export(), (Version(5, 26),), True, "community", ())
    >>> print(step("count-rejections", plan, ("rejections",)).snippets[0].text)
    server.bolt.enable_network_error_accounting=false
    """
    made = _RECIPES[recipe](plan)
    if made is None or not made.snippets:
        return None
    return Step(recipe, made.title, made.takes_effect, made.snippets, made.notes, tuple(questions))


def _dumps(_plan: Plan) -> Step:
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


def _list_transactions(plan: Plan) -> Step:
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
                "The question needs a Bolt thread itself: a full pool may refuse it, then ask again."
                " The list holds query texts."
            ),
        ),
    )


def _list_connections(plan: Plan) -> Step:
    def text(version: Version) -> str | None:
        if version >= _COMMUNITY_LISTS or plan.edition != "community":
            return "CALL dbms.listConnections()"
        return None

    return Step(
        "list-connections",
        "List the connections",
        "at once",
        _cypher(plan, text, "list-connections.csv"),
        ("It needs a Bolt thread itself. It names the program of each client (user agent).",),
    )


def _cypher(plan: Plan, text: Callable[[Version], str | None], file: str) -> tuple[Snippet, ...]:
    return _merged(
        plan,
        lambda version: (
            None
            if (found := text(version)) is None
            else ("a shell", f'cypher-shell --format plain "{found}" > {file}')
        ),
    )


def _merged(plan: Plan, make: Callable[[Version], tuple[str, str] | None]) -> tuple[Snippet, ...]:
    """Return the snippets of the plan's versions; those that are the same stand once."""
    made: dict[tuple[str, str], list[Version]] = {}
    for version in plan.versions:
        found = make(version)
        if found is not None:
            made.setdefault(found, []).append(version)
    return tuple(
        Snippet(where, text, "" if plan.known else ", ".join(each.short for each in versions))
        for (where, text), versions in made.items()
    )


def _sockets(plan: Plan) -> Step:
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


def _logs(plan: Plan) -> Step:
    logs = plan.folder("directory-logs", "logs")
    return Step(
        "logs",
        "Save neo4j.log and debug.log with all their rotated files",
        "at once; nothing changes",
        (Snippet("a shell", f"cp -p {logs}/neo4j.log* {logs}/debug.log* EXPORT/"),),
        (
            (
                "The start of the server should be among them: it tells version, edition, settings and"
                " machine. Where a package of Debian or Red Hat runs Neo4j, neo4j.log is in the"
                " journal: journalctl --unit=neo4j > neo4j.log."
            ),
        ),
    )


def _configuration(plan: Plan) -> Step:
    return Step(
        "configuration",
        "Save the configuration",
        "at once; nothing changes",
        _merged(
            plan,
            lambda version: (
                "a shell",
                "cp -p conf/neo4j.conf EXPORT/"
                if version < _FIRST_XML
                else "cp -p conf/neo4j.conf conf/server-logs.xml conf/user-logs.xml EXPORT/",
            ),
        ),
        (
            (
                "Look for passwords in it before you give it away. In a container the settings are in"
                " its environment: env | grep '^NEO4J_' | grep -vi -e auth -e password > env.prop."
            ),
        ),
    )


def _server_report(plan: Plan) -> Step:
    return Step(
        "server-report",
        "Let Neo4j gather a report",
        "at once",
        _merged(
            plan,
            lambda version: (
                "a shell, as the user that runs Neo4j",
                "bin/neo4j-admin report --to=EXPORT"
                if version < _FIRST_XML
                else "bin/neo4j-admin server report --to-path=EXPORT",
            ),
        ),
        ("It holds logs, metrics, configuration and a thread dump; it may be large.",),
    )


def _driver_log(_plan: Plan) -> Step:
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


def _query_log(plan: Plan) -> Step | None:
    if plan.edition == "community":
        return None
    logs = plan.folder("directory-logs", "logs")
    found = plan.export.setting("query-log")
    said = found.value.strip().upper() if found is not None else ""

    def on(version: Version) -> bool:
        if said:
            return said not in {"OFF", "FALSE"}
        return version >= _FIRST_QUERY_LOG_BY_DEFAULT

    def text(version: Version) -> tuple[str, str]:
        chosen: list[tuple[str, str]] = []
        if not on(version):
            chosen.append(("query-log", "true" if version < Version(4) else "INFO"))
        chosen.append(("query-log-parameters", "false"))
        if version < _FIRST_XML:
            chosen.append(("query-log-time", "true"))
            if version >= _NAMES_TRANSACTIONS:
                chosen.append(("query-log-transaction-id", "true"))
        lines = [f"{setting_name(key, version)}={value}" for key, value in chosen]
        return "neo4j.conf", "\n".join(lines)

    def call(version: Version) -> tuple[str, str]:
        lines = text(version)[1].split("\n")
        pairs = (line.split("=", 1) for line in lines)
        return "cypher-shell, for the running server", "\n".join(
            f"CALL dbms.setConfigValue('{name}', '{value}');" for name, value in pairs
        )

    return Step(
        "query-log",
        f"Save {logs}/query.log with all its rotated files"
        if all(on(version) for version in plan.versions)
        else "Switch query.log on, and save it with its rotated files",
        "dynamic: a running server takes it, the file keeps it",
        (*_merged(plan, call), *_merged(plan, text)),
        (
            (
                "Enterprise Edition only. Parameters are people's data and no report needs them: the"
                " line above keeps them out of what is written from then on, older files hold them."
            ),
            "It does not show the time that a client thinks inside a transaction.",
        ),
    )


def _trace(plan: Plan) -> Step | None:
    from boltkb.exports.tracing import APPENDER, LOGGER, NOTES

    newer = [version for version in plan.versions if version >= _FIRST_XML]
    if not newer:
        return None
    found = plan.export.setting("server-logs-config")
    plain = found is not None and re.fullmatch(r"[\w./-]{1,200}", found.value)
    file = found.value if found is not None and plain else "conf/server-logs.xml"
    label = "" if plan.known else "5.0 and later"
    return Step(
        "trace",
        "Trace the Bolt threads into a file of its own, for a quarter of an hour",
        "within half a minute, without a restart, where server-logs.xml is as shipped",
        (
            Snippet(f"{file}, before </Appenders>", APPENDER, label),
            Snippet(f"{file}, before </Loggers>", LOGGER, label),
        ),
        NOTES,
    )


def _metrics(plan: Plan) -> Step | None:
    if plan.edition == "community":
        return None
    return metric_step(plan)


def metric_step(plan: Plan) -> Step:
    """Return how to have the metrics that are wanted, whatever filter the server has."""
    snippets: list[Snippet] = []
    notes: list[str] = []
    changed = False
    folder = plan.folder("directory-metrics", "metrics")
    for version in plan.versions:
        lines, said = metric_lines(plan.export, plan.metrics, version)
        notes += said
        if lines:
            changed = True
            snippets.append(Snippet("neo4j.conf", "\n".join(lines), plan.label(version)))
    snippets.append(Snippet("a shell", f"cp -rp {folder} EXPORT/"))
    first = ("Metrics belong to Enterprise Edition; Community has none.",)
    if not changed:
        return Step(
            "metrics",
            "Save the folder of the metrics",
            "at once; nothing changes",
            tuple(snippets),
            (*first, *dict.fromkeys(notes)),
        )
    return Step(
        "metrics",
        "Let more metrics through, and save their folder",
        "needs a restart",
        tuple(snippets),
        (*first, *dict.fromkeys(notes), _RESTART),
    )


def _count_rejections(plan: Plan) -> Step | None:
    newer = [version for version in plan.versions if version >= _FIRST_ACCOUNTING]
    if not newer:
        return None
    name = setting_name("bolt-error-accounting", newer[-1])
    return Step(
        "count-rejections",
        "Have each rejection written as a line of its own",
        "needs a restart",
        (Snippet("neo4j.conf", f"{name}=false", "" if plan.known else "5.18 and later"),),
        (
            "In an overload the log then grows fast: take it out again when you know enough.",
            _RESTART,
        ),
    )


def _gc_log(plan: Plan) -> Step:
    return Step(
        "gc-log",
        "Switch gc.log on",
        "needs a restart",
        _merged(plan, lambda version: ("neo4j.conf", f"{setting_name('gc-log', version)}=true")),
        (_RESTART,),
    )


_RECIPES: Mapping[str, Callable[[Plan], Step | None]] = {
    "dumps": _dumps,
    "list-transactions": _list_transactions,
    "list-connections": _list_connections,
    "sockets": _sockets,
    "logs": _logs,
    "configuration": _configuration,
    "server-report": _server_report,
    "driver-log": _driver_log,
    "trace": _trace,
    "query-log": _query_log,
    "metrics": _metrics,
    "count-rejections": _count_rejections,
    "gc-log": _gc_log,
}
