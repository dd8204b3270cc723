package dev.piecework.tls;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * The certificate authorities that a TLS connection believes: those that Java brings along, and
 * those of one's own from a PEM file (RFC 7468), as companies and clusters have them.
 *
 * @param trustManager what decides
 * @param context for clients that want a whole context
 */
public record TrustedAuthorities(X509TrustManager trustManager, SSLContext context) {
  private static final long MAX_BYTES = 4 << 20;

  /** Those that Java brings along. */
  public static TrustedAuthorities ofJava() {
    try {
      return of(defaults());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no default TLS context", e);
    }
  }

  /**
   * Those that Java brings along, and those in a file.
   *
   * @param setting the setting that names the file, for messages
   * @param file one or more certificates in PEM
   * @throws IllegalArgumentException if the file cannot be read or holds no certificate
   */
  public static TrustedAuthorities with(String setting, Path file) {
    Collection<? extends Certificate> own = read(setting, file);
    try {
      KeyStore all = KeyStore.getInstance(KeyStore.getDefaultType());
      all.load(null, null);
      int number = 0;
      for (X509Certificate known : defaults().getAcceptedIssuers()) {
        all.setCertificateEntry("java-" + number++, known);
      }
      for (Certificate added : own) {
        all.setCertificateEntry("own-" + number++, added);
      }
      return of(manager(all));
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("this Java cannot make a TLS context", e);
    }
  }

  private static Collection<? extends Certificate> read(String setting, Path file) {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw wrong(setting, file, "is larger than " + MAX_BYTES + " bytes");
      }
      try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
        Collection<? extends Certificate> certificates =
            CertificateFactory.getInstance("X.509").generateCertificates(in);
        if (certificates.isEmpty()) {
          throw wrong(setting, file, "holds no certificate");
        }
        return certificates;
      }
    } catch (IOException e) {
      throw wrong(setting, file, "cannot be read (" + e.getClass().getSimpleName() + ")");
    } catch (CertificateException e) {
      throw wrong(setting, file, "holds something that is no certificate");
    }
  }

  private static IllegalArgumentException wrong(String setting, Path file, String problem) {
    return new IllegalArgumentException(
        "%s names %s, which %s: expected a file of certificates in PEM (-----BEGIN CERTIFICATE-----)"
            .formatted(setting, file, problem));
  }

  private static TrustedAuthorities of(X509TrustManager manager) throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {manager}, null);
    return new TrustedAuthorities(manager, context);
  }

  private static X509TrustManager defaults() throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init((KeyStore) null);
    return first(factory);
  }

  private static X509TrustManager manager(KeyStore store) throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return first(factory);
  }

  private static X509TrustManager first(TrustManagerFactory factory) {
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509TrustManager x509) {
        return x509;
      }
    }
    throw new IllegalStateException("this Java trusts no X.509 certificates");
  }
}
