import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.neo4j.driver.AuthToken;
import org.neo4j.driver.AuthTokens;
import org.neo4j.driver.Config;
import org.neo4j.driver.Driver;
import org.neo4j.driver.GraphDatabase;
import org.neo4j.driver.exceptions.TransientException;

/**
 * Runs Java samples of the pages, each a class of its own made from the sample's text.
 *
 * <p>{@code Run URI RESULTS CLASS...}: a sample takes {@code uri}, {@code auth} and {@code driver}
 * as given; that driver's pool has one connection, so that a sample which does not give back what
 * it took fails the second time. Results are lines of NAME, KEY and VALUE.
 */
public final class Run {
    static String uri;
    static final AuthToken auth = AuthTokens.basic("neo4j", "secret");
    static Driver driver;
    private static final int PARALLEL = 60;
    private static final int LIMIT = 4;
    private static final long HOLD_MILLIS = 50;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final List<String> results = new ArrayList<>();
    private static String sample;

    /** What the sample's bound does, which is a class of the sample's own. */
    interface Bound {
        <T> T run(Callable<T> work) throws Exception;
    }

    interface BoundMaker {
        Bound make(int limit, Duration wait);
    }

    static void tell(String key, Object value) {
        results.add(sample + "\t" + key + "\t" + String.valueOf(value).replaceAll("\\s+", " "));
    }

    /** Ask the server through the sample's own driver which user agents it sees. */
    static void check(Driver made) {
        if (made == driver) {
            return;
        }
        try (made) {
            var query = "CALL dbms.listConnections() YIELD userAgent RETURN userAgent";
            for (var row : made.executableQuery(query).execute().records()) {
                tell("agent", row.get("userAgent").asString());
            }
        } catch (IllegalStateException closedBySample) {
            tell("closed", true);
        }
    }

    /** Send the same burst with a bound of four and with none; then wait for a slot in vain. */
    static void prove(BoundMaker maker, Class<?> busy) throws Exception {
        try (var pooled = GraphDatabase.driver(uri, auth)) {
            Callable<Void> work = () -> {
                try (var session = pooled.session(); var tx = session.beginTransaction()) {
                    tx.run("RETURN 1").consume();
                    Thread.sleep(HOLD_MILLIS);
                    tx.commit();
                }
                return null;
            };
            var bound = maker.make(LIMIT, PATIENCE);
            tell("bounded", rejected(() -> bound.run(work)));
            tell("unbounded", rejected(work));
        }
        var one = maker.make(1, Duration.ofMillis(HOLD_MILLIS / 5));
        Callable<String> hold = () -> {
            Thread.sleep(HOLD_MILLIS);
            return "held";
        };
        var both = together(2, () -> one.run(hold));
        var held = 0;
        var refused = 0;
        for (var end : both) {
            try {
                held += "held".equals(end.get()) ? 1 : 0;
            } catch (ExecutionException error) {
                refused += busy.isInstance(error.getCause()) ? 1 : 0;
            }
        }
        tell("first", held == 1);
        tell("busy", refused == 1);
        tell("again", "held".equals(one.run(hold)));
    }

    private static int rejected(Callable<Void> work) throws Exception {
        var refused = 0;
        for (var end : together(PARALLEL, work)) {
            try {
                end.get();
            } catch (ExecutionException error) {
                if (error.getCause() instanceof TransientException told
                        && told.code().contains("NoThreadsAvailable")) {
                    refused++;
                } else {
                    throw error;
                }
            }
        }
        return refused;
    }

    private static <T> List<Future<T>> together(int number, Callable<T> work) throws Exception {
        var threads = Executors.newFixedThreadPool(number);
        try {
            return threads.invokeAll(java.util.Collections.nCopies(number, work));
        } finally {
            threads.shutdown();
        }
    }

    public static void main(String[] words) throws Exception {
        uri = words[0];
        var config = Config.builder()
                .withMaxConnectionPoolSize(1)
                .withConnectionAcquisitionTimeout(2, TimeUnit.SECONDS)
                .build();
        for (var name : List.of(words).subList(2, words.length)) {
            sample = name;
            driver = GraphDatabase.driver(uri, auth, config);
            try {
                var method = Class.forName(name).getDeclaredMethod("run");
                for (var time = 0; time < 2; time++) {
                    method.invoke(null);
                }
                tell("ran", true);
            } catch (ReflectiveOperationException error) {
                var text = new java.io.StringWriter();
                error.printStackTrace(new java.io.PrintWriter(text));
                tell("error", text);
            }
            driver.close();
        }
        Files.write(Path.of(words[1]), results);
        System.exit(0);
    }
}
