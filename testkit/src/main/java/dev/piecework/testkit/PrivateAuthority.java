package dev.piecework.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A certificate authority that nobody knows, as companies and clusters have them; it issues
 * certificates for 127.0.0.1. Made by the JDK's keytool.
 */
public final class PrivateAuthority {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final String PASSWORD = "changeit";
  private static final String ALIAS = "it";

  private final Path folder;

  /**
   * What a server shows.
   *
   * @param certificate in PEM
   * @param key its private key, PKCS #8 in PEM, without a password
   */
  public record Issued(Path certificate, Path key) {}

  private PrivateAuthority(Path folder) {
    this.folder = folder;
  }

  /** Makes one whose files lie in a folder. */
  public static PrivateAuthority in(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make " + folder, e);
    }
    PrivateAuthority authority = new PrivateAuthority(folder);
    authority.keytool(
        "authority", "-genkeypair", "-keyalg", "EC", "-dname", "CN=authority", "-ext", "bc:c");
    authority.keytool(
        "authority", "-exportcert", "-rfc", "-file", authority.certificate().toString());
    return authority;
  }

  /** Its own certificate in PEM: what a client must be given to believe it. */
  public Path certificate() {
    return folder.resolve("authority.pem");
  }

  /**
   * Issues a certificate for 127.0.0.1.
   *
   * @param server whose; once for each name
   */
  public Issued issue(String server) {
    String request = folder.resolve(server + ".csr").toString();
    Path certificate = folder.resolve(server + ".pem");
    keytool(server, "-genkeypair", "-keyalg", "EC", "-dname", "CN=" + server);
    keytool(server, "-certreq", "-file", request);
    keytool(
        "authority",
        "-gencert",
        "-rfc",
        "-ext",
        "san=ip:127.0.0.1",
        "-infile",
        request,
        "-outfile",
        certificate.toString());
    return new Issued(certificate, writeKey(server));
  }

  private Path writeKey(String server) {
    try (InputStream in = Files.newInputStream(store(server))) {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(in, PASSWORD.toCharArray());
      String encoded =
          Base64.getMimeEncoder(64, new byte[] {'\n'})
              .encodeToString(keys.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded());
      return Files.writeString(
          folder.resolve(server + ".key"),
          "-----BEGIN PRIVATE KEY-----\n" + encoded + "\n-----END PRIVATE KEY-----\n");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the server's key", e);
    } catch (GeneralSecurityException e) {
      throw new TestkitException("keytool's key cannot be read", e);
    }
  }

  private Path store(String name) {
    return folder.resolve(name + ".p12");
  }

  private void keytool(String store, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(
        List.of("-alias", ALIAS, "-storepass", PASSWORD, "-keystore", store(store).toString()));
    Processes.command(command).run(LIMIT).orThrow();
  }
}
