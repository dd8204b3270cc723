package dev.piecework.worker.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.worker.store.DialectServer.Request;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What goes over the wire: these headers and no others, with each kind of checksum. */
final class StoreWireTest {
  private static final byte[] CONTENT = "some bytes".getBytes(StandardCharsets.UTF_8);

  /** What any request has. */
  private static final Set<String> ALWAYS =
      Set.of(
          "host",
          "authorization",
          "x-amz-date",
          "x-amz-content-sha256",
          "accept-encoding",
          "user-agent",
          "connection");

  @ParameterizedTest
  @CsvSource({
    "crc32c, x-amz-checksum-crc32c",
    "crc64nvme, x-amz-checksum-crc64nvme",
    "crc32, x-amz-checksum-crc32"
  })
  void anAdditionalChecksumIsNamedAtTheBeginningAndGivenAtTheEnd(String form, String header)
      throws Exception {
    List<String> told = everyRequest(form);

    assertThat(told)
        .containsExactly(
            "HEAD bucket",
            "PUT object content-length content-type " + header + " x-amz-meta",
            "POST ?uploads content-length content-type x-amz-checksum-algorithm x-amz-checksum-type"
                + " x-amz-meta",
            "PUT part content-length " + header,
            "GET parts",
            "POST complete content-length content-type " + header + " x-amz-checksum-type",
            "HEAD object x-amz-checksum-mode",
            "POST ?uploads content-length content-type x-amz-checksum-algorithm x-amz-checksum-type"
                + " x-amz-meta",
            "GET uploads",
            "DELETE upload");
  }

  @Test
  void md5GoesInTheHeaderOfAllVersions() throws Exception {
    assertThat(everyRequest("md5"))
        .containsExactly(
            "HEAD bucket",
            "PUT object content-length content-md5 content-type x-amz-meta",
            "POST ?uploads content-length content-type x-amz-meta",
            "PUT part content-length content-md5",
            "GET parts",
            "POST complete content-length content-type",
            "HEAD object",
            "POST ?uploads content-length content-type x-amz-meta",
            "GET uploads",
            "DELETE upload");
  }

  @ParameterizedTest
  @CsvSource({"none", "off", "false"})
  void noneIsNone(String setting) throws Exception {
    assertThat(everyRequest(setting))
        .containsExactly(
            "HEAD bucket",
            "PUT object content-length content-type x-amz-meta",
            "POST ?uploads content-length content-type x-amz-meta",
            "PUT part content-length",
            "GET parts",
            "POST complete content-length content-type",
            "HEAD object",
            "POST ?uploads content-length content-type x-amz-meta",
            "GET uploads",
            "DELETE upload");
  }

  /** A signature that covers them breaks at the first proxy that changes them. */
  @Test
  void onlyHeadersOfS3AreSigned() throws Exception {
    try (DialectServer server = DialectServer.start("");
        ObjectStore store = DialectStores.store(server, Map.of())) {
      walk(store);

      assertThat(server.requests())
          .allSatisfy(request ->
              assertThat(request.header("authorization").replaceAll(".*SignedHeaders=|,.*", ""))
                  .matches("(content-md5;)?(content-type;)?host(;x-amz-[a-z0-9-]+)+"));
    }
  }

  /** Each request that a job makes, by what it is and the headers that are not always there. */
  private static List<String> everyRequest(String checksums) throws Exception {
    try (DialectServer server = DialectServer.start("");
        ObjectStore store =
            DialectStores.store(server, Map.of("piecework.store.checksums", checksums))) {
      walk(store);
      List<String> told = new ArrayList<>();
      for (Request request : server.requests()) {
        Set<String> names = new TreeSet<>();
        request.headers().keySet().stream()
            .filter(name -> !ALWAYS.contains(name))
            .forEach(name -> names.add(name.startsWith("x-amz-meta") ? "x-amz-meta" : name));
        told.add((what(request) + " " + String.join(" ", names)).strip());
      }
      assertThat(server.objects().content("large")).hasValue(CONTENT);
      return told;
    }
  }

  private static void walk(ObjectStore store) throws StoreException {
    Cancellation never = new Cancellation();
    store.checkBucket(DialectServer.BUCKET);
    store.putObject(
        DialectServer.BUCKET,
        "small",
        ObjectBody.of(CONTENT),
        "text/plain",
        TestBucket.ORIGIN,
        never);
    String id =
        store.createUpload(DialectServer.BUCKET, "large", TestBucket.ORIGIN, never, () -> {});
    SentPart part =
        store.uploadPart(DialectServer.BUCKET, "large", id, 1, ObjectBody.of(CONTENT), never);
    assertThat(store.listParts(DialectServer.BUCKET, "large", id))
        .containsExactly(new ListedPart(1, CONTENT.length, part.etag()));
    store.completeUpload(DialectServer.BUCKET, "large", id, List.of(part), _ -> false, never);
    assertThat(store.stat(DialectServer.BUCKET, "large").orElseThrow().size())
        .isEqualTo(CONTENT.length);
    String other =
        store.createUpload(DialectServer.BUCKET, "other", TestBucket.ORIGIN, never, () -> {});
    assertThat(store.openUploads(DialectServer.BUCKET, "other")).hasSize(1);
    store.abortUpload(DialectServer.BUCKET, "other", other);
  }

  private static String what(Request request) {
    String kind;
    if (request.path().equals("/" + DialectServer.BUCKET)) {
      kind = request.query().containsKey("uploads") ? "uploads" : "bucket";
    } else if (request.query().containsKey("uploads")) {
      kind = "?uploads";
    } else if (request.query().containsKey("uploadId")) {
      kind =
          switch (request.method()) {
            case "PUT" -> "part";
            case "GET" -> "parts";
            case "POST" -> "complete";
            default -> "upload";
          };
    } else {
      kind = "object";
    }
    return request.method() + " " + kind;
  }
}
