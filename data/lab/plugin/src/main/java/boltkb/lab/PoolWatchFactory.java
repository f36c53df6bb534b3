package boltkb.lab;

import java.io.IOException;
import java.nio.file.Path;
import org.neo4j.common.DependencyResolver;
import org.neo4j.kernel.extension.ExtensionFactory;
import org.neo4j.kernel.extension.ExtensionType;
import org.neo4j.kernel.extension.context.ExtensionContext;
import org.neo4j.kernel.lifecycle.Lifecycle;
import org.neo4j.kernel.lifecycle.LifecycleAdapter;
import org.neo4j.monitoring.Monitors;

/** Registers the watch with the server's global monitors, when the system property names a folder. */
public final class PoolWatchFactory extends ExtensionFactory<PoolWatchFactory.Dependencies> {
    static final String FOLDER_PROPERTY = "boltkb.lab.out";

    /** What the server hands to a global extension. */
    public interface Dependencies {
        Monitors monitors();
    }

    /** Called by the service loader. */
    public PoolWatchFactory() {
        super(ExtensionType.GLOBAL, "boltkb-lab");
    }

    @Override
    public Lifecycle newInstance(ExtensionContext context, Dependencies dependencies) {
        String folder = System.getProperty(FOLDER_PROPERTY);
        if (folder == null) {
            return new LifecycleAdapter();
        }
        DependencyResolver resolver = (DependencyResolver) context.dependencySatisfier();
        exitWithParent();
        PoolWatch watch = new PoolWatch(Path.of(folder), resolver);
        dependencies.monitors().addMonitorListener(watch);
        return watch;
    }

    /** Ends the server when whoever started it is gone: the other end of its standard input is closed then. */
    private static void exitWithParent() {
        Thread watcher = new Thread(
                () -> {
                    try {
                        while (System.in.read() >= 0) {
                            // What arrives is of no interest; that the stream ends is.
                        }
                    } catch (IOException ended) {
                        // The same as an end of the stream.
                    }
                    System.exit(0);
                },
                "boltkb-lab-parent");
        watcher.setDaemon(true);
        watcher.start();
    }
}
