package dev.piecework.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobSourceTest {
  private static final String HASH = "117e3a6665e8ff1b157e5ec37823578adb8a712b";

  @Test
  void ofAUrlOnlyTheServerIsShown() {
    URI url = URI.create("https://example.org:8443/0123abcd/a%20b.torrent?passkey=0123abcd#part");
    assertThat(new JobSource.Url(url).summary()).isEqualTo("https://example.org:8443/...");
    assertThat(new JobSource.Url(URI.create("http://example.org")).summary())
        .isEqualTo("http://example.org/...");
    assertThat(new JobSource.Url(URI.create("http://0123abcd:0123abcd@example.org/")).summary())
        .isEqualTo("http://example.org/...");
    assertThat(new JobSource.Url(URI.create("http://[::1]:80/0123abcd")).summary())
        .isEqualTo("http://[::1]:80/...");
    assertThat(new JobSource.Url(URI.create("http://0123abcd_/")).summary())
        .as("no host that Java knows")
        .isEqualTo("http://?/...");
  }

  @Test
  void noTextOfASourceShowsAPasskey() {
    assertThat(
            List.of(
                new JobSource.Url(URI.create("https://t/0123abcd/a.torrent?k=0123abcd")),
                new JobSource.Magnet(
                    "magnet:?xt=urn:btih:" + HASH + "&tr=http%3A%2F%2Ft%2F0123abcd%2Fannounce")))
        .allSatisfy(source -> assertThat(source.toString()).doesNotContain("0123abcd"));
  }

  @Test
  void aMagnetLinkIsSummedUpWithoutItsTrackers() {
    String link = "magnet:?dn=set&xt=urn:btih:" + HASH + "&tr=http%3A%2F%2Ft%2Fsecret%2Fannounce";
    assertThat(new JobSource.Magnet(link).summary()).isEqualTo("magnet:?xt=urn:btih:" + HASH);
    assertThat(new JobSource.Magnet("magnet:?dn=set").summary()).isEqualTo("magnet:");
  }

  @Test
  void aTorrentFileIsSummedUpByWhereItLies() {
    assertThat(JobSource.Inline.of(new byte[100]).summary()).isEqualTo("inline");
    assertThat(new JobSource.StoredFile("inbox", "a/b.torrent").summary())
        .isEqualTo("s3://inbox/a/b.torrent");
  }

  @Test
  void aSummaryIsNeverLongerThanItsColumn() {
    String key = "k".repeat(2000);
    assertThat(new JobSource.StoredFile("inbox", key).summary()).hasSize(JobSource.MAX_SUMMARY);
  }
}
