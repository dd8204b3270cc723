package dev.piecework.standalone.embedded;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.gaul.shaded.org.eclipse.jetty.http.HttpHeader;
import org.gaul.shaded.org.eclipse.jetty.server.Handler;
import org.gaul.shaded.org.eclipse.jetty.server.Request;
import org.gaul.shaded.org.eclipse.jetty.server.Response;
import org.gaul.shaded.org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Answers only requests that were meant for this machine. A web page may have its own name point to
 * 127.0.0.1 (DNS rebinding), and its visitor's browser then takes it for the page's own server: but
 * it names that in the Host header.
 */
final class HostCheck extends Handler.Wrapper {
  private static final int FORBIDDEN = 403;
  private static final byte[] ANSWER =
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <Error><Code>AccessDenied</Code><Message>the Host header names neither localhost nor a loopback address</Message></Error>
      """
          .getBytes(StandardCharsets.UTF_8);

  HostCheck(Handler next) {
    super(next);
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    if (isLocal(request.getHeaders().get(HttpHeader.HOST))) {
      return super.handle(request, response, callback);
    }
    response.setStatus(FORBIDDEN);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/xml");
    response.write(true, ByteBuffer.wrap(ANSWER), callback);
    return true;
  }

  /** Whether a Host header is {@code localhost} or an address of this machine only. */
  static boolean isLocal(@Nullable String header) {
    if (header == null) {
      return false;
    }
    String host = header.strip().toLowerCase(Locale.ROOT).replaceFirst(":\\d{0,5}$", "");
    if (host.equals("localhost")) {
      return true;
    }
    String literal =
        host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    try {
      return InetAddress.ofLiteral(literal).isLoopbackAddress();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
