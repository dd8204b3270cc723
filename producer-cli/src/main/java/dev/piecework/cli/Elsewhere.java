package dev.piecework.cli;

/** Commands that the launcher hands to other programs. They are listed here to be found. */
enum Elsewhere {
  /** All in one process. */
  RUN("run", "Download torrents into a folder, with all that takes in one process.", "standalone"),
  /** A show. */
  DEMO(
      "demo",
      "Watch a job survive the death of its worker; needs no internet and no services.",
      "standalone"),
  /** Broker, database and object store. */
  SERVICES(
      "services",
      "Start a broker, a database and an object store to try workers with.",
      "standalone"),
  /** One of the fleet. */
  WORKER("worker", "Start a worker: takes jobs off the queue, as many as it has slots.", "worker");

  private final String commandName;
  private final String description;
  private final String program;

  Elsewhere(String commandName, String description, String program) {
    this.commandName = commandName;
    this.description = description;
    this.program = program;
  }

  String commandName() {
    return commandName;
  }

  String description() {
    return description;
  }

  String program() {
    return program;
  }
}
