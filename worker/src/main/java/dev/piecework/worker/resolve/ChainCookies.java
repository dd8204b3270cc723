package dev.piecework.worker.resolve;

import java.util.ArrayList;
import java.util.List;
import okhttp3.Cookie;
import okhttp3.HttpUrl;
import okhttp3.Response;

/**
 * Cookies along one chain of redirects: sites set one and redirect to the same place to see whether
 * it comes back. Only the server that set one gets it (same scheme, host and port), whatever domain
 * it names; they are forgotten with the chain.
 */
final class ChainCookies {
  private static final int MAX_COOKIES = 50;
  private static final int MAX_CHARACTERS = 8192;

  private record Kept(HttpUrl from, Cookie cookie) {}

  private final List<Kept> kept = new ArrayList<>();

  /** Takes in what a server has set. */
  void set(HttpUrl from, Response response) {
    for (Cookie cookie : Cookie.parseAll(from, response.headers())) {
      kept.removeIf(
          other -> sameServer(other.from, from) && other.cookie.name().equals(cookie.name()));
      int characters = kept.stream().mapToInt(each -> each.cookie.value().length()).sum();
      if (kept.size() < MAX_COOKIES && characters + cookie.value().length() <= MAX_CHARACTERS) {
        kept.add(new Kept(from, cookie));
      }
    }
  }

  /** Value of the Cookie header for a request; empty: none. */
  String header(HttpUrl to) {
    StringBuilder header = new StringBuilder();
    for (Kept each : kept) {
      String pair = each.cookie.name() + "=" + each.cookie.value();
      if (sameServer(each.from, to) && pair.matches("[ -~]+")) {
        header.append(header.isEmpty() ? "" : "; ").append(pair);
      }
    }
    return header.toString();
  }

  private static boolean sameServer(HttpUrl a, HttpUrl b) {
    return a.scheme().equals(b.scheme()) && a.host().equals(b.host()) && a.port() == b.port();
  }
}
