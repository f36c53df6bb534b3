"""Whole archives of the report tool, one for each version, in its layout and line formats."""

from __future__ import annotations

from collections.abc import Mapping

from export_shapes import AT_WORK, CLIENT, IDLE, counter, gauge, stamp, thread

SECRETS = ("hunter2", "s3cr3t-pin", "918273645", "dXNlcjpwdw==")

FULL = (
    "Unable to schedule bolt session 'bolt-42' for execution since there are no available threads"
    " to serve it at the moment. You can retry at a later time or consider increasing max thread"
    " pool size for bolt connector(s)."
)
OLD_WAIT = [
    "sun.misc.Unsafe.park(Native Method)",
    "java.util.concurrent.LinkedBlockingQueue.poll(LinkedBlockingQueue.java:467)",
    "org.neo4j.bolt.runtime.DefaultBoltConnection.processNextBatchInternal(D.java:1)",
    "org.neo4j.bolt.runtime.ExecutorBoltScheduler.executeBatch(ExecutorBoltScheduler.java:1)",
]
OLD_WORK = [
    "org.neo4j.cypher.internal.Runtime.next(Runtime.java:1)",
    "org.neo4j.bolt.v1.runtime.BoltStateMachine.process(BoltStateMachine.java:1)",
    "org.neo4j.bolt.runtime.DefaultBoltConnection.processNextBatch(DefaultBoltConnection.java:1)",
]
PS_HEAD = (
    "Process PID,Process Name,Process Time,User,Virtual Memory,Physical Memory,CPU usage,"
    "Start Time,Priority,Full command\n"
)
GC_9 = "[2025-11-24T16:00:10.123+0000][info][gc] GC(3) Pause Young (Normal) (G1 Evacuation Pause)"


def ps(entry: str, admin: str) -> str:
    command = (
        f"/usr/bin/java -cp /opt/neo4j/lib/* -Xms512m -Xmx2g -Djavax.net.ssl.keyStorePassword="
        f"{SECRETS[0]} --password {SECRETS[1]} {entry} --home-dir=/opt/neo4j"
    )
    return (
        PS_HEAD
        + f"1722,java,00:01:02,neo4j,5031240,1211220,3.1,15:58,20,{command}\n"
        + "1,systemd,00:00:09,root,1024,512,0.0,12:00,20,/sbin/init\n"
        + f"1900,java,00:00:01,neo4j,503124,121122,9.9,16:00,20,/usr/bin/java -Xmx128m {admin}\n"
    )


def vm(java: str) -> str:
    return (
        "-- listing properties --\n"
        f"java.vm.name=OpenJDK 64-Bit Server VM\njava.vm.version={java}\n"
        f"os.name=Linux\nos.version=5.10.0\nos.arch=amd64\nmy.token={SECRETS[1]}\n"
        f"sun.java.command=org.neo4j.server.X --password={SECRETS[0]}\n"
        "java.class.path=/opt/neo4j/lib/a.jar:/opt/neo4j/l...\n"
    )


def grid(names: list[str], rows: list[list[str]], footer: str) -> str:
    sizes = [max(len(row[i]) for row in [names, *rows]) for i in range(len(names))]
    line = "+" + "-" * (sum(sizes) + 3 * len(sizes) - 1) + "+\n"

    def cells(row: list[str]) -> str:
        return "|" + "|".join(f" {c:<{n}} " for c, n in zip(row, sizes, strict=True)) + "|\n"

    return line + cells(names) + line + "".join(map(cells, rows)) + line + footer


def metrics(prefix: str, *, old: bool) -> dict[str, str]:
    opened = gauge(list(range(60))) if old else counter(list(range(60)))
    return {
        f"metrics/{prefix}.connections_running.csv": gauge([i % 9 for i in range(60)]),
        f"metrics/{prefix}.connections_opened.csv": opened,
    }


def conf(prefix: str) -> str:
    return (
        f"# pool\n{prefix}.thread_pool_max_size=8\n"
        f"dbms.security.ldap.authorization.system_password={SECRETS[2]}\n"
    )


