package dev.piecework.worker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** How users' stores want to be met: roles instead of keys, certificates of one's own, classes. */
final class StoreAccessTest {
  private static final byte[] CONTENT = "content".getBytes(StandardCharsets.UTF_8);

  @TempDir private Path folder;
  private TestBucket bucket;

  @BeforeEach
  void start() {
    bucket = TestBucket.start(folder.resolve("store"));
  }

  @AfterEach
  void stop() {
    bucket.close();
  }

  @Test
  void everyObjectIsWhatTheSettingsSay() throws Exception {
    ObjectSettings objects =
        bind(
            "piecework.objects",
            ObjectSettings.class,
            Map.of(
                "piecework.objects.storage-class", "STANDARD_IA",
                "piecework.objects.tags.team", "climate + sea",
                "piecework.objects.tags.cost", "12"));
    try (ObjectStore store = new ObjectStore(bucket.settings(), objects)) {
      put(store);
      store.createUpload(TestBucket.NAME, "large", TestBucket.ORIGIN, new Cancellation(), () -> {});
    }

    assertThat(bucket.front().headers())
        .hasSize(2)
        .allSatisfy(headers ->
            assertThat(headers)
                .containsEntry("x-amz-storage-class", "STANDARD_IA")
                .containsEntry("x-amz-tagging", "cost=12&team=climate%20%2B%20sea")
                .containsEntry("x-amz-meta-piecework-job", TestBucket.ORIGIN.jobId())
                .containsEntry("x-amz-meta-piecework-info-hash", TestBucket.ORIGIN.infoHash()));
  }

  /** Not on the wire: the server of these tests refuses to encrypt. */
  @Test
  void encryptionIsAskedForInTheStoresWords() {
    assertThat(encryption(Map.of("piecework.objects.encryption", "sse-s3")))
        .containsEntry("x-amz-server-side-encryption", "AES256");
    assertThat(
            encryption(
                Map.of(
                    "piecework.objects.encryption", "sse-kms",
                    "piecework.objects.kms-key-id", "alias/sets")))
        .containsEntry("x-amz-server-side-encryption", "aws:kms")
        .containsEntry("x-amz-server-side-encryption-aws-kms-key-id", "alias/sets");
  }

  private static Map<String, String> encryption(Map<String, String> properties) {
    return bind("piecework.objects", ObjectSettings.class, properties).headers(TestBucket.ORIGIN);
  }

  @Test
  void nothingIsAskedForUnlessItIsSet() throws Exception {
    try (ObjectStore store =
        new ObjectStore(
            bucket.settings(),
            bind(
                "piecework.objects",
                ObjectSettings.class,
                Map.of("piecework.objects.metadata", "false")))) {
      put(store);
    }

    assertThat(bucket.front().headers().getFirst().keySet())
        .noneMatch(name -> name.startsWith("x-amz-meta-"))
        .doesNotContain("x-amz-storage-class", "x-amz-tagging", "x-amz-server-side-encryption");
  }

  @Test
  void objectSettingsThatCannotWorkAreRefusedByName() {
    for (Map<String, String> wrong :
        List.of(
            Map.of("piecework.objects.storage-class", "cold storage"),
            Map.of("piecework.objects.kms-key-id", "k"),
            Map.of("piecework.objects.tags.a", "tab\there"))) {
      assertThatThrownBy(() -> bind("piecework.objects", ObjectSettings.class, wrong))
          .hasRootCauseInstanceOf(IllegalArgumentException.class)
          .rootCause()
          .hasMessageStartingWith(wrong.keySet().iterator().next());
    }
  }

  @Test
  void aRoleOfThePodGivesTheKeys() throws Exception {
    List<String> asked = new CopyOnWriteArrayList<>();
    HttpServer tokens = tokenService(asked);
    Path token = Files.writeString(folder.resolve("token"), "a.web.identity");
    System.setProperty("AWS_WEB_IDENTITY_TOKEN_FILE", token.toString());
    System.setProperty("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/mirror");
    try (ObjectStore store =
        new ObjectStore(
            bind(
                "piecework.store",
                StoreSettings.class,
                Map.of(
                    "piecework.store.endpoint",
                    bucket.front().endpoint().toString(),
                    "piecework.store.credentials",
                    "iam",
                    "piecework.store.sts-endpoint",
                    "http://127.0.0.1:" + tokens.getAddress().getPort())),
            ObjectSettings.none())) {
      put(store);
    } finally {
      System.clearProperty("AWS_WEB_IDENTITY_TOKEN_FILE");
      System.clearProperty("AWS_ROLE_ARN");
      tokens.stop(0);
    }

    assertThat(Files.readAllBytes(bucket.file("x"))).isEqualTo(CONTENT);
    assertThat(asked)
        .singleElement()
        .asString()
        .contains(
            "Action=AssumeRoleWithWebIdentity", "WebIdentityToken=a.web.identity", "role/mirror");
    assertThat(bucket.front().headers().getFirst())
        .containsEntry("x-amz-security-token", "session-token");
  }

