package dev.piecework.standalone;

import dev.piecework.cli.CliContext;
import dev.piecework.cli.CommandStyle;
import dev.piecework.exit.ProcessEnd;
import dev.piecework.standalone.demo.DemoCommand;
import dev.piecework.standalone.demo.TrainingCommand;
import dev.piecework.standalone.run.Interruption;
import dev.piecework.standalone.run.RunCommand;
import dev.piecework.standalone.services.ServicesCommand;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/** Entry point of the commands that bring their own services. */
public final class StandaloneMain {
  private StandaloneMain() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] args) {
    ProcessEnd.install(
        "piecework", line -> LoggerFactory.getLogger(StandaloneMain.class).error(line));
    CliContext context = CliContext.ofProcess();
    CommandLine commands =
        new CommandLine(CommandLine.Model.CommandSpec.create().name("piecework"));
    commands.addSubcommand(new RunCommand(context));
    commands.addSubcommand(new ServicesCommand(context));
    commands.addSubcommand(new DemoCommand(context));
    commands.addSubcommand(new TrainingCommand(context));
    CommandStyle.apply(commands, context);
    int code = commands.execute(args);
    // While a signal is being handled the process ends by itself, and exit would wait for ever.
    if (!Interruption.signalled()) {
      System.exit(code);
    }
  }
}