def report_3(version: str) -> dict[str, str]:
    """3.4 and 3.5."""
    banner = f"======== Neo4j {version} ========"
    debug = f"{stamp(1)} INFO [o.n.k.AvailabilityGuard] Fulfilling of requirement\n"
    debug += f"{stamp(2)} INFO [o.n.s.CommunityBootstrapper] {banner}\n"
    debug += f"{stamp(50.5)} ERROR [o.n.b.r.MetricsReportingBoltConnection] {FULL}\n"
    names = ["transactionId", "username", "startTime", "clientAddress", "status"]
    names += ["elapsedTimeMillis", "cpuTimeMillis", "waitTimeMillis", "idleTimeMillis"]
    names += ["connectionId", "currentQuery"]
    row = ['"transaction-17"', '"neo4j"', '"2025-11-24T16:00:40.5Z"', '"10.0.0.5:40316"']
    row += ['"Running"', "15000", "200", "0", "12000", '"bolt-12"', '""']
    head = "2025-11-24 16:00:55\nFull thread dump Java HotSpot(TM) 64-Bit Server VM (25.291-b10):\n"
    return {
        "logs/debug.log": debug,
        "logs/debug.log.1": f"{stamp(-60)} INFO [o.n.k.AvailabilityGuard] Requirement makes\n",
        "logs/neo4j.log": f"{stamp(2)} INFO  {banner}\n{stamp(50.5)} ERROR {FULL}\n",
        "logs/gc.log": "2025-11-24T16:00:10.123+0000: 12.345: Total time for which application"
        " threads were stopped: 0.0012 seconds, Stopping threads took: 0.0001 seconds\n",
        "logs/query.log": f"{stamp(5)} INFO  12 ms: bolt-session\tbolt\tneo4j\tneo4j-java/1.7.2\t"
        "\tclient/10.0.0.5:40316\tserver/10.0.0.1:7687>\tneo4j - RETURN 1 - {} - {}\n",
        "logs/security.log": f"{stamp(3)} INFO  [neo4j]: logged in\n",
        "logs/http.log": "10.0.0.9 - - [24/Nov/2025:16:00:01 +0000]\n",
        "logs/bolt.log": f"{stamp(3)} INFO  [/10.0.0.5:40316] handshake\n",
        "neo4j.conf": conf("dbms.connector.bolt"),
        **metrics("neo4j.bolt", old=version.startswith("3.4")),
        "threaddump.txt": head
        + thread("neo4j.BoltWorker-1 [bolt]", IDLE)
        + thread("neo4j.BoltWorker-7 [bolt] [/10.0.0.5:40316] ", OLD_WAIT, 41)
        + thread("neo4j.BoltWorker-8 [bolt] [/10.0.0.6:40317] ", OLD_WORK, 42),
        "ps.csv": ps(
            "org.neo4j.server.CommunityEntryPoint", "org.neo4j.commandline.admin.AdminTool"
        ),
        "vm.prop": vm("25.291-b10"),
        "env.prop": f"HOME = /var/lib/neo4j\nNEO4J_AUTH = neo4j/{SECRETS[0]}\n",
        "listTransactions.txt": grid(names, [row], "1 row\n"),
        "tree.txt": "data\n  databases\n    graph.db\n",
        "plugins.txt": "apoc-3.5.0.jar\n",
    }


def report_4(version: str) -> dict[str, str]:
    """4.2 to 4.4."""
    banner = f"======== Neo4j {version} ========"
    debug = f"{stamp(1)} INFO  [o.n.k.a.DatabaseAvailabilityGuard] [neo4j/0b393ce3] Requirement\n"
    debug += f"{stamp(2)} INFO  [o.n.s.CommunityBootstrapper] {banner}\n"
    debug += f"{stamp(50.5)} ERROR [o.n.b.r.DefaultBoltConnection] {FULL}\n"
    files = report_3(version)
    for name in ("logs/bolt.log", "env.prop", "listTransactions.txt", "tree.txt"):
        del files[name]
    for name in [name for name in files if name.startswith("metrics/")]:
        del files[name]
    return files | {
        "logs/debug.log": debug,
        "logs/debug.log.1": f"{stamp(-60)} INFO  [o.n.k.a.DatabaseAvailabilityGuard] Requirement\n",
        "logs/gc.log": f"{GC_9} 24M->4M(256M) 3.456ms\n",
        "logs/query.log": f"{stamp(5)} INFO  id:1 - 12 ms: -1 B - bolt-session\tbolt\t"
        "neo4j-java/4.4.0\t\tclient/10.0.0.5:40316\tserver/10.0.0.1:7687>\tneo4j - neo4j - RETURN 1"
        " - {} - runtime=slotted - {}\n",
        **metrics("neo4j.bolt", old=False),
        "version.txt": f"neo4j {version}\n",
        "ps.csv": ps("org.neo4j.server.CommunityEntryPoint", "org.neo4j.cli.AdminTool"),
        "vm.prop": vm("11.0.20+8"),
        "neo4j/tree.txt": "data\n  databases\n",
    }


