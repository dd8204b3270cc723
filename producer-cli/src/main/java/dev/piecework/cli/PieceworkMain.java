package dev.piecework.cli;

import dev.piecework.cli.progress.Table;
import dev.piecework.exit.ProcessEnd;
import java.util.List;
import picocli.CommandLine;

/** Entry point of the command line. */
public final class PieceworkMain {
  private PieceworkMain() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] args) {
    ProcessEnd.install("piecework", _ -> {});
    System.exit(run(CliContext.ofProcess(), args));
  }

  /** Runs a command; returns its exit code. */
  public static int run(CliContext context, String... args) {
    List<String> arguments = List.of(args);
    CliContext configured = context;
    if (!ConfigOption.needless(arguments)) {
      try {
        configured =
            context.withEnvironment(
                ConfigFile.apply(ConfigOption.find(arguments), context.environment()));
      } catch (CliException e) {
        context.err().println(Table.harmless("piecework: " + e.getMessage()));
        return e.exitCode().code();
      }
    }
    return commandLine(configured).execute(args);
  }

  /** All commands. Those of other programs are there to be found in the help. */
  static CommandLine commandLine(CliContext context) {
    CommandLine commands = new CommandLine(new PieceworkCommand(context));
    for (Elsewhere elsewhere : Elsewhere.values()) {
      CommandLine command = new CommandLine(new ElsewhereCommand(elsewhere));
      command.setUnmatchedArgumentsAllowed(true);
      command.setUnmatchedOptionsArePositionalParams(true);
      command.getCommandSpec().usageMessage().description(elsewhere.description());
      commands.addSubcommand(elsewhere.commandName(), command);
    }
    commands.addSubcommand(new SubmitCommand(context));
    commands.addSubcommand(new WatchCommand(context));
    commands.addSubcommand(new EventsCommand(context));
    CommandLine dlq = new CommandLine(new DlqCommand());
    dlq.addSubcommand(new DlqListCommand(context));
    dlq.addSubcommand(new DlqShowCommand(context));
    dlq.addSubcommand(new DlqRequeueCommand(context));
    dlq.addSubcommand(new DlqPurgeCommand(context));
    commands.addSubcommand(dlq);
    commands.addSubcommand(new ListCommand(context));
    commands.addSubcommand(new GetCommand(context));
    commands.addSubcommand(new PauseCommand(context));
    commands.addSubcommand(new ResumeCommand(context));
    commands.addSubcommand(new CancelCommand(context));
    commands.addSubcommand(new RetryCommand(context));
    commands.addSubcommand(new PriorityCommand(context));
    commands.addSubcommand(new LimitsCommand(context));
    commands.addSubcommand(new InspectCommand(context));
    commands.addSubcommand(new CompletionCommand(context));
    commands.addSubcommand(new VersionCommand(context));
    CommandLine help = new CommandLine(new CommandLine.HelpCommand());
    help.getCommandSpec().usageMessage().description("Show the help of a command.");
    commands.addSubcommand(help);
    CommandList.install(commands);
    CommandStyle.apply(commands, context);
    commands.setDefaultValueProvider(new EnvironmentDefaults(context.environment()));
    return commands;
  }
}
