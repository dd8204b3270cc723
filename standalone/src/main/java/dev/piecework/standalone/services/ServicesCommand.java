package dev.piecework.standalone.services;

import dev.piecework.cli.CliContext;
import dev.piecework.cli.CliException;
import dev.piecework.exit.ExitCode;
import dev.piecework.standalone.StandaloneLogging;
import dev.piecework.standalone.embedded.EmbeddedServiceException;
import dev.piecework.standalone.run.Interruption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code piecework services}: what workers need, without Docker. */
@Command(
    name = "services",
    description = {
      "Starts a broker, a database and an object store for trying several workers on this machine,",
      "and prints the environment that workers and \"piecework submit\" need. Stays until Ctrl-C.",
      "Jobs, their state and the objects survive a restart with the same DIR.",
      ""
    },
    sortOptions = false)
public final class ServicesCommand implements Callable<Integer> {
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(20);
  private static final Duration A_DAY = Duration.ofDays(1);
  private static final int MAX_PORT = 65_535;

  private final CliContext context;

  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Folder for all data; objects are in DIR/buckets. Default: piecework-data")
  Path data = Path.of("piecework-data");

  @Option(
      names = "--bucket",
      paramLabel = "NAME",
      description = "A bucket to make if it is missing. Default: data")
  String bucket = "data";

  @Option(names = "--broker-port", paramLabel = "PORT", description = "For AMQP. Default: 15682")
  int brokerPort = ServicePorts.DEFAULT.broker();

  @Option(names = "--store-port", paramLabel = "PORT", description = "For S3. Default: 15690")
  int storePort = ServicePorts.DEFAULT.store();

  @Option(names = "--database-port", paramLabel = "PORT", description = "For SQL. Default: 15692")
  int databasePort = ServicePorts.DEFAULT.database();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  /** In this process. */
  public ServicesCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException {
    check("--broker-port", brokerPort);
    check("--store-port", storePort);
    check("--database-port", databasePort);
    if (!bucket.matches("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")) {
      throw new ParameterException(
          spec.commandLine(),
          "--bucket is '%s': expected 3 to 63 of a-z, 0-9, dot and dash".formatted(bucket));
    }
    prepare();
    StandaloneLogging.toFile(data.resolve("state/log/services.log"));
    ServicePorts ports = new ServicePorts(brokerPort, databasePort, storePort);
    try (Interruption interruption = Interruption.install(STOP_PATIENCE);
        LocalServices services = LocalServices.start(data, ports, bucket)) {
      context.out().print(services.exports());
      context.out().flush();
      context
          .err()
          .printf(
              """

              The services run, on this machine only, until Ctrl-C. The lines above are in %1$s/env, too.
              In other terminals:
                . %1$s/env; piecework worker
                . %1$s/env; piecework submit x.torrent --bucket %2$s --wait
              Objects appear in %1$s/buckets/%2$s
              """,
              services.folder(), bucket);
      while (!interruption.await(A_DAY)) {
        // Nothing to do but to be there.
      }
      context.err().println("piecework: stopping the services...");
    } catch (EmbeddedServiceException e) {
      throw new CliException(ExitCode.BAD_CONFIGURATION, String.valueOf(e.getMessage()));
    }
    return ExitCode.OK.code();
  }

  private void prepare() {
    try {
      LocalServices.prepare(data);
    } catch (EmbeddedServiceException e) {
      throw new CliException(ExitCode.BAD_CONFIGURATION, String.valueOf(e.getMessage()));
    }
  }

  private void check(String option, int port) {
    if (port < 1 || port > MAX_PORT) {
      throw new ParameterException(
          spec.commandLine(), "%s is %d: expected 1 to %d".formatted(option, port, MAX_PORT));
    }
  }
}
