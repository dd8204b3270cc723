package dev.piecework.cli;

import picocli.CommandLine;

/** Entry point of the command line. */
public final class PieceworkMain {
  private PieceworkMain() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] args) {
    System.exit(run(CliContext.ofProcess(), args));
  }

  /** Runs a command; returns its exit code. */
  public static int run(CliContext context, String... args) {
    return commandLine(context).execute(args);
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
    commands.addSubcommand(new InspectCommand(context));
    commands.addSubcommand(new VersionCommand(context));
    CommandLine help = new CommandLine(new CommandLine.HelpCommand());
    help.getCommandSpec().usageMessage().description("Show the help of a command.");
    commands.addSubcommand(help);
    CommandList.install(commands);
    CommandStyle.apply(commands, context);
    return commands;
  }
}
