package dev.piecework.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/**
 * The upward half of an HTTP/1.1 connection: finds where each request begins and ends, so that one
 * of them can be answered, or lost, without the service.
 */
final class HttpRelay {
  private static final int HEAD_LIMIT = 64 * 1024;
  private static final int BUFFER_BYTES = 64 * 1024;

  private final FaultProxy proxy;
  private final InputStream client;
  private final OutputStream service;

  private HttpRelay(FaultProxy proxy, InputStream client, OutputStream service) {
    this.proxy = proxy;
    this.client = client;
    this.service = service;
  }

  static void run(
      FaultProxy proxy,
      HttpFaults faults,
      Socket client,
      Socket service,
      FaultProxy.Answers answers)
      throws IOException {
    HttpRelay relay = new HttpRelay(proxy, client.getInputStream(), service.getOutputStream());
    while (true) {
      byte[] head = relay.readHead();
      if (head.length == 0) {
        return;
      }
      String text = new String(head, StandardCharsets.ISO_8859_1);
      String[] line = text.substring(0, text.indexOf('\r')).split(" ");
      Optional<HttpFaults.Fault> fault =
          faults.judge(new HttpFaults.Request(line[0], line.length > 1 ? line[1] : ""));
      if (fault.isEmpty()) {
        relay.pass(head);
        relay.body(text, true);
        continue;
      }
      switch (fault.get()) {
        case HttpFaults.Fault.Status(int code) -> {
          relay.body(text, false);
          answer(client.getOutputStream(), code);
        }
        case HttpFaults.Fault.Drop() -> {}
        case HttpFaults.Fault.LoseAnswer() -> {
          answers.mute();
          relay.pass(head);
          relay.body(text, true);
          // Closed any earlier, the service might lose the request along with the connection.
          answers.awaitSwallowed();
        }
      }
      client.close(); // the client must not take a later answer for this request's
      return;
    }
  }

  private static void answer(OutputStream client, int status) throws IOException {
    String body =
        "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>injected</Message></Error>"
            .formatted(
                switch (status) {
                  case 403 -> "AccessDenied";
                  case 404 -> "NoSuchUpload";
                  case 503 -> "SlowDown";
                  default -> "InternalError";
                });
    String answer =
        "HTTP/1.1 %d Injected\r\nContent-Type: application/xml\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
            .formatted(status, body.length(), body);
    client.write(answer.getBytes(StandardCharsets.ISO_8859_1));
    client.flush();
  }

  /** Up to and including the empty line; nothing where the connection has ended. */
  private byte[] readHead() throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int lineFeeds = 0;
    while (lineFeeds < 2) {
      int next = client.read();
      if (next < 0) {
        return new byte[0];
      }
      head.write(next);
      if (next == '\n') {
        lineFeeds++;
      } else if (next != '\r') {
        lineFeeds = 0;
      }
      if (head.size() > HEAD_LIMIT) {
        throw new IOException("a request's head of more than " + HEAD_LIMIT + " bytes");
      }
    }
    return head.toByteArray();
  }

  private void body(String head, boolean forward) throws IOException {
    String lower = head.toLowerCase(Locale.ROOT);
    if (lower.contains("\r\ntransfer-encoding: chunked")) {
      chunks(forward);
      return;
    }
    String field = "\r\ncontent-length:";
    int at = lower.indexOf(field);
    if (at >= 0) {
      int from = at + field.length();
      copy(Long.parseLong(lower.substring(from, lower.indexOf('\r', from)).strip()), forward);
    }
  }

  private void chunks(boolean forward) throws IOException {
    while (true) {
      String size = line(forward);
      long bytes = Long.parseLong(size.split(";")[0].strip(), 16);
      if (bytes == 0) {
        while (!line(forward).isBlank()) {
          // trailers
        }
        return;
      }
      copy(bytes + 2, forward);
    }
  }

  private String line(boolean forward) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = client.read(); next >= 0; next = client.read()) {
      line.write(next);
      if (next == '\n') {
        break;
      }
    }
    if (forward) {
      pass(line.toByteArray());
    }
    return line.toString(StandardCharsets.ISO_8859_1).strip();
  }

  private void copy(long bytes, boolean forward) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    for (long left = bytes; left > 0; ) {
      int count = client.read(buffer, 0, (int) Math.min(left, buffer.length));
      if (count < 0) {
        throw new IOException("the client left in the middle of a body");
      }
      if (forward) {
        proxy.pass(service, buffer, count, true);
      }
      left -= count;
    }
  }

  private void pass(byte[] bytes) throws IOException {
    proxy.pass(service, bytes, bytes.length, true);
  }
}