  @Test
  void noKeysForTheRoleIsSaidSo() throws Exception {
    System.setProperty("AWS_WEB_IDENTITY_TOKEN_FILE", folder.resolve("missing").toString());
    try (ObjectStore store =
        new ObjectStore(
            bind(
                "piecework.store",
                StoreSettings.class,
                Map.of(
                    "piecework.store.endpoint", bucket.front().endpoint().toString(),
                    "piecework.store.retries", "0",
                    "piecework.store.credentials", "iam")),
            ObjectSettings.none())) {
      assertThatThrownBy(() -> put(store))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("no keys to be had for the role")
          .hasMessageContaining("missing");
    } finally {
      System.clearProperty("AWS_WEB_IDENTITY_TOKEN_FILE");
    }
  }

  @Test
  void aStoreWithACertificateOfOnesOwnIsBelievedWhenItsAuthorityIsNamed() throws Exception {
    Path keys = folder.resolve("keys.p12");
    Path authority = folder.resolve("authority.pem");
    keytool(
        "-genkeypair",
        "-alias",
        "store",
        "-keyalg",
        "EC",
        "-dname",
        "CN=store",
        "-ext",
        "san=ip:127.0.0.1",
        "-validity",
        "2",
        "-storetype",
        "PKCS12",
        "-keystore",
        keys.toString(),
        "-storepass",
        "changeit");
    keytool(
        "-exportcert",
        "-rfc",
        "-alias",
        "store",
        "-keystore",
        keys.toString(),
        "-storepass",
        "changeit",
        "-file",
        authority.toString());
    try (FaultyFront front = bucket.overTls(serverContext(keys))) {
      Map<String, String> properties = new HashMap<>(bucket.properties());
      properties.put("piecework.store.endpoint", front.endpoint().toString());
      properties.put("piecework.store.retries", "0");
      try (ObjectStore stranger =
          new ObjectStore(
              bind("piecework.store", StoreSettings.class, properties), ObjectSettings.none())) {
        assertThatThrownBy(() -> put(stranger))
            .hasMessageContaining("TLS failed")
            .hasMessageContaining("piecework.store.ca-file");
        // Another worker may trust it: no job is to blame.
        assertThat(stranger.health().outage().map(StoreOutage::kind))
            .contains(StoreOutage.Kind.REFUSED);
      }
      properties.put("piecework.store.ca-file", authority.toString());
      try (ObjectStore friend =
          new ObjectStore(
              bind("piecework.store", StoreSettings.class, properties), ObjectSettings.none())) {
        put(friend);
      }
    }

    assertThat(Files.readAllBytes(bucket.file("x"))).isEqualTo(CONTENT);
  }

  private static void put(ObjectStore store) throws StoreException {
    store.putObject(
        TestBucket.NAME,
        "x",
        ObjectBody.of(CONTENT),
        "text/plain",
        TestBucket.ORIGIN,
        new Cancellation());
  }

  private static <T> T bind(String prefix, Class<T> type, Map<String, String> properties) {
    return new Binder(new MapConfigurationPropertySource(properties)).bindOrCreate(prefix, type);
  }

  private static HttpServer tokenService(List<String> asked) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          asked.add(URI.create(exchange.getRequestURI().toString()).getQuery());
          byte[] answer =
              """
              <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
                <AssumeRoleWithWebIdentityResult><Credentials>
                  <AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey>
                  <SessionToken>session-token</SessionToken><Expiration>%s</Expiration>
                </Credentials></AssumeRoleWithWebIdentityResult>
              </AssumeRoleWithWebIdentityResponse>
              """
                  .formatted(
                      TestBucket.ACCESS_KEY,
                      TestBucket.SECRET_KEY,
                      Instant.now().plus(1, ChronoUnit.HOURS).truncatedTo(ChronoUnit.SECONDS))
                  .getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().add("Content-Type", "text/xml");
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    server.start();
    return server;
  }

  private static SSLContext serverContext(Path keys) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keys)) {
      store.load(in, "changeit".toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(store, "changeit".toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }

  private void keytool(String... arguments) throws IOException, InterruptedException {
    Path log = folder.resolve("keytool.log");
    List<String> command = new java.util.ArrayList<>(List.of(arguments));
    command.addFirst(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    int code =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();
    assertThat(code).as(() -> read(log)).isZero();
  }

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
