package dev.piecework.standalone.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedMultipartUpload;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

class FolderBlobStoreTest {
  private static final int PART = 5 << 20;

  @TempDir Path folder;
  private Path content;
  private FolderBlobStore store;

  @BeforeEach
  void open() throws IOException {
    content = Files.createDirectories(folder.resolve("downloads"));
    Files.createDirectories(folder.resolve("buckets"));
    Files.createSymbolicLink(folder.resolve("buckets/data"), content);
    reopen();
  }

  private void reopen() throws IOException {
    store =
        new FolderBlobStore(
            folder.resolve("buckets"),
            folder.resolve("staging"),
            key -> !key.startsWith(".piecework"),
            Placement.REPLACING);
  }

  @Test
  void anObjectIsAPlainFileAtItsKey() throws IOException {
    put("set/a/b.txt", "hello".getBytes(UTF_8));

    assertThat(content.resolve("set/a/b.txt")).hasContent("hello");
    assertThat(filesIn(content)).containsExactly("set/a/b.txt");
    assertThat(store.blobMetadata("data", "set/a/b.txt").contentLength()).isEqualTo(5);
    assertThat(store.blobMetadata("data", "set/a/b.txt").eTag())
        .contains("5d41402abc4b2a76b9719d911017c592");
  }

  @Test
  void namesAsLongAsTheFileSystemAllowsCanBeWritten() throws IOException {
    String name = "n".repeat(255);
    put(name, new byte[0]);
    MultipartUpload upload = begin("m".repeat(255));
    List<CompletedPart> parts = List.of(send(upload, 1, new byte[10]));
    complete(upload, parts);

    assertThat(content.resolve(name)).isEmptyFile();
    assertThat(content.resolve("m".repeat(255))).hasSize(10);
  }

  @Test
  void partsInAnyOrderMakeTheObjectAndNothingShowsBefore() throws IOException {
    byte[] bytes = random(4 * PART + 123);
    MultipartUpload upload = begin("set/big.bin");
    List<CompletedPart> parts = new ArrayList<>();
    for (int number : new int[] {5, 2, 4, 1, 3}) {
      parts.add(send(upload, number, part(bytes, number)));
    }
    assertThat(filesIn(content)).isEmpty();
    assertThat(store.listMultipartUpload(upload)).hasSize(5);

    String eTag = complete(upload, sorted(parts));

    assertThat(content.resolve("set/big.bin")).hasBinaryContent(bytes);
    assertThat(eTag).endsWith("-5");
    assertThat(store.blobMetadata("data", "set/big.bin").eTag()).isEqualTo('"' + eTag + '"');
    assertThat(filesIn(folder.resolve("staging"))).isEmpty();
  }

  @Test
  void anUploadGoesOnAfterTheProcessWasKilled() throws IOException {
    byte[] bytes = random(3 * PART + 7);
    MultipartUpload upload = begin("big.bin");
    List<CompletedPart> parts = new ArrayList<>();
    parts.add(send(upload, 1, part(bytes, 1)));
    parts.add(send(upload, 3, part(bytes, 3)));
    parts.add(send(upload, 2, part(bytes, 2)));
    // What a crash leaves: the bytes of a part, and half a line about it.
    Path journal = folder.resolve("staging/multipart").resolve(upload.id()).resolve("parts");
    Files.writeString(journal, Files.readString(journal) + "4 7 abc");

    reopen();

    assertThat(store.listMultipartUploads("data")).hasSize(1);
    assertThat(store.listMultipartUpload(upload)).hasSize(3);
    parts.add(send(upload, 4, part(bytes, 4)));
    complete(upload, sorted(parts));
    assertThat(content.resolve("big.bin")).hasBinaryContent(bytes);
  }

  @Test
  void partsOfMixedSizesAreServedToo() throws IOException {
    MultipartUpload upload = begin("mixed");
    List<CompletedPart> parts =
        List.of(
            send(upload, 1, "one".getBytes(UTF_8)),
            send(upload, 2, "two".getBytes(UTF_8)),
            send(upload, 3, "three".getBytes(UTF_8)),
            send(upload, 7, "six".getBytes(UTF_8)));
    complete(upload, parts);

    assertThat(content.resolve("mixed")).hasContent("onetwothreesix");
  }

