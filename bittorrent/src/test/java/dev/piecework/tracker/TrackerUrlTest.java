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
    "http://user:secret@t.example/, user name and password",
    "http://t exa/, host name",
    "http:///announce, host name"
  })
  void saysWhyAUrlCannotBeUsed(String text, String reason) {
    assertThat(TrackerUrl.parse(text))
        .isInstanceOfSatisfying(
            TrackerUrl.Unusable.class, unusable -> assertThat(unusable.reason()).contains(reason));
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
