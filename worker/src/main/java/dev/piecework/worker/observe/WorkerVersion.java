package dev.piecework.worker.observe;

/** Which version of the worker this is. */
public final class WorkerVersion {
  private WorkerVersion() {}

  /** As the jar's manifest says; {@code unknown} where there is no jar. */
  public static String text() {
    String version = WorkerVersion.class.getPackage().getImplementationVersion();
    return version == null ? "unknown" : version;
  }
}