  @Test
  void aPartSentAgainReplacesTheFirst() throws IOException {
    MultipartUpload upload = begin("again");
    send(upload, 1, "aaaa".getBytes(UTF_8));
    CompletedPart second = send(upload, 2, "bbbb".getBytes(UTF_8));
    CompletedPart first = send(upload, 1, "AAAA".getBytes(UTF_8));
    complete(upload, List.of(first, second));

    assertThat(content.resolve("again")).hasContent("AAAAbbbb");
  }

  @Test
  void aPartWithAnotherETagIsRefused() throws IOException {
    MultipartUpload upload = begin("wrong");
    send(upload, 1, "aaaa".getBytes(UTF_8));
    CompletedPart wrong =
        CompletedPart.builder().partNumber(1).eTag("0123456789abcdef0123456789abcdef").build();

    assertThatThrownBy(() -> complete(upload, List.of(wrong)))
        .isInstanceOfSatisfying(S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(400));
    assertThat(filesIn(content)).isEmpty();
  }

  @Test
  void anAbortedUploadIsGone() throws IOException {
    MultipartUpload upload = begin("gone");
    send(upload, 1, new byte[10]);
    store.abortMultipartUpload(upload);

    assertThat(filesIn(folder.resolve("staging"))).isEmpty();
    assertThatThrownBy(() -> store.listMultipartUpload(upload))
        .isInstanceOfSatisfying(
            S3Exception.class,
            e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo("NoSuchUpload"));
  }

  @Test
  void reservedKeysAreRefusedHoweverTheyAreSpelt() {
    assertThatThrownBy(() -> put(".piecework/lock", new byte[1])).isInstanceOf(S3Exception.class);
    assertThatThrownBy(() -> put("a/../.piecework/lock", new byte[1]))
        .isInstanceOf(S3Exception.class);
    assertThat(content.resolve(".piecework")).doesNotExist();
  }

  @Test
  void keysCannotLeaveTheirBucket() {
    assertThatThrownBy(() -> put("../outside", new byte[1])).isInstanceOf(S3Exception.class);
    assertThatThrownBy(() -> put("a/../../outside", new byte[1])).isInstanceOf(S3Exception.class);
    assertThat(folder.resolve("outside")).doesNotExist();
    assertThat(folder.resolve("buckets/outside")).doesNotExist();
  }

  private void put(String key, byte[] bytes) {
    var _ =
        store.putBlob(
            PutObjectRequest.builder()
                .bucket("data")
                .key(key)
                .contentLength((long) bytes.length)
                .metadata(Map.of())
                .build(),
            new ByteArrayInputStream(bytes));
  }

  private MultipartUpload begin(String key) {
    return store.initiateMultipartUpload(
        CreateMultipartUploadRequest.builder().bucket("data").key(key).build());
  }

  private CompletedPart send(MultipartUpload upload, int number, byte[] bytes) {
    String eTag =
        store
            .uploadMultipartPart(
                upload,
                UploadPartRequest.builder()
                    .partNumber(number)
                    .contentLength((long) bytes.length)
                    .build(),
                new ByteArrayInputStream(bytes))
            .eTag();
    return CompletedPart.builder().partNumber(number).eTag(eTag).build();
  }

  private String complete(MultipartUpload upload, List<CompletedPart> parts) {
    return store
        .completeMultipartUpload(
            upload,
            CompleteMultipartUploadRequest.builder()
                .multipartUpload(CompletedMultipartUpload.builder().parts(parts).build())
                .build())
        .eTag();
  }

  private static List<CompletedPart> sorted(List<CompletedPart> parts) {
    return parts.stream()
        .sorted(java.util.Comparator.comparing(CompletedPart::partNumber))
        .toList();
  }

  private static byte[] part(byte[] bytes, int number) {
    return Arrays.copyOfRange(bytes, (number - 1) * PART, Math.min(bytes.length, number * PART));
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(1).nextBytes(bytes);
    return bytes;
  }

  private static List<String> filesIn(Path folder) throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString())
          .sorted()
          .toList();
    }
  }
}
