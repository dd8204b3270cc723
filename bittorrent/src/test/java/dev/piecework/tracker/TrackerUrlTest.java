package dev.piecework.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrackerUrlTest {
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "http://t.example/announce, false, t.example, 80, /announce",
        "https://t.example/announce, true, t.example, 443, /announce",
        "HTTP://T.example:8080, false, t.example, 8080, /",
        "http://t.example:/a, false, t.example, 80, /a",
        "http://t.example?key=1, false, t.example, 80, /?key=1",
        "http://t.example/a?b=c#d, false, t.example, 80, /a?b=c",
        "http://[2001:db8::1]:6969/a, false, 2001:db8::1, 6969, /a",
        "http://[2001:db8::1]/a, false, 2001:db8::1, 80, /a",
        "http://t.example/a b|c{d}, false, t.example, 80, /a%20b|c{d}",
        "http://t.example/ü, false, t.example, 80, /%C3%BC",
        "http://münchen.example/a, false, xn--mnchen-3ya.example, 80, /a"
      })
  void takesHttpUrlsApart(String text, boolean secure, String host, int port, String path) {
    assertThat(TrackerUrl.parse(text)).isEqualTo(new TrackerUrl.Http(secure, host, port, path));
  }

  @Test
  void takesUdpUrlsApart() {
    assertThat(TrackerUrl.parse("udp://t.example:6969/announce?a=b"))
        .isEqualTo(new TrackerUrl.Udp("t.example", 6969, "/announce?a=b"));
    assertThat(TrackerUrl.parse("udp://[::1]:80")).isEqualTo(new TrackerUrl.Udp("::1", 80, ""));
  }

  @ParameterizedTest
  @CsvSource({
    "wss://t.example/announce, unsupported scheme \"wss\"",
    "ws://t.example/announce, unsupported scheme \"ws\"",
    "dht://abc, unsupported scheme",
    "t.example/announce, not a URL",
    "udp://t.example, needs a port",
    "udp://t.example:0, needs a port",
    "http://t.example:65536/, port out of range",
    "http://t.example:x/, port out of range",
    "http://t exa/, host name",
    "http:///announce, host name"
  })
  void saysWhyAUrlCannotBeUsed(String text, String reason) {
    assertThat(TrackerUrl.parse(text))
        .isInstanceOfSatisfying(
            TrackerUrl.Unusable.class, unusable -> assertThat(unusable.reason()).contains(reason));
  }

  @Test
  void aLoginIsKeptApartAndNeverShown() {
    assertThat(TrackerUrl.parse("http://us%65r:pa%20ss@t.example:81/a"))
        .isInstanceOfSatisfying(
            TrackerUrl.Http.class,
            http -> {
              assertThat(http.login().orElseThrow().header()).isEqualTo("Basic dXNlcjpwYSBzcw==");
              assertThat(http.place()).isEqualTo("t.example:81");
              assertThat(http.toString()).doesNotContain("pa ss", "pa%20", "dXNl");
            });
    assertThat(TrackerUrl.parse("udp://user:secret@t.example:80"))
        .isEqualTo(new TrackerUrl.Udp("t.example", 80, ""));
  }

  @ParameterizedTest
  @CsvSource({
    "http://t.example/b/c?x=a|b, http://t.example/b/c?x=a|b",
    "/b c, http://t.example/b%20c",
    "//u.example:81/b[1], http://u.example:81/b[1]",
    "?p=1, http://t.example/x/announce?p=1",
    "plain?q, http://t.example/x/plain?q",
    "../plain?q=../r, http://t.example/plain?q=../r",
    "/a/./b/../../../c/.., http://t.example/",
    "/b#fragment, http://t.example/b",
    "HTTP://T.example, http://t.example/"
  })
  void redirectsLeadWhereBrowsersFollow(String location, String target) {
    TrackerUrl.Http from =
        (TrackerUrl.Http) TrackerUrl.parse("http://t.example/x/announce?key=a|b");
    assertThat(from.redirect(location)).isEqualTo(TrackerUrl.parse(target));
  }

  @Test
  void aLoginGoesAlongToTheSameServerOnly() {
    TrackerUrl.Http from = (TrackerUrl.Http) TrackerUrl.parse("https://u:p@t.example/a");
    assertThat(((TrackerUrl.Http) from.redirect("/b")).login()).isEqualTo(from.login());
    for (String other :
        new String[] {
          "http://t.example/b",
          "https://t.example:444/b",
          "https://x.t.example/b",
          "https://v:w@u.example/"
        }) {
      assertThat(((TrackerUrl.Http) from.redirect(other)).login()).as(other).isEmpty();
    }
  }

  @Test
  void lineBreaksCannotReachTheRequest() {
    assertThat(TrackerUrl.parse("http://t.example/a\r\nX: y"))
        .isEqualTo(new TrackerUrl.Http(false, "t.example", 80, "/a%0D%0AX:%20y"));
  }

  @Test
  void anEndlessUrlIsNotLookedAt() {
    assertThat(TrackerUrl.parse("http://t.example/" + "a".repeat(3000)))
        .isInstanceOf(TrackerUrl.Unusable.class);
  }
}
