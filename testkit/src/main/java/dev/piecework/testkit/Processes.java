package dev.piecework.testkit;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Starts programs for tests: {@code Processes.command("java", "-jar", ...).environment("A",
 * "b").start()} for one to watch, {@code .run(limit)} for one to wait for.
 */
public final class Processes {
  /**
   * What a program did.
   *
   * @param exitCode 0 to 255; 128 + signal when a signal ended it
   * @param stdout all it wrote to standard output
   * @param stderr all it wrote to standard error
   */
  public record Outcome(int exitCode, String stdout, String stderr) {
    /**
     * Itself when the exit code is 0.
     *
     * @throws TestkitException with both outputs otherwise
     */
    public Outcome orThrow() {
      if (exitCode != 0) {
        throw new TestkitException(
            "exit code %d%n--- stdout%n%s%n--- stderr%n%s".formatted(exitCode, stdout, stderr));
      }
      return this;
    }
  }

  private final List<String> command;
  private final Map<String, String> environment = new HashMap<>();
  private final List<String> unset = new ArrayList<>();
  private Optional<Path> directory = Optional.empty();
  private Optional<byte[]> stdin = Optional.empty();
  private String name;

  private Processes(List<String> command) {
    this.command = List.copyOf(command);
    this.name = Path.of(command.getFirst()).getFileName().toString();
  }

  /** A command and its arguments, run without a shell. */
  public static Processes command(String... command) {
    return new Processes(List.of(command));
  }

  /** A command and its arguments, run without a shell. */
  public static Processes command(List<String> command) {
    return new Processes(command);
  }

  /** The {@code java} that runs this test, with arguments. */
  public static Processes java(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(arguments);
    return new Processes(command);
  }

  /** Whether a program of this name is on PATH or in the usual system folders. */
  public static boolean installed(String program) {
    return locate(program).isPresent();
  }

  /** Where a program is: PATH first, then the system folders that a user's PATH may lack. */
  public static Optional<Path> locate(String program) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    for (String folder : (path + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin").split(":")) {
      Path candidate = Path.of(folder, program);
      if (!folder.isEmpty() && Files.isExecutable(candidate) && !Files.isDirectory(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  /** What it is called in messages; the program's name unless given. */
  public Processes name(String newName) {
    this.name = newName;
    return this;
  }

  /** Sets one variable above the inherited environment. */
  public Processes environment(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** Sets variables above the inherited environment. */
  public Processes environment(Map<String, String> variables) {
    environment.putAll(variables);
    return this;
  }

  /** Takes a variable out of the inherited environment. */
  public Processes withoutEnvironment(String variable) {
    unset.add(variable);
    return this;
  }

  /** Its working directory; this JVM's unless given. */
  public Processes directory(Path newDirectory) {
    this.directory = Optional.of(newDirectory);
    return this;
  }

  /** What it reads on standard input; nothing unless given. */
  public Processes stdin(String text) {
    return stdin(text.getBytes(StandardCharsets.UTF_8));
  }

  /** What it reads on standard input; nothing unless given. */
  public Processes stdin(byte[] bytes) {
    this.stdin = Optional.of(bytes.clone());
    return this;
  }

  /**
   * Starts it; close what is returned.
   *
   * @throws TestkitException when there is no such program
   */
  public ManagedProcess start() {
    Path logs = Folders.temporary("log");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(logs.resolve("stdout").toFile())
            .redirectError(logs.resolve("stderr").toFile());
    unset.forEach(builder.environment()::remove);
    builder.environment().putAll(environment);
    directory.ifPresent(path -> builder.directory(path.toFile()));
    try {
      if (stdin.isPresent()) {
        Path input = Files.write(logs.resolve("stdin"), stdin.get());
        builder.redirectInput(input.toFile());
      } else {
        builder.redirectInput(new File("/dev/null"));
      }
      return new ManagedProcess(name, command, builder.start(), logs);
    } catch (IOException e) {
      Folders.delete(logs);
      throw new TestkitException("cannot start " + String.join(" ", command) + ": " + e, e);
    }
  }

  /**
   * Runs it to its end.
   *
   * @throws TestkitException with its output when it takes longer than {@code limit}; it is killed
   */
  public Outcome run(Duration limit) {
    try (ManagedProcess process = start()) {
      int exitCode = process.awaitExit(limit);
      return new Outcome(exitCode, process.stdout(), process.stderr());
    } catch (UncheckedIOException e) {
      throw new TestkitException("cannot run " + name, e);
    }
  }
}
