#!/bin/sh
# Counts the Bolt threads of a Neo4j server from a thread dump, for Community Edition, which has
# no metrics.  Writes a page for the textfile collector of Prometheus' node_exporter.
#
#   bolt-threads.sh FILE.prom [NEO4J.CONF]
#
# Run it as the user that runs Neo4j, every minute.  It asks the JVM and not the server, so it
# works on a full pool.  When it cannot count it removes the file: an old number would look healthy.
set -eu

page=${1:?usage: bolt-threads.sh FILE.prom [NEO4J.CONF]}
conf=${2:-/etc/neo4j/neo4j.conf}
new=$page.$$
trap 'rm -f "$new"' EXIT

fail() {
    rm -f "$page"
    echo "bolt-threads.sh: $1" >&2
    exit 1
}

process=$(jcmd -l | awk '/EntryPoint|Neo4jCommunity|Neo4jEnterprise/ {print $1; exit}') || process=
[ -n "$process" ] || fail "no Neo4j among the Java processes of $(id -un)"
dump=$(jcmd "$process" Thread.print) || fail "no thread dump of process $process"

# A thread that a connection holds carries its client behind its name: from 5.0 on in the
# same brackets as the connection, before that in brackets of its own.
workers=$(printf '%s\n' "$dump" | grep -c '^"neo4j\.BoltWorker-[0-9]') || workers=0
held=$(printf '%s\n' "$dump" |
    grep -c -E '^"neo4j\.BoltWorker-[0-9]+ \[[^] "]+( - |\] \[)') || held=0
[ "$workers" -gt 0 ] || fail "no Bolt worker in the dump of process $process"

limit=400
if [ -r "$conf" ]; then
    names='(server\.bolt|dbms\.connector\.bolt)\.thread_pool_max_size'
    said=$(sed -n -E "s/^[[:space:]]*$names[[:space:]]*=[[:space:]]*([0-9]+)[[:space:]]*\$/\\2/p" "$conf" |
        tail -n 1)
    limit=${said:-$limit}
fi

cat > "$new" <<PAGE
# HELP neo4j_bolt_threads_held Bolt threads that a connection holds, counted in a thread dump.
# TYPE neo4j_bolt_threads_held gauge
neo4j_bolt_threads_held $held
# HELP neo4j_bolt_threads_idle Bolt threads that nobody holds, counted in a thread dump.
# TYPE neo4j_bolt_threads_idle gauge
neo4j_bolt_threads_idle $((workers - held))
# HELP neo4j_bolt_threads_limit thread_pool_max_size in neo4j.conf, 400 where it is not set.
# TYPE neo4j_bolt_threads_limit gauge
neo4j_bolt_threads_limit $limit
PAGE
chmod 644 "$new"
mv "$new" "$page"
