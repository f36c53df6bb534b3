"""What must be set so that a server says more: logs, the trace, metrics, lines."""

from __future__ import annotations

from boltkb.catalogue import Version, setting_name
from boltkb.exports.recipes.filtering import metric_lines
from boltkb.exports.recipes.plan import FIRST_XML, Plan, Snippet, Step, is_path, merged
from boltkb.exports.recipes.tracing import APPENDER, LOGGER, NOTES

__all__ = ["count_rejections", "gc_log", "metrics", "query_log", "trace"]

_FIRST_QUERY_LOG_BY_DEFAULT = Version(4)
_NAMES_TRANSACTIONS = Version(4, 3)
_FIRST_ACCOUNTING = Version(5, 18)
_RESTART = (
    "A restart ends every transaction and so destroys the evidence of a leak: take thread dumps and"
    " the list of transactions first."
)


def query_log(plan: Plan) -> Step | None:
    """Return how to have query.log without people's data; None for Community."""
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
        if version < FIRST_XML:
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
        (*merged(plan, call), *merged(plan, text)),
        (
            (
                "Enterprise Edition only. Parameters are people's data and no report needs them:"
                " the line above keeps them out of what is written from then on, older files hold"
                " them."
            ),
            "It does not show the time that a client thinks inside a transaction.",
        ),
    )


def trace(plan: Plan) -> Step | None:
    """Return how to trace the Bolt threads; None before 5.0."""
    newer = [version for version in plan.versions if version >= FIRST_XML]
    if not newer:
        return None
    found = plan.export.setting("server-logs-config")
    file = found.value if found is not None and is_path(found.value) else "conf/server-logs.xml"
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


def metrics(plan: Plan) -> Step | None:
    """Return how to have the metrics that are wanted; None for Community."""
    if plan.edition == "community":
        return None
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


def count_rejections(plan: Plan) -> Step | None:
    """Return how to have a line for each rejection; None where there is one anyway."""
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


def gc_log(plan: Plan) -> Step:
    """Return how to have gc.log."""
    return Step(
        "gc-log",
        "Switch gc.log on",
        "needs a restart",
        merged(plan, lambda version: ("neo4j.conf", f"{setting_name('gc-log', version)}=true")),
        (_RESTART,),
    )
