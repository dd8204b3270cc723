package dev.piecework.metainfo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MagnetLinkTest {
  private static final String HEX = "117e3a6665e8ff1b157e5ec37823578adb8a712b";
  private static final String BASE32 = "CF7DUZTF5D7RWFL6L3BXQI2XRLNYU4JL";

  @Test
  void readsEverythingALinkCanHold() throws MagnetLinkException {
    MagnetLink link =
        MagnetLink.parse(
            "magnet:?xt=urn:btih:"
                + HEX
                + "&dn=a+nice%20n%C3%A4me"
                + "&tr=udp%3A%2F%2Ftracker.example%3A6969&tr.1=http://t.example/announce"
                + "&tr=udp://tracker.example:6969"
                + "&ws=http://seed.example/a%20b&x.pe=10.0.0.1:6881&x.pe=[::1]:6882"
                + "&x.pe=host.example:1&so=0,2,4-6&xl=1000");

    assertThat(link.infoHash().hex()).isEqualTo(HEX);
    assertThat(link.v2()).isFalse();
    assertThat(link.displayName()).contains("a nice näme");
    assertThat(link.trackers())
        .containsExactly("udp://tracker.example:6969", "http://t.example/announce");
    assertThat(link.webSeeds()).containsExactly("http://seed.example/a%20b");
    assertThat(link.peers()).containsExactly("10.0.0.1:6881", "[::1]:6882", "host.example:1");
    assertThat(link.wants(0)).isTrue();
    assertThat(link.wants(1)).isFalse();
    assertThat(link.wants(6)).isTrue();
    assertThat(link.wants(7)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "magnet:?xt=urn:btih:" + HEX,
        "MAGNET:?XT=URN:BTIH:117E3A6665E8FF1B157E5EC37823578ADB8A712B",
        "magnet:?xt=urn:btih:" + BASE32,
        "magnet:?xt=urn:btih:cf7duztf5d7rwfl6l3bxqi2xrlnyu4jl",
        "magnet:?dn=x&xt.1=urn%3Abtih%3A" + HEX,
        "magnet:?&&xt=urn:btih:" + HEX + "&xt=urn:ed2k:31D6CFE0D16AE931B73C59D7E0C089C0"
      })
  void readsInfoHashesInHexadecimalAndBase32(String uri) throws MagnetLinkException {
    MagnetLink link = MagnetLink.parse(uri);
    assertThat(link.infoHash().hex()).isEqualTo(HEX);
    assertThat(link.wants(12345)).isTrue();
  }

  @Test
  void notesAV2InfoHash() throws MagnetLinkException {
    String v2 = "urn:btmh:1220" + "ab".repeat(32);
    assertThat(MagnetLink.parse("magnet:?xt=urn:btih:" + HEX + "&xt=" + v2).v2()).isTrue();
    assertThatThrownBy(() -> MagnetLink.parse("magnet:?xt=" + v2))
        .isInstanceOf(MagnetLinkException.class)
        .hasMessageContaining("only a v2 info-hash");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | expected magnet:?",
        "http://example.org/x.torrent | begins with 'http://example.org/x'",
        "magnet:?dn=x | no xt=urn:btih:",
        "magnet:? | no xt=urn:btih:",
        "magnet:?xt=urn:btih:117e | found 4 characters",
        "magnet:?xt=urn:btih:zz7e3a6665e8ff1b157e5ec37823578adb8a712b | 40 hexadecimal",
        "magnet:?xt=urn:btih:0F7DUZTF5D7RWFL6L3BXQI2XRLNYU4JL | 32 characters of base32",
        "magnet:?xt=urn:btmh:1220aa | 64 hexadecimal digits",
        "magnet:?dn=%zz | two hexadecimal digits",
        "magnet:?dn=%e | two hexadecimal digits",
        "magnet:?dn=%ff | not UTF-8",
        "magnet:?so=1,,2 | file numbers and ranges",
        "magnet:?so=9999999999 | file numbers and ranges",
        "magnet:?so=5-2 | ends before it begins",
        "magnet:?xt=urn:btih:117e3a6665e8ff1b157e5ec37823578adb8a712b&xt=urn:btih:217e3a6665e8ff1b157e5ec37823578adb8a712b | two torrents",
      })
  void refusesWhatNamesNoTorrent(String uri, String message) {
    assertThatThrownBy(() -> MagnetLink.parse(uri))
        .isInstanceOf(MagnetLinkException.class)
        .hasMessageContaining(message);
  }

  @Test
  void refusesLinksOfMoreThan64KiB() {
    assertThatThrownBy(
            () -> MagnetLink.parse("magnet:?xt=urn:btih:" + HEX + "&dn=" + "x".repeat(65536)))
        .isInstanceOf(MagnetLinkException.class)
        .hasMessageContaining("at most 65536");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tr=gopher://x",
        "tr=",
        "tr=udp://",
        "ws=ftp://x/",
        "ws=file:///etc/passwd",
        "x.pe=host",
        "x.pe=host:0",
        "x.pe=host:65536",
        "x.pe=a b:1",
        "x.pe=:1",
        "x.pe=host:-1"
      })
  void leavesOutWhatCannotBeUsed(String parameter) throws MagnetLinkException {
    MagnetLink link = MagnetLink.parse("magnet:?xt=urn:btih:" + HEX + "&" + parameter);
    assertThat(link.trackers()).isEmpty();
    assertThat(link.webSeeds()).isEmpty();
    assertThat(link.peers()).isEmpty();
  }
}
