"""What to change where the pool is not what fails: networks, limits, clients' own pools."""

from __future__ import annotations

from boltkb.advice.changes.change import (
    Change,
    change_clients,
    change_code,
    change_machine,
    change_setting,
)
from boltkb.advice.changes.pools import order_timeouts, raise_pools
from boltkb.advice.dialects.block import Block, added, kept
from boltkb.advice.effects import if_it_went_away
from boltkb.advice.situation import Situation
from boltkb.tables import number, span

__all__ = [
    "check_connections",
    "larger_client_pools",
    "mend_connecting",
    "outlive_no_cut",
    "raise_os_limit",
    "raise_transaction_limit",
    "upgrade",
]

#: A lifetime this far below the cut leaves time to use what was handed out just before.
_BELOW = 0.85
#: After a pause of this part of the cut a connection is tested.
_TEST_AFTER = 0.5
#: A pause after which a test costs next to nothing beside the work, s.
_PAUSE = 30.0
#: Room for threads beside the Bolt pool's: collectors, compilers, pages, the network.
_OTHER_THREADS = 2
_LEAST_TASKS = 8192


def larger_client_pools(situation: Situation) -> tuple[Change, ...]:
    """Return larger pools for those who waited, within the server's threads."""
    return (*raise_pools(situation, "raise-client-pool"), order_timeouts(situation))


def mend_connecting(situation: Situation) -> tuple[Change, ...]:
    """Return what to look at before Bolt begins."""
    return (
        change_code(
            "mend-connecting",
            expected=if_it_went_away(situation),
            notes=(
                (
                    "From the client's machine, in this order: the name (getent hosts), the "
                    "route (nc -vz HOST 7687), the certificate (openssl s_client), the addresses "
                    "that the routing table gives to clients (SHOW SERVERS; the advertised "
                    "address)."
                ),
                *(() if situation.cause is None else situation.cause.evidence_for),
            ),
        ),
    )


def check_connections(situation: Situation) -> tuple[Change, ...]:
    """Return a test before a connection is used after a pause."""
    return (
        change_clients(
            situation,
            "test-connections",
            {"liveness-check": _PAUSE},
            name="test after a pause",
            expected=if_it_went_away(situation),
            notes=(
                (
                    "A dead peer is given up by the system after net.ipv4.tcp_retries2 attempts, "
                    "about a quarter of an hour by default on Linux."
                ),
            ),
        ),
    )


def outlive_no_cut(situation: Situation) -> tuple[Change, ...]:
    """Return a lifetime below the cut and a test after half of it."""
    clients = situation.clients
    period = None if clients is None else clients.idle.period
    if period is None or period <= 0:
        return (
            change_code(
                "lifetime-below-cut",
                expected=if_it_went_away(situation),
                notes=("After which idle time connections are cut is not told by this export.",),
            ),
        )
    return (
        change_clients(
            situation,
            "lifetime-below-cut",
            {
                "max-lifetime": float(max(1, int(_BELOW * period))),
                "liveness-check": float(max(1, int(_TEST_AFTER * period))),
            },
            name="lifetime and test of connections",
            why=f"Connections are cut after about {span(period)} without use. A driver looks at "
            "lifetime and pause only when it hands a connection out.",
            expected=if_it_went_away(situation),
            notes=(
                (
                    "Or lengthen the idle time-out of what stands between (load balancer, "
                    "firewall, NAT), where it is yours."
                ),
            ),
        ),
    )


def upgrade(situation: Situation) -> tuple[Change, ...]:
    """Return the upgrade, with what says so."""
    return (
        change_code(
            "upgrade-past-defect",
            expected=if_it_went_away(situation),
            notes=() if situation.cause is None else situation.cause.evidence_for,
        ),
    )


def raise_os_limit(situation: Situation) -> tuple[Change, ...]:
    """Return a higher limit of threads for the process."""
    threads = situation.pool.max_threads.whole or 0
    tasks = max(_LEAST_TASKS, _OTHER_THREADS * threads)
    return (
        change_machine(
            "raise-os-thread-limit",
            name="The limit of threads of Neo4j's process",
            expected="The pool can grow to its own maximum again.",
            blocks=(
                Block(
                    "systemd (systemctl edit neo4j)",
                    (kept("[Service]"), added(f"TasksMax={tasks}")),
                ),
                Block("Docker", (added(f"--pids-limit {tasks}"),)),
                Block("ulimit (limits.conf)", (added(f"neo4j - nproc {tasks}"),)),
            ),
            notes=(
                (
                    "Find out first which limit it was: systemctl show neo4j -p TasksMax, ulimit "
                    "-u, /proc/sys/kernel/threads-max, pids.max of the container's cgroup, or no "
                    "native memory left."
                ),
            ),
        ),
    )


def raise_transaction_limit(situation: Situation) -> tuple[Change, ...]:
    """Return shorter transactions, and the limit raised to the threads where it lies below."""
    shorter = change_code(
        "raise-transaction-limit",
        name="Shorten transactions, so that fewer are open at once",
        expected="No number: the limit of transactions is not in the model.",
    )
    limit, threads = situation.pool.transaction_limit.value, situation.pool.threads
    if not situation.has("transaction-limit") or not limit or threads is None or threads <= limit:
        return (shorter,)
    return (
        shorter,
        change_setting(
            situation,
            "raise-transaction-limit",
            "transaction-limit",
            str(threads),
            why=f"{number(float(limit))} transactions per database are fewer than {threads} "
            "threads, so that the threads above can never all work for one database.",
            expected="Threads become the limit again. No number: the heap decides whether so many "
            "transactions fit.",
        ),
    )
