package boltkb.lab;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.neo4j.bolt.BoltServer;
import org.neo4j.bolt.protocol.common.connection.BoltConnectionMetricsMonitor;
import org.neo4j.common.DependencyResolver;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.kernel.api.exceptions.Status;
import org.neo4j.kernel.impl.transaction.stats.TransactionCounters;
import org.neo4j.kernel.internal.GraphDatabaseAPI;
import org.neo4j.kernel.lifecycle.LifecycleAdapter;
import org.neo4j.monitoring.VmPauseMonitor;

/**
 * Counts what the server itself tells its metrics, writes a snapshot every second, and keeps an exact list of thread
 * holds and of rejected schedulings.
 *
 * <p>Files, all comma separated with a header: {@code snapshots.csv} (counters once a second), {@code holds.csv} (one
 * row per ended hold), {@code open.csv} (holds that had not ended, rewritten every second), {@code rejections.csv} (one
 * row per scheduling that the pool refused).
 */
final class PoolWatch extends LifecycleAdapter implements BoltConnectionMetricsMonitor, VmPauseMonitor.Monitor {
    private static final long SECOND = 1000;

    private record Hold(long startMillis, long startNanos, String thread) {}

    private final Path folder;
    private final DependencyResolver resolver;
    private final LongAdder opened = new LongAdder();
    private final LongAdder closed = new LongAdder();
    private final LongAdder activated = new LongAdder();
    private final LongAdder waiting = new LongAdder();
    private final LongAdder received = new LongAdder();
    private final LongAdder started = new LongAdder();
    private final LongAdder done = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder queueMillis = new LongAdder();
    private final LongAdder processingMillis = new LongAdder();
    private final LongAdder released = new LongAdder();
    private final LongAdder boundMillis = new LongAdder();
    private final LongAdder pauseMillis = new LongAdder();
    private final AtomicLong rejected = new AtomicLong();
    private final Map<Thread, Hold> open = new ConcurrentHashMap<>();
    private final Thread writer = new Thread(this::run, "boltkb-lab-watch");

    private volatile boolean stopping;
    private volatile ThreadPoolExecutor pool;
    private TransactionCounters transactions;
    private BufferedWriter snapshots;
    private BufferedWriter holds;
    private BufferedWriter rejections;

    PoolWatch(Path folder, DependencyResolver resolver) {
        this.folder = folder;
        this.resolver = resolver;
        writer.setDaemon(true);
    }

    @Override
    public void start() throws IOException {
        Files.createDirectories(folder);
        snapshots = open("snapshots.csv", "millis,opened,closed,activated,waiting,received,started,done,failed,"
                + "queue_millis,processing_millis,released,bound_millis,rejected,pool_active,pool_size,"
                + "active_read,active_write,peak_concurrent,committed,rollbacks,terminated,"
                + "vm_threads,pause_millis,gc_young_millis,gc_old_millis,heap_used");
        holds = open("holds.csv", "start_millis,bound_micros,thread");
        rejections = open("rejections.csv", "millis,pool_active,pool_size");
        writer.start();
    }

    @Override
    public void stop() throws IOException, InterruptedException {
        stopping = true;
        LockSupport.unpark(writer);
        writer.join(5 * SECOND);
        snapshots.close();
        synchronized (holds) {
            holds.close();
        }
        synchronized (rejections) {
            rejections.close();
        }
    }

    private BufferedWriter open(String name, String header) throws IOException {
        BufferedWriter file = Files.newBufferedWriter(folder.resolve(name));
        file.write(header + "\n");
        return file;
    }