def report_5(version: str, *, keys: bool = False) -> dict[str, str]:
    """5 and later; `keys` for a configuration of Kubernetes, a file a setting."""
    banner = f"======== Neo4j {version} ========"
    debug = f"{stamp(1)} INFO  [o.n.d.i.DatabaseLifecycles] Creating database\n"
    debug += f"{stamp(2)} INFO  [o.n.s.Neo4jCommunity] {banner}\n"
    if version.startswith("20"):
        debug = "".join(
            f'{{"time":"{stamp(at)}","level":"INFO","category":"o.n.s.Neo4jCommunity",'
            f'"message":"{text}"}}\n'
            for at, text in ((1, "Creating"), (2, banner))
        )
    head = (
        "2025-11-24 16:00:55\nFull thread dump OpenJDK 64-Bit Server VM (21.0.2+13 mixed mode):\n"
    )
    fixed: dict[str, str] = {
        "logs/debug.log": debug,
        "logs/debug.log.01": debug.replace(stamp(1), stamp(-60)).replace(stamp(2), stamp(-59)),
        "logs/neo4j.log": f"{stamp(2)} INFO  {banner}\n{stamp(3)} INFO  Bolt enabled on"
        " localhost:7687.\n",
        "logs/gc.log": f"{GC_9} 24M->4M(256M) 3.456ms\n",
        "logs/query.log": f"{stamp(5)} INFO  id:1 - transaction id:3 - 12 ms: "
        "(planning: 3, waiting: 0) - 312 B - 1 page hits, 0 page faults - "
        "bolt-session\tbolt\tneo4j-java/5.20\t\tclient/10.0.0.5:40316\tserver/10.0.0.1:7687>\t"
        "neo4j - neo4j - RETURN 1 - {} - runtime=slotted - {}\n",
        "logs/security.log": f"{stamp(3)} INFO  [neo4j]: logged in\n",
        "logs/http.log": "10.0.0.9 - - [24/Nov/2025:16:00:01 +0000]\n",
        "config/neo4j-admin.conf": "server.memory.heap.max_size=99g\n",
        "config/server-logs.xml": LOGS_XML,
        "config/user-logs.xml": "<Configuration/>\n",
        **metrics("neo4j.dbms.bolt", old=False),
        "threaddump.txt": head
        + thread("neo4j.BoltWorker-0", IDLE)
        + thread("neo4j.BoltWorker-7 [bolt-12 - /10.0.0.5:40316]", CLIENT, 41)
        + thread("neo4j.BoltWorker-8 [bolt-13 - /10.0.0.6:40317]", AT_WORK, 42),
        "ps.csv": ps("org.neo4j.server.Neo4jCommunity", "org.neo4j.cli.AdminTool"),
        "vm.prop": vm("21.0.2+13"),
        "version.txt": f"neo4j {version}\n",
        "neo4j/tree.txt": "data\n  databases\n",
        "system/tree.txt": "data\n  databases\n",
        "plugins.txt": "apoc-5.26.0-core.jar\n",
    }
    if keys:
        fixed |= {
            "config/neo4j.conf/server.bolt.thread_pool_max_size": "8",
            "config/neo4j.conf/server.jvm.additional": f"-Xss1m\n-Dx.password={SECRETS[0]}\n",
            "config/neo4j.conf/dbms.security.ldap.authorization.system_password": SECRETS[2],
        }
    else:
        fixed["config/neo4j.conf"] = conf("server.bolt")
    if version.startswith("2026"):
        fixed["manifest.json"] = '{"schemaVersion": "1.0", "files": []}\n'
    return fixed


LOGS_XML = """<?xml version="1.0" encoding="UTF-8"?>
<!-- <Logger name="org.neo4j.bolt" level="TRACE"/> -->
<Configuration status="ERROR" monitorInterval="30" packages="org.neo4j.logging.log4j">
  <Appenders>
    <RollingRandomAccessFile name="DebugLog" fileName="${config:server.directories.logs}/debug.log"
        filePattern="$${config:server.directories.logs}/debug.log.%02i">
      <JsonTemplateLayout eventTemplateUri="classpath:org/neo4j/logging/StructuredLayout.json"/>
    </RollingRandomAccessFile>
    <RollingRandomAccessFile name="QueryLog" fileName="${config:server.directories.logs}/query.log">
      <PatternLayout pattern="%d %-5p %m%n"/>
    </RollingRandomAccessFile>
  </Appenders>
  <Loggers>
    <Root level="INFO"><AppenderRef ref="DebugLog"/></Root>
    <Logger name="QueryLogger" level="INFO" additivity="false"/>
    <Logger name="org.neo4j.bolt" level="DEBUG"/>
  </Loggers>
</Configuration>
"""

#: By what stands in the test's name.
REPORTS: Mapping[str, dict[str, str]] = {
    "3.4.18": report_3("3.4.18"),
    "3.5.35": report_3("3.5.35"),
    "4.2.19": report_4("4.2.19"),
    "4.4.41": report_4("4.4.41"),
    "5.26.30": report_5("5.26.30"),
    "5.26.30 on Kubernetes": report_5("5.26.30", keys=True),
    "2025.10.1": report_5("2025.10.1"),
    "2026.06.0": report_5("2026.06.0"),
}
