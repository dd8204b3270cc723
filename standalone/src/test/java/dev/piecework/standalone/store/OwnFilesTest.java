package dev.piecework.standalone.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.piecework.testkit.Await;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedMultipartUpload;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/** A store that replaces only what it put there itself. */
class OwnFilesTest {
  @TempDir Path folder;
  private Path content;
  private OwnFiles own;
  private FolderBlobStore store;

  @BeforeEach
  void open() throws IOException {
    content = Files.createDirectories(folder.resolve("downloads"));
    Path buckets = Files.createDirectories(folder.resolve("buckets"));
    if (!Files.exists(buckets.resolve("data"))) {
      Files.createSymbolicLink(buckets.resolve("data"), content);
    }
    own = OwnFiles.open(buckets.resolve("data"), content, folder.resolve("made"));
    store = new FolderBlobStore(buckets, folder.resolve("staging"), _ -> true, own);
  }

  @AfterEach
  void close() throws IOException {
    own.close();
  }

  @Test
  void aFileThatWasThereStays() throws IOException {
    Path file = Files.writeString(content.resolve(".bashrc"), "precious");
    refused(() -> put(".bashrc", "evil"), file);
    refused(() -> begin(".bashrc"), file);
    assertThat(file).hasContent("precious");
    assertThat(own.refused()).isTrue();
  }

  @Test
  void aFileThatCameMeanwhileStays() throws IOException {
    MultipartUpload upload = begin("a/late");
    CompletedPart part = send(upload, "theirs");
    Path file =
        Files.writeString(
            Files.createDirectories(content.resolve("a")).resolve("late"), "precious");
    refused(() -> complete(upload, part), file);
    assertThat(file).hasContent("precious");
  }

  @Test
  void whatWasPutThereIsReplacedAlsoByALaterRun() throws IOException {
    put("set/x", "one");
    put("set/x", "two");
    assertThat(content.resolve("set/x")).hasContent("two");
    close();
    open();
    put("set/x", "three");
    MultipartUpload upload = begin("set/x");
    complete(upload, send(upload, "four"));
    assertThat(content.resolve("set/x")).hasContent("four");
  }

  @Test
  void whatWasEditedInItsPlaceIsStillOurs() throws IOException {
    put("x", "one");
    Files.writeString(content.resolve("x"), "edited");
    put("x", "two");
    assertThat(content.resolve("x")).hasContent("two");
  }

  @Test
  void aNewFileOfTheSameNameIsNotOurs() throws Exception {
    put("x", "one");
    Path file = content.resolve("x");
    Object made = Files.getAttribute(file, "creationTime");
    // Often of the same inode; its time of creation is another one as soon as the clock has ticked.
    Await.until(
        "another time of creation",
        Duration.ofSeconds(10),
        () -> {
          try {
            Files.delete(file);
            Files.writeString(file, "precious");
            return !Files.getAttribute(file, "creationTime").equals(made);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    refused(() -> put("x", "two"), file);
    assertThat(file).hasContent("precious");
  }

  @Test
  void aFileWithTheVeryBytesIsGood() throws IOException {
    put("x", "one");
    Files.copy(content.resolve("x"), content.resolve("copy"));
    Files.delete(content.resolve("x"));
    Files.move(content.resolve("copy"), content.resolve("x"));
    put("x", "one");
    assertThat(content.resolve("x")).hasContent("one");
    assertThat(own.refused()).isFalse();
  }

  @Test
  void linksAreNotWrittenThrough() throws IOException {
    Path outside = Files.createDirectories(folder.resolve("outside"));
    Path victim = Files.writeString(outside.resolve("victim"), "precious");
    Files.createSymbolicLink(content.resolve("dir"), outside);
    Files.createSymbolicLink(content.resolve("file"), victim);
    Files.createSymbolicLink(content.resolve("dangling"), outside.resolve("new"));
    Files.createSymbolicLink(content.resolve("gone"), folder.resolve("nowhere"));
    for (String key : List.of("dir/victim", "dir/new", "file", "dangling", "gone/x", "gone")) {
      assertThatThrownBy(() -> put(key, "evil")).as(key).isInstanceOf(S3Exception.class);
      assertThatThrownBy(() -> begin(key)).as(key).isInstanceOf(S3Exception.class);
    }
    assertThatThrownBy(() -> remove("dir/victim")).isInstanceOf(S3Exception.class);
    assertThat(victim).hasContent("precious");
    assertThat(outside.resolve("new")).doesNotExist();
    assertThat(folder.resolve("nowhere")).doesNotExist();
  }

  @Test
  void aFileInPlaceOfAFolderStays() throws IOException {
    Path file = Files.writeString(content.resolve("set"), "precious");
    refused(() -> put("set/x", "evil"), file);
    assertThat(file).hasContent("precious");
  }

  @Test
  void aFolderInPlaceOfAFileStays() throws IOException {
    Path there = Files.createDirectories(content.resolve("set"));
    refused(() -> put("set", "evil"), there);
    assertThat(there).isDirectory();
  }

  @Test
  void onlyOursIsDeleted() throws IOException {
    Path file = Files.writeString(content.resolve("theirs"), "precious");
    put("ours", "one");
    refused(() -> remove("theirs"), file);
    remove("ours");
    assertThat(content.resolve("ours")).doesNotExist();
    assertThat(file).hasContent("precious");
  }

  private static void refused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, Path file) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            S3Exception.class,
            e -> {
              assertThat(e.statusCode()).isEqualTo(409);
              assertThat(e.awsErrorDetails().errorMessage()).startsWith(file.toString());
            });
  }

  private void remove(String key) {
    var _ = store.removeBlob(DeleteObjectRequest.builder().bucket("data").key(key).build());
  }

  private void put(String key, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
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

  private CompletedPart send(MultipartUpload upload, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    String eTag =
        store
            .uploadMultipartPart(
                upload,
                UploadPartRequest.builder()
                    .partNumber(1)
                    .contentLength((long) bytes.length)
                    .build(),
                new ByteArrayInputStream(bytes))
            .eTag();
    return CompletedPart.builder().partNumber(1).eTag(eTag).build();
  }

  private void complete(MultipartUpload upload, CompletedPart part) {
    var _ =
        store.completeMultipartUpload(
            upload,
            CompleteMultipartUploadRequest.builder()
                .multipartUpload(CompletedMultipartUpload.builder().parts(part).build())
                .build());
  }
}
