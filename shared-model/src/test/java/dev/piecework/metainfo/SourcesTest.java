package dev.piecework.metainfo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.bencode.BencodeWriter;
import dev.piecework.bencode.BencodeWriter.DictionaryWriter;
import dev.piecework.bencode.BencodeWriter.ListWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SourcesTest {
  private static DictionaryWriter torrent() {
    return BencodeWriter.dictionary()
        .put(
            "info",
            BencodeWriter.dictionary()
                .put("length", 1)
                .put("name", "n")
                .put("piece length", 16384)
                .put("pieces", new byte[20]));
  }

  private static List<List<String>> trackers(DictionaryWriter torrent) throws MetainfoException {
    return MetainfoParser.parse(torrent.encode()).trackers();
  }

  private static List<String> webSeeds(DictionaryWriter torrent) throws MetainfoException {
    return MetainfoParser.parse(torrent.encode()).webSeeds();
  }

  private static ListWriter tier(String... urls) {
    ListWriter tier = BencodeWriter.list();
    List.of(urls).forEach(tier::add);
    return tier;
  }

  @Test
  void announceListWinsOverAnnounce() throws MetainfoException {
    assertThat(
            trackers(
                torrent()
                    .put("announce", "http://single/")
                    .put(
                        "announce-list",
                        BencodeWriter.list()
                            .add(tier("http://a/", "udp://b:1", "http://a/"))
                            .add("no tier")
                            .add(tier())
                            .add(tier("udp://b:1", "HTTPS://c/")))))
        .containsExactly(List.of("http://a/", "udp://b:1"), List.of("HTTPS://c/"));
  }

  @Test
  void aUrlWhereATierIsDueIsATierOfOne() throws MetainfoException {
    assertThat(
            trackers(
                torrent()
                    .put(
                        "announce-list",
                        BencodeWriter.list()
                            .add("http://a/")
                            .add(tier("http://b/", "http://c/"))
                            .add("http://b/")
                            .add(" udp://d:1 ")
                            .add(7))))
        .containsExactly(
            List.of("http://a/"), List.of("http://b/", "http://c/"), List.of("udp://d:1"));
  }

  @Test
  void announceMayBeAListAndAnnounceListAString() throws MetainfoException {
    assertThat(trackers(torrent().put("announce", tier("http://a/", "http://b/"))))
        .containsExactly(List.of("http://a/"), List.of("http://b/"));
    DictionaryWriter flat = torrent().put("announce-list", "http://a/");
    assertThat(trackers(flat)).containsExactly(List.of("http://a/"));
    assertThat(trackers(flat.put("announce", "http://b/"))).containsExactly(List.of("http://b/"));
  }

  @Test
  void announceCountsWhereTheListHasNothingUsable() throws MetainfoException {
    DictionaryWriter torrent = torrent().put("announce", " http://single/\n");
    assertThat(trackers(torrent)).containsExactly(List.of("http://single/"));
    for (ListWriter list :
        List.of(BencodeWriter.list(), BencodeWriter.list().add(tier("wss://x/", "nonsense")))) {
      assertThat(trackers(torrent.put("announce-list", list)))
          .containsExactly(List.of("http://single/"));
    }
    assertThat(trackers(torrent())).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "http://",
        "http:///x",
        "udp:",
        "javascript:1",
        "http://a b/",
        "http://a\nb/",
        "http://a/\u0000",
        "dht://abc",
        "tracker.example:80/announce",
        "//x/y"
      })
  void whatIsNoTrackerUrlIsLeftOut(String url) throws MetainfoException {
    assertThat(trackers(torrent().put("announce", url))).isEmpty();
  }

  @Test
  void keeps200TrackersAtMost() throws MetainfoException {
    ListWriter list = BencodeWriter.list();
    for (int i = 0; i < 1000; i++) {
      list.add(tier("http://t" + i + "/"));
    }
    assertThat(trackers(torrent().put("announce-list", list))).hasSize(200);
  }

  @Test
  void webSeedsAreAStringOrAList() throws MetainfoException {
    assertThat(webSeeds(torrent().put("url-list", " http://a/b c/é\t")))
        .containsExactly("http://a/b%20c/%C3%A9");
    assertThat(
            webSeeds(
                torrent()
                    .put(
                        "url-list",
                        BencodeWriter.list()
                            .add("http://a/")
                            .add(7)
                            .add("")
                            .add("http://a/")
                            .add("ftp://x/")
                            .add("https://b/"))))
        .containsExactly("http://a/", "https://b/");
    assertThat(webSeeds(torrent().put("url-list", 7))).isEmpty();
    assertThat(webSeeds(torrent().put("httpseeds", tier("http://old/")))).isEmpty();
  }

  @Test
  void aWebSeedForSeveralFilesIsAFolder() throws MetainfoException {
    byte[] torrent =
        BencodeWriter.dictionary()
            .putEncoded("info", new TorrentMaker(16384).file(1, "a").parse().rawInfo())
            .put("url-list", "http://a/b")
            .encode();
    assertThat(MetainfoParser.parse(torrent).webSeeds()).containsExactly("http://a/b/");
  }
}
