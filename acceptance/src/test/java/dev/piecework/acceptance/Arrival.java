package dev.piecework.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.S3Server;
import dev.piecework.testkit.TestTorrent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What must be true of a job that is said to be complete. */
public final class Arrival {
  private static final JsonMapper JSON = new JsonMapper();

  private Arrival() {}

  /**
   * The bucket holds the content, byte for byte, and nothing else under the prefix but the
   * manifest; event, manifest and the producer's output list exactly that; nothing is half-done.
   *
   * @param job what the producer printed
   */
  static void check(Fleet fleet, TestTorrent torrent, String prefix, JsonNode job)
      throws Exception {
    fleet.awaitQuiet();
    List<JobEvent> completed =
        fleet.events(EventType.COMPLETED).stream()
            .filter(event -> event.jobId().equals(job.path("id").asString()))
            .toList();
    assertThat(completed).hasSize(1);
    EventData.Completed data = (EventData.Completed) completed.getFirst().data();
    checkStored(fleet.store(), Fleet.BUCKET, torrent, prefix, data);
    assertThat(listed(job.path("files"))).isEqualTo(data.objects());
    // An upload that a kill left just begun is the cleaner's to find.
    Awaitility.await("no open upload")
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() -> assertThat(fleet.store().openUploads(Fleet.BUCKET)).isEmpty());
  }

  /**
   * The bucket holds the content, byte for byte, and nothing else under the prefix but the
   * manifest; event and manifest list exactly that.
   *
   * @param data what the completed event says
   */
  public static void checkStored(
      S3Server store, String bucket, TestTorrent torrent, String prefix, EventData.Completed data)
      throws IOException {
    String manifestKey = prefix + ".piecework/" + torrent.infoHash().hex() + ".json";
    SortedMap<String, String> stored = store.sums(bucket, prefix);
    assertThat(stored.remove(manifestKey.substring(prefix.length()))).isNotNull();
    assertThat(stored).isEqualTo(expectedSums(torrent));
    assertThat(data.manifestKey()).isEqualTo(manifestKey);
    assertThat(data.totalBytes()).isEqualTo(Content.bytes(torrent.content()));
    checkObjects(store.objects(bucket), torrent, prefix, data.objects());

    JsonNode manifest;
    try (InputStream in = store.open(bucket, manifestKey)) {
      manifest = JSON.readTree(in.readAllBytes());
    }
    assertThat(listed(manifest.path("objects"))).isEqualTo(data.objects());
  }

  private static void checkObjects(
      Map<String, Long> sizes,
      TestTorrent torrent,
      String prefix,
      List<EventData.FinishedObject> objects)
      throws IOException {
    SortedMap<String, Path> files = files(torrent);
    assertThat(objects).hasSize(files.size());
    for (EventData.FinishedObject object : objects) {
      assertThat(object.key()).startsWith(prefix);
      Path file = files.remove(object.key().substring(prefix.length()));
      assertThat(file).as(object.key()).isNotNull();
      assertThat(object.size()).isEqualTo(Files.size(file)).isEqualTo(sizes.get(object.key()));
      assertThat(object.crc32c()).as(object.key()).isEqualTo(crc32c(file));
      assertThat(object.etag()).as(object.key()).isNotBlank().doesNotContain("\"");
    }
  }

  private static List<EventData.FinishedObject> listed(JsonNode objects) {
    return objects
        .valueStream()
        .map(object ->
            new EventData.FinishedObject(
                object.path("key").asString(),
                object.path("path").asString(),
                object.path("size").asLong(),
                object.path("etag").asString(),
                object.path("crc32c").asString()))
        .toList();
  }

  /** SHA-256 in hexadecimal of what is to be stored, by what follows the prefix in the keys. */
  public static SortedMap<String, String> expectedSums(TestTorrent torrent) {
    SortedMap<String, String> sums = new TreeMap<>();
    files(torrent).forEach((path, file) -> sums.put(path, Content.sha256(file)));
    return sums;
  }

  /** The content's files by what follows the prefix in their keys. */
  private static SortedMap<String, Path> files(TestTorrent torrent) {
    SortedMap<String, Path> files = new TreeMap<>();
    for (String path : Content.sums(torrent.content()).keySet()) {
      if (Files.isDirectory(torrent.content())) {
        files.put(torrent.name() + "/" + path, torrent.content().resolve(path));
      } else {
        files.put(torrent.name(), torrent.content());
      }
    }
    return files;
  }

  private static String crc32c(Path file) throws IOException {
    CRC32C sum = new CRC32C();
    try (InputStream in = new CheckedInputStream(Files.newInputStream(file), sum)) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
    }
    return Base64.getEncoder()
        .encodeToString(ByteBuffer.allocate(4).putInt((int) sum.getValue()).array());
  }
}
