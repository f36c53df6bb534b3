"""A small file of every kind of evidence, in the shape that real ones have.

A new kind of file needs a line in `SAMPLES`; a test says so.  Files that rooms keep beside their
tests are found by themselves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

STAMP = "2025-11-24 16:00:01.000+0000"
_QUERY_JSON = {
    "time": STAMP, "level": "INFO", "event": "success", "type": "query", "elapsedTimeMs": 12,
    "planning": 2, "cpu": 3, "waiting": 0, "allocatedBytes": 312, "pageHits": 4, "pageFaults": 0,
    "source": "bolt-session\tbolt\tneo4j-python/5.28\t\tclient/10.0.0.7:40\tserver/10.0.0.1:7687>",
    "database": "neo4j", "username": "ann", "executingUser": "ann",
    "query": "MATCH (n) WHERE n.name = 'x' RETURN n", "queryParameters": "{id: 4}",
    "runtime": "pipelined", "annotationData": "{}", "transactionId": 77, "id": "12",
}  # fmt: skip
_PANEL = [{"metric": {"__name__": "neo4j_dbms_bolt_connections_running"},
           "values": [[1764000000 + 15 * i, str(i % 9)] for i in range(20)]}]  # fmt: skip

#: By kind: names and texts.
SAMPLES: Mapping[str, Mapping[str, str]] = {
    "query-log": {
        "query.log": "".join(
            f"{STAMP} INFO  {what}id:{i} - transaction id:{i} - {i} ms: (planning: 1, cpu: 2,"
            " waiting: 0) - 312 B - 4 page hits, 0 page faults - bolt-session\tbolt\t"
            f"neo4j-java/5.28\t\tclient/10.0.0.7:4000{i % 9}\tserver/10.0.0.1:7687>\tneo4j - ann"
            " - MATCH (n) WHERE n.x = 'a - b' RETURN n - {} - runtime=pipelined - {}\n"
            for i in range(12)
            for what in ("Query started: ", "")
        ),
        "query.json.log": (json.dumps(_QUERY_JSON) + "\n") * 12,
    },
    "gc-log": {
        "gc.log": "".join(
            f"[2025-11-24T16:00:{i:02d}.000+0000][info][gc] GC({i}) Pause Young (Normal)"
            f" (G1 Evacuation Pause) {90 + i}M->{20 + i}M(512M) {i}.123ms\n"
            for i in range(20)
        ),
    },
    "driver-log": {
        "app.log": "".join(
            f"2025-11-24 16:00:{i:02d},000  [DEBUG   ] [Thread 140] [Task None           ]"
            f" neo4j.pool: [#B0F{i}]  _: <POOL> acquire from pool 10.0.0.1:7687\n"
            for i in range(20)
        ),
        "java.log": "".join(
            f'2025-11-24 16:00:{i:02d}.000 DEBUG Channel[{i}] C: RUN "RETURN 1" {{}} {{}}\n'
            f"2025-11-24 16:00:{i:02d}.100 WARN Unable to acquire connection from the pool within"
            " configured maximum time of 60000ms\n"
            for i in range(12)
        ),
    },
    "driver-metrics": {
        "driver.prom": "# TYPE neo4j_driver_connections_in_use gauge\n"
        + "".join(
            f'neo4j_driver_connections_in_use{{address="10.0.0.1:7687"}} {i} {1764000000000 + i}\n'
            for i in range(10)
        ),
    },
    "scraped-metrics": {
        "metrics.prom": "# HELP neo4j_dbms_bolt_connections_running x\n"
        "# TYPE neo4j_dbms_bolt_connections_running gauge\n"
        + "".join(
            f"neo4j_dbms_bolt_connections_running {i} {1764000000000 + 15000 * i}\n"
            for i in range(10)
        ),
    },
    "panel": {
        "panel.json": json.dumps(
            {"status": "success", "data": {"resultType": "matrix", "result": _PANEL}}
        ),
        "panel.csv": "Time,neo4j_dbms_bolt_connections_running\n"
        + "".join(f"2025-11-24 16:00:{i:02d},{i}\n" for i in range(20)),
    },
    "environment": {
        "environment.txt": "NEO4J_server_bolt_thread__pool__max__size=8\nNEO4J_AUTH=neo4j/x\n",
        "docker-compose.yml": "services:\n  neo4j:\n    image: neo4j:5.26\n    environment:\n"
        "      NEO4J_server_bolt_thread__pool__max__size: 8\n",
    },
    "settings-list": {
        "show-settings.csv": "name,value,isDynamic,defaultValue,description\n"
        '"server.bolt.thread_pool_max_size","8",FALSE,"400","x"\n',
    },
    "sockets": {
        "ss.txt": "State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
        + "ESTAB  0      0      10.0.0.1:7687      10.0.0.7:40001\n" * 8,
        "netstat.txt": "Active Internet connections (servers and established)\n"
        "Proto Recv-Q Send-Q Local Address           Foreign Address         State\n"
        + "tcp        0      0 10.0.0.1:7687           10.0.0.7:40001          CLOSE_WAIT\n"
        * 8,
    },
    "server-notes": {
        "ulimit.txt": "open files                      (-n) 40000\nmax user processes (-u) 1024\n",
        "version.txt": "neo4j 5.26.0\n",
        "ps.csv": "pid,name\n4711,java\n",
        "lscpu.txt": "Architecture: x86_64\nCPU(s): 8\nModel name: x\n",
    },
}
