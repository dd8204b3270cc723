package dev.piecework.cli;

import dev.piecework.cli.progress.OutputFormat;
import dev.piecework.exit.ExitCode;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/**
 * How every command of Piecework looks and complains, whatever program it is in: plain help with
 * exit codes, one line for what is wrong, no stack trace.
 */
public final class CommandStyle {
  private static final int HELP_WIDTH = 100;

  private CommandStyle() {}

  /** Styles a command and its subcommands; to be called when all are there. */
  public static void apply(CommandLine commands, CliContext context) {
    style(commands);
    commands.setOut(writer(context.out()));
    commands.setErr(writer(context.err()));
    commands.setCaseInsensitiveEnumValuesAllowed(true);
    commands.registerConverter(Double.class, CommandStyle::number);
    commands.registerConverter(OutputFormat.class, CommandStyle::format);
    commands.setParameterExceptionHandler(
        (e, arguments) -> misused(context, e, List.of(arguments)));
    commands.setExecutionExceptionHandler((e, _, _) -> failed(context, e));
  }

  private static void style(CommandLine command) {
    command.getSubcommands().values().forEach(CommandStyle::style);
    // Plain text everywhere: it is read in logs and through pagers as often as on a terminal.
    command.setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF));
    UsageMessageSpec usage = command.getCommandSpec().usageMessage();
    usage.width(HELP_WIDTH);
    usage.exitCodeListHeading("%nExit codes:%n");
    Map<String, String> codes = new LinkedHashMap<>();
    for (ExitCode code : exitCodes(command.getCommandSpec().qualifiedName())) {
      codes.put(" " + code.code(), code.meaning());
    }
    usage.exitCodeList(codes);
  }

  private static List<ExitCode> exitCodes(String command) {
    String name = command.replaceFirst("^piecework (?=.)", "");
    return switch (name) {
      case "piecework" -> Arrays.asList(ExitCode.values());
      case "submit" ->
          List.of(
              ExitCode.OK,
              ExitCode.USAGE,
              ExitCode.BAD_SOURCE,
              ExitCode.JOB_FAILED,
              ExitCode.BROKER_UNAVAILABLE,
              ExitCode.TIMEOUT,
              ExitCode.UNROUTABLE,
              ExitCode.BAD_CONFIGURATION,
              ExitCode.NO_RIGHTS,
              ExitCode.ID_TAKEN,
              ExitCode.INTERRUPTED);
      case "events" ->
          List.of(
              ExitCode.OK,
              ExitCode.USAGE,
              ExitCode.JOB_FAILED,
              ExitCode.BROKER_UNAVAILABLE,
              ExitCode.TIMEOUT,
              ExitCode.BAD_CONFIGURATION,
              ExitCode.NO_RIGHTS,
              ExitCode.INTERRUPTED);
      case "watch" ->
          List.of(
              ExitCode.OK,
              ExitCode.USAGE,
              ExitCode.JOB_FAILED,
              ExitCode.BROKER_UNAVAILABLE,
              ExitCode.DATABASE_UNAVAILABLE,
              ExitCode.TIMEOUT,
              ExitCode.NOT_FOUND,
              ExitCode.BAD_CONFIGURATION,
              ExitCode.NO_RIGHTS,
              ExitCode.INTERRUPTED);
      case "dlq list" ->
          List.of(
              ExitCode.OK,
              ExitCode.USAGE,
              ExitCode.BROKER_UNAVAILABLE,
              ExitCode.BAD_CONFIGURATION,
              ExitCode.NO_RIGHTS);
      case "dlq show", "dlq purge" ->
          List.of(
              ExitCode.OK,
              ExitCode.USAGE,
              ExitCode.BROKER_UNAVAILABLE,
              ExitCode.NOT_FOUND,
              ExitCode.BAD_CONFIGURATION,
              ExitCode.NO_RIGHTS);
      case "dlq requeue" ->
          List.of(
              ExitCode.OK,
              ExitCode.USAGE,
              ExitCode.BAD_SOURCE,
              ExitCode.BROKER_UNAVAILABLE,
              ExitCode.UNROUTABLE,
              ExitCode.NOT_FOUND,
              ExitCode.BAD_CONFIGURATION,
              ExitCode.NO_RIGHTS);
      case "list", "get", "pause", "resume", "cancel", "retry", "priority" -> ofFleet(name);
      case "limits" ->
          List.of(
              ExitCode.OK,
              ExitCode.USAGE,
              ExitCode.BROKER_UNAVAILABLE,
              ExitCode.UNROUTABLE,
              ExitCode.BAD_CONFIGURATION,
              ExitCode.NO_RIGHTS,
              ExitCode.NO_ANSWER);
      case "run" ->
          List.of(
              ExitCode.OK,
              ExitCode.USAGE,
              ExitCode.BAD_SOURCE,
              ExitCode.JOB_FAILED,
              ExitCode.STORE_UNAVAILABLE,
              ExitCode.DATABASE_UNAVAILABLE,
              ExitCode.NO_PEERS,
              ExitCode.INTERRUPTED,
              ExitCode.TERMINATED);
      case "services", "demo" ->
          List.of(ExitCode.OK, ExitCode.INTERNAL, ExitCode.USAGE, ExitCode.BAD_CONFIGURATION);
      case "completion" -> List.of(ExitCode.OK, ExitCode.USAGE);
      case "inspect" -> List.of(ExitCode.OK, ExitCode.USAGE, ExitCode.BAD_SOURCE);
      default -> List.of();
    };
  }

  /** Commands that a worker answers. */
  private static List<ExitCode> ofFleet(String command) {
    List<ExitCode> codes =
        new ArrayList<>(
            List.of(
                ExitCode.OK,
                ExitCode.USAGE,
                ExitCode.BROKER_UNAVAILABLE,
                ExitCode.DATABASE_UNAVAILABLE,
                ExitCode.UNROUTABLE));
    if (!command.equals("list")) {
      codes.add(ExitCode.NOT_FOUND);
    }
    codes.addAll(List.of(ExitCode.BAD_CONFIGURATION, ExitCode.NO_RIGHTS, ExitCode.NO_ANSWER));
    if (command.equals("pause") || command.equals("cancel")) {
      codes.add(ExitCode.TIMEOUT);
    }
    if (!command.equals("list") && !command.equals("get")) {
      codes.add(ExitCode.CONFLICT);
    }
    codes.sort(Comparator.comparingInt(ExitCode::code));
    return codes;
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(stream, true, stream.charset());
  }

  private static Double number(String text) {
    try {
      return Double.valueOf(text);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("'" + text + "' is not a number: expected such as 1.5");
    }
  }

  private static OutputFormat format(String text) {
    for (OutputFormat format : OutputFormat.values()) {
      if (format.name().equalsIgnoreCase(text)) {
        return format;
      }
    }
    throw new TypeConversionException(
        "'" + text + "' is not a format: expected table, json, jsonl or name");
  }

  private static int misused(CliContext context, ParameterException e, List<String> arguments) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    context.err().println("piecework: " + Misuse.describe(e, arguments));
    Optional<String> meant = Misuse.nearestCommand(e);
    if (meant.isPresent()) {
      context.err().println("Did you mean: " + meant.get() + "?");
    } else {
      CommandLine.UnmatchedArgumentException.printSuggestions(e, writer(context.err()));
    }
    context.err().println("See \"" + command + " --help\".");
    return ExitCode.USAGE.code();
  }

  private static int failed(CliContext context, Exception e) {
    if (e instanceof CliException expected) {
      context.err().println("piecework: " + expected.getMessage());
      return expected.exitCode().code();
    }
    context.err().println("piecework: internal error: " + e);
    if (context.environment().containsKey("PIECEWORK_STACKTRACE")) {
      e.printStackTrace(context.err());
    } else {
      context
          .err()
          .println("Please report it, with what PIECEWORK_STACKTRACE=1 in the environment adds.");
    }
    return ExitCode.INTERNAL.code();
  }
}
