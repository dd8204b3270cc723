package dev.piecework.standalone.run;

import dev.piecework.cli.CliContext;
import dev.piecework.cli.progress.Human;
import dev.piecework.message.EventData.Completed;
import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.message.JobEvent;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * Tells of files that a person does not see although they are there: {@code ls} and file managers
 * hide names that begin with a dot, and programs read some of them as their settings.
 */
final class HiddenNames {
  private static final int NAMED = 3;

  private HiddenNames() {}

  static void tell(Collection<JobEvent> ended, CliContext context) {
    for (JobEvent event : ended) {
      if (event.data() instanceof Completed completed) {
        List<String> hidden =
            completed.objects().stream()
                .map(FinishedObject::path)
                .filter(HiddenNames::isHidden)
                .toList();
        if (!hidden.isEmpty()) {
          context.complain(
              "%s has %s with a name that begins with a dot, which ls and file managers hide: %s%s"
                  .formatted(
                      completed.name(),
                      Human.count(hidden.size(), "file"),
                      String.join(", ", hidden.subList(0, Math.min(NAMED, hidden.size()))),
                      hidden.size() > NAMED ? ", ..." : ""));
        }
      }
    }
  }

  /** Whether a path has such a name in it. */
  static boolean isHidden(String path) {
    return Arrays.stream(path.split("/", -1)).anyMatch(name -> name.startsWith("."));
  }
}
