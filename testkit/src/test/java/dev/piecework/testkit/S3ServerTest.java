package dev.piecework.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.minio.CreateMultipartUploadArgs;
import io.minio.MinioAsyncClient;
import io.minio.MinioClient;
import io.minio.PutObjectArgs;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // the client may be interrupted while it closes; a test is not
class S3ServerTest {
  @Test
  void whatAClientStoresIsSeenFromBehind() throws Exception {
    byte[] content = new byte[9_000_000];
    new SplittableRandom(1).nextBytes(content);
    try (S3Server s3 = S3Server.start("data");
        MinioClient client = client(s3, s3.endpoint(), s3.secretKey())) {
      put(client, "sets/größer 大.bin", content);
      put(client, "empty", new byte[0]);

      assertThat(s3.objects("data"))
          .containsEntry("sets/größer 大.bin", 9_000_000L)
          .containsEntry("empty", 0L)
          .hasSize(2);
      assertThat(s3.sums("data", "sets/"))
          .containsEntry("größer 大.bin", Content.sha256(new ByteArrayInputStream(content)));
      assertThat(s3.openUploads("data")).isEmpty();
    }
  }

  @Test
  void uploadsThatNobodyFinishedAreListed() throws Exception {
    try (S3Server s3 = S3Server.start("data");
        MinioAsyncClient client =
            MinioAsyncClient.builder()
                .endpoint(s3.endpoint().toString())
                .credentials(s3.accessKey(), s3.secretKey())
                .region(s3.region())
                .build()) {
      client
          .createMultipartUpload(
              CreateMultipartUploadArgs.builder().bucket("data").object("half.bin").build())
          .get();

      assertThat(s3.openUploads("data")).containsExactly("half.bin");
      assertThat(s3.objects("data")).doesNotContainKey("half.bin");
    }
  }

  @Test
  void aWrongSecretIsRefused() throws Exception {
    try (S3Server s3 = S3Server.start("data");
        MinioClient client = client(s3, s3.endpoint(), "not-the-secret-key")) {
      assertThatThrownBy(() -> put(client, "key", new byte[1])).isInstanceOf(Exception.class);
      assertThat(s3.objects("data")).isEmpty();
    }
  }

  @Test
  void faultsMeetOnlyWhoGoesThroughTheProxy() throws Exception {
    try (S3Server s3 = S3Server.start("data");
        MinioClient direct = client(s3, s3.endpoint(), s3.secretKey());
        MinioClient faulty = client(s3, s3.faultyEndpoint(), s3.secretKey())) {
      s3.faults().answer(403, HttpFaults.Request::putsObject);

      assertThatThrownBy(() -> put(faulty, "a", new byte[1])).isInstanceOf(Exception.class);
      put(direct, "b", new byte[1]);
      s3.faults().clear();
      put(faulty, "c", new byte[1]);

      assertThat(s3.objects("data")).containsOnlyKeys("b", "c");
    }
  }

  private static MinioClient client(S3Server s3, URI endpoint, String secret) {
    return MinioClient.builder()
        .endpoint(endpoint.toString())
        .credentials(s3.accessKey(), secret)
        .region(s3.region())
        .build();
  }

  private static void put(MinioClient client, String key, byte[] content) throws Exception {
    client.putObject(
        PutObjectArgs.builder().bucket("data").object(key).stream(
                new ByteArrayInputStream(content), (long) content.length, -1L)
            .build());
  }
}
