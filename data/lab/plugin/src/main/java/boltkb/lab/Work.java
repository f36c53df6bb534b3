package boltkb.lab;

import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.neo4j.procedure.Context;
import org.neo4j.procedure.Description;
import org.neo4j.procedure.Mode;
import org.neo4j.procedure.Name;
import org.neo4j.procedure.Procedure;
import org.neo4j.procedure.TerminationGuard;

/** Statements that take a given time on the server, and end early when their transaction is terminated. */
public final class Work {
    private static final long SLICE_MILLIS = 100;

    /** What every procedure here answers. */
    public static final class Done {
        /** The milliseconds that were asked for. */
        public final Long millis;

        Done(long millis) {
            this.millis = millis;
        }
    }

    /** Asked before every slice, so that TERMINATE TRANSACTIONS ends the work. */
    @Context
    public TerminationGuard guard;

    /** Public and empty, as the server demands of a class that holds procedures. */
    public Work() {}

    /** Occupies the calling thread without using a processor. */
    @Procedure(name = "lab.sleep", mode = Mode.READ)
    @Description("Hold the calling thread for so many milliseconds, using almost no processor time.")
    public Stream<Done> sleep(@Name("millis") long millis) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            guard.check();
            try {
                TimeUnit.NANOSECONDS.sleep(Math.min(left, TimeUnit.MILLISECONDS.toNanos(SLICE_MILLIS)));
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        return Stream.of(new Done(millis));
    }

    /** Occupies the calling thread and one processor. */
    @Procedure(name = "lab.spin", mode = Mode.READ)
    @Description("Hold the calling thread for so many milliseconds, using a processor all the time.")
    public Stream<Done> spin(@Name("millis") long millis) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (System.nanoTime() < end) {
            guard.check();
            Thread.onSpinWait();
        }
        return Stream.of(new Done(millis));
    }
}