    private void run() {
        long next = (System.currentTimeMillis() / SECOND + 1) * SECOND;
        while (!stopping) {
            long now = System.currentTimeMillis();
            if (now < next) {
                findPool();
                LockSupport.parkNanos(Math.min(next - now, 50) * 1_000_000);
                continue;
            }
            next = (now / SECOND + 1) * SECOND;
            try {
                write(now);
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
    }

    /** Wraps the pool's own refusal handler as soon as the Bolt server has made its pool. */
    private void findPool() {
        if (pool != null || !resolver.containsDependency(BoltServer.class)) {
            return;
        }
        if (executorOf(resolver.resolveDependency(BoltServer.class)) instanceof ThreadPoolExecutor found) {
            var original = found.getRejectedExecutionHandler();
            found.setRejectedExecutionHandler((task, executor) -> {
                rejected.incrementAndGet();
                append(rejections, System.currentTimeMillis() + "," + executor.getActiveCount() + ","
                        + executor.getPoolSize());
                original.rejectedExecution(task, executor);
            });
            pool = found;
        }
    }

    /** The pool's getter has one name up to 5.26 and another from 2025 on, where there are two pools. */
    private static Object executorOf(BoltServer server) {
        for (String name : new String[] {"getExecutorService", "getPrimaryExecutorService"}) {
            try {
                return BoltServer.class.getMethod(name).invoke(server);
            } catch (NoSuchMethodException other) {
                // the next name
            } catch (ReflectiveOperationException failure) {
                throw new IllegalStateException(failure);
            }
        }
        throw new IllegalStateException("the Bolt server of this version does not give its pool");
    }

    private TransactionCounters transactions() {
        if (transactions == null && resolver.containsDependency(DatabaseManagementService.class)) {
            var management = resolver.resolveDependency(DatabaseManagementService.class);
            if (!management.listDatabases().contains("neo4j")) {
                return null; // it is made a moment later
            }
            var database = management.database("neo4j");
            if (database.isAvailable() && database instanceof GraphDatabaseAPI api) {
                transactions = api.getDependencyResolver().resolveDependency(TransactionCounters.class);
            }
        }
        return transactions;
    }

    private void write(long now) throws IOException {
        StringBuilder row = new StringBuilder().append(now);
        for (LongAdder counter : new LongAdder[] {
            opened, closed, activated, waiting, received, started, done, failed, queueMillis, processingMillis,
            released, boundMillis
        }) {
            row.append(',').append(counter.sum());
        }
        ThreadPoolExecutor seen = pool;
        row.append(',').append(rejected.get());
        row.append(',').append(seen == null ? "" : seen.getActiveCount());
        row.append(',').append(seen == null ? "" : seen.getPoolSize());
        TransactionCounters counters = transactions();
        if (counters == null) {
            row.append(",,,,,,");
        } else {
            row.append(',').append(counters.getNumberOfActiveReadTransactions());
            row.append(',').append(counters.getNumberOfActiveWriteTransactions());
            row.append(',').append(counters.getPeakConcurrentNumberOfTransactions());
            row.append(',').append(counters.getNumberOfCommittedTransactions());
            row.append(',').append(counters.getNumberOfRolledBackTransactions());
            row.append(',').append(counters.getNumberOfTerminatedTransactions());
        }
        row.append(',').append(ManagementFactory.getThreadMXBean().getThreadCount());
        row.append(',').append(pauseMillis.sum());
        row.append(',').append(collectorMillis("G1 Young Generation"));
        row.append(',').append(collectorMillis("G1 Old Generation"));
        row.append(',').append(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        snapshots.write(row.append('\n').toString());
        snapshots.flush();
        synchronized (holds) {
            holds.flush();
        }
        synchronized (rejections) {
            rejections.flush();
        }
        StringBuilder still = new StringBuilder("start_millis,bound_micros,thread\n");
        long nanos = System.nanoTime();
        open.values().forEach(hold -> still.append(line(hold, nanos)).append('\n'));
        Path fresh = folder.resolve("open.csv.new");
        Files.writeString(fresh, still);
        Files.move(fresh, folder.resolve("open.csv"), StandardCopyOption.ATOMIC_MOVE);
    }

    private static long collectorMillis(String name) {
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            if (collector.getName().equals(name)) {
                return collector.getCollectionTime();
            }
        }
        return 0;
    }

    private static String line(Hold hold, long nanos) {
        return hold.startMillis + "," + (nanos - hold.startNanos) / 1000 + "," + hold.thread.replace(',', ' ');
    }

    private static void append(BufferedWriter file, String line) {
        synchronized (file) {
            try {
                file.write(line + "\n");
            } catch (IOException ignored) {
                // The file is closed while the server stops; what comes then is no part of a capture.
            }
        }
    }

    @Override
    public void connectionOpened() {
        opened.increment();
    }

    @Override
    public void connectionActivated() {
        activated.increment();
        Thread thread = Thread.currentThread();
        open.put(thread, new Hold(System.currentTimeMillis(), System.nanoTime(), thread.getName()));
    }

    @Override
    public void connectionWaiting() {
        waiting.increment();
        Hold hold = open.remove(Thread.currentThread());
        if (hold != null) {
            append(holds, line(hold, System.nanoTime()));
        }
    }

    @Override
    public void messageReceived() {
        received.increment();
    }

    @Override
    public void messageProcessingStarted(long queued) {
        started.increment();
        queueMillis.add(queued);
    }

    @Override
    public void messageProcessingCompleted(long took) {
        done.increment();
        processingMillis.add(took);
    }

    @Override
    public void messageProcessingFailed() {
        failed.increment();
    }

    @Override
    public void responseSuccess() {}

    @Override
    public void responseIgnored() {}

    @Override
    public void responseFailed(Status status) {}

    @Override
    public void workerThreadReleased(long bound) {
        released.increment();
        boundMillis.add(bound);
    }

    @Override
    public void connectionClosed() {
        closed.increment();
    }

    @Override
    public void started() {}

    @Override
    public void stopped() {}

    @Override
    public void interrupted() {}

    @Override
    public void failed(Exception failure) {}

    @Override
    public void pauseDetected(VmPauseMonitor.VmPauseInfo info) {
        pauseMillis.add(info.getPauseTime());
    }
}
