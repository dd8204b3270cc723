package dev.piecework.standalone.services;

import dev.piecework.standalone.embedded.EmbeddedServiceException;
import java.util.ArrayDeque;
import java.util.Deque;

/** What was opened so far, to be closed in the opposite order. */
final class Unwinding implements AutoCloseable {
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  <T extends AutoCloseable> T add(T resource) {
    opened.push(resource);
    return resource;
  }

  /** Closes all of them, also when one fails. */
  @Override
  public void close() throws EmbeddedServiceException {
    Exception first = null;
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) {
        first = first == null ? e : first;
      }
    }
    if (first != null) {
      throw new EmbeddedServiceException(
          "a service did not stop in order: " + first.getMessage(), first);
    }
  }
}
