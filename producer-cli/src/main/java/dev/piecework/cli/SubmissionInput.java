package dev.piecework.cli;

import dev.piecework.exit.ExitCode;
import dev.piecework.message.JobDefaults;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.JobSource;
import dev.piecework.message.MessageException;
import dev.piecework.metainfo.MetainfoException;
import dev.piecework.metainfo.MetainfoParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * Gathers the jobs that a submission names: by arguments, by lines of standard input, by lines of a
 * file. Everything is read and checked before anything may be sent.
 */
final class SubmissionInput {
  private static final String STANDARD_INPUT = "-";
  private static final int MAX_SOURCE_BYTES = 64 << 10;

  /** Enough to see what is the matter with a file; a wrong file may have a million bad lines. */
  private static final int COMPLAINTS = 10;

  private final CliContext context;
  private final CommandLine command;
  private final JobOptionFlags flags;
  private final JobSpool spool;

  SubmissionInput(CliContext context, CommandLine command, JobOptionFlags flags, JobSpool spool) {
    this.context = context;
    this.command = command;
    this.flags = flags;
    this.spool = spool;
  }

  /** Takes the sources that arguments name: a file, a pattern, a link, or {@code -}. */
  void arguments(List<String> arguments) {
    for (String argument : arguments) {
      if (argument.equals(STANDARD_INPUT)) {
        sourceLines();
      } else if (Sources.isFile(argument) && Globs.isPattern(argument)) {
        Globs.expand(argument, context::complain).forEach(this::source);
      } else {
        source(argument);
      }
    }
  }

  private void sourceLines() {
    try {
      Lines lines = new Lines(context.in(), MAX_SOURCE_BYTES);
      for (byte[] line = lines.next(); line != null; line = lines.next()) {
        String source = SourceLine.read(line);
        if (!source.isEmpty()) {
          source(source);
        }
      }
    } catch (IOException e) {
      throw unreadable("standard input", e);
    }
  }

  private void source(String source) {
    if (flags.id != null && !spool.named().isEmpty()) {
      throw new ParameterException(
          command, "--id names one job, but there is more than one SOURCE");
    }
    spool.add(source, flags.job(command, source));
  }

  /**
   * Takes the jobs of a file of messages, one per line.
   *
   * @param name of the file, or {@code -} for standard input
   * @throws CliException with {@link ExitCode#BAD_SOURCE} when a line is no job; each bad line has
   *     been told on standard error then
   */
  void file(String name) {
    if (flags.id != null) {
      throw new ParameterException(
          command, "--id names one job: give each line of --file its own \"id\"");
    }
    JobDefaults defaults = flags.defaults(command);
    if (name.equals(STANDARD_INPUT)) {
      jobLines("standard input", context.in(), defaults);
      return;
    }
    try (InputStream in = Files.newInputStream(Path.of(name))) {
      jobLines(name, in, defaults);
    } catch (IOException | IllegalArgumentException e) {
      throw unreadable(name, e);
    }
  }

  private void jobLines(String name, InputStream in, JobDefaults defaults) {
    Lines lines = new Lines(in, JobMessageCodec.MAX_BYTES);
    List<String> complaints = new ArrayList<>();
    long bad = 0;
    try {
      for (byte[] line = lines.next(); line != null; line = lines.next()) {
        if (new String(line, StandardCharsets.UTF_8).isBlank()) {
          continue;
        }
        String place = name + ":" + lines.number();
        Optional<String> problem = jobLine(place, line, defaults);
        if (problem.isPresent()) {
          bad++;
          if (complaints.size() < COMPLAINTS) {
            complaints.add("piecework: " + place + ": " + problem.get());
          }
        }
      }
    } catch (Lines.TooLongException e) {
      bad++;
      complaints.add(
          "piecework: %s:%d: has more than %d bytes: expected one job on each line"
              .formatted(name, lines.number(), JobMessageCodec.MAX_BYTES));
    } catch (IOException e) {
      throw unreadable(name, e);
    }
    if (bad > 0) {
      complaints.forEach(context.err()::println);
      throw new CliException(
          ExitCode.BAD_SOURCE,
          name
              + " has "
              + (bad == 1 ? "a bad line" : bad + " bad lines")
              + (bad > complaints.size() ? ", of which these are the first" : "")
              + "; nothing was sent");
    }
  }

  /** What is wrong with a line, if anything. */
  private Optional<String> jobLine(String place, byte[] line, JobDefaults defaults) {
    try {
      JobMessage job = JobMessageCodec.decode(line, defaults);
      if (job.source() instanceof JobSource.Inline inline) {
        MetainfoParser.parse(inline.bytes());
      }
      return spool
          .add(place, job)
          .map(other -> "has the id \"" + job.id() + "\" of " + other + ", but is another job");
    } catch (MessageException e) {
      boolean bucket = e.path().equals("$.destination") || e.path().equals("$.destination.bucket");
      // The parser sees one line at a time.
      String problem = e.problem().replace("(line 1, column", "(column");
      return Optional.of(
          e.path()
              + ": "
              + problem
              + "; expected "
              + e.expected()
              + (bucket && flags.bucket == null ? ", or --bucket" : ""));
    } catch (MetainfoException e) {
      return Optional.of(
          "$.source.inline: is no torrent that can be downloaded: "
              + e.error()
              + ": "
              + e.getMessage());
    }
  }

  private static CliException unreadable(String name, Exception e) {
    return new CliException(
        ExitCode.BAD_SOURCE,
        name
            + " cannot be read ("
            + e.getClass().getSimpleName()
            + "): expected a text file with one job on each line");
  }
}
