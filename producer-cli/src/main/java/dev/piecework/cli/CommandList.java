package dev.piecework.cli;

import java.util.List;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Model.UsageMessageSpec;

/** The list of commands in the help: grouped by what one wants to do. */
final class CommandList {
  private static final List<Group> GROUPS =
      List.of(
          new Group("On this machine alone", List.of("run", "demo")),
          new Group("With a fleet", List.of("submit", "worker", "services", "limits")),
          new Group(
              "Jobs of a fleet",
              List.of(
                  "list",
                  "get",
                  "watch",
                  "events",
                  "pause",
                  "resume",
                  "cancel",
                  "retry",
                  "priority",
                  "dlq")),
          new Group("Others", List.of("inspect", "completion", "version", "help")));

  private CommandList() {}

  static void install(CommandLine commands) {
    commands
        .getHelpSectionMap()
        .put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, _ -> text(commands));
    commands.getCommandSpec().usageMessage().commandListHeading(""); // each group has its own
  }

  private static String text(CommandLine commands) {
    StringBuilder text = new StringBuilder();
    for (Group group : GROUPS) {
      text.append(String.format("%n%s:%n", group.title()));
      for (String name : group.commands()) {
        CommandLine command = Objects.requireNonNull(commands.getSubcommands().get(name), name);
        String[] description = command.getCommandSpec().usageMessage().description();
        text.append(String.format("  %-10s %s%n", name, description[0]));
      }
    }
    return text.toString();
  }

  private record Group(String title, List<String> commands) {}
}
