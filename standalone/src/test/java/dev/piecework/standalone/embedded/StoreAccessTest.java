package dev.piecework.standalone.embedded;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.standalone.store.FolderBlobStore;
import dev.piecework.standalone.store.Placement;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the embedded store gives to whoever has no login. */
class StoreAccessTest {
  @TempDir Path folder;

  @Test
  void nothingIsListedGivenOrTakenWithoutALogin() throws Exception {
    Path bucket = Files.createDirectories(folder.resolve("buckets/data"));
    Path object = Files.writeString(bucket.resolve("secret.txt"), "precious");
    for (Path each : new Path[] {folder, folder.resolve("buckets"), bucket}) {
      Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxrwxrwx"));
    }
    Files.setPosixFilePermissions(object, PosixFilePermissions.fromString("rw-rw-rw-"));
    try (EmbeddedStore store = start()) {
      for (String host : new String[] {"127.0.0.1:" + port(store), "localhost"}) {
        for (String request :
            new String[] {
              "GET /",
              "GET /data",
              "GET /data?list-type=2",
              "GET /data?acl",
              "GET /data/secret.txt",
              "HEAD /data/secret.txt",
              "PUT /data/new.txt",
              "DELETE /data/secret.txt",
              "PUT /other"
            }) {
          String answer = ask(store, request, "Host: " + host);
          assertThat(answer).as(request).startsWith("HTTP/1.1 403").doesNotContain("precious");
        }
      }
      assertThat(object).hasContent("precious");
      assertThat(bucket.resolve("new.txt")).doesNotExist();
    }
  }

  @Test
  void whatWasMeantForAnotherHostIsNotAnswered() throws Exception {
    try (EmbeddedStore store = start()) {
      for (String header :
          new String[] {"Host: rebound.example", "Host: rebound.example:" + port(store), "X: y"}) {
        assertThat(ask(store, "GET /healthz", header)).doesNotStartWith("HTTP/1.1 200");
      }
      assertThat(ask(store, "GET /healthz", "Host: 127.0.0.1")).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void onlyLoopbackAddressesAreThisHost() {
    for (String host : new String[] {"localhost", "LocalHost:1", "127.0.0.1:15690", "[::1]:80"}) {
      assertThat(HostCheck.isLocal(host)).as(host).isTrue();
    }
    for (String host :
        new String[] {
          "localhost.example", "127.0.0.1.example", "10.0.0.1", "0.0.0.0", "", ":80", "a@127.0.0.1"
        }) {
      assertThat(HostCheck.isLocal(host)).as(host).isFalse();
    }
    assertThat(HostCheck.isLocal(null)).isFalse();
  }

  private EmbeddedStore start() throws Exception {
    return EmbeddedStore.start(
        new FolderBlobStore(
            folder.resolve("buckets"), folder.resolve("staging"), _ -> true, Placement.REPLACING),
        0,
        Login.random("piecework"));
  }

  private static int port(EmbeddedStore store) {
    return store.endpoint().getPort();
  }

  private static String ask(EmbeddedStore store, String request, String header) throws Exception {
    try (Socket socket = new Socket(InetAddress.ofLiteral(Loopback.ADDRESS), port(store))) {
      String text =
          "%s HTTP/1.1\r\n%s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
              .formatted(request, header);
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(text.getBytes(US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    }
  }
}
