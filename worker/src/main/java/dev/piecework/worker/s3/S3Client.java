package dev.piecework.worker.s3;

import io.minio.credentials.Provider;
import java.io.IOException;
import java.security.ProviderException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/**
 * Sends requests to a store and reads what it answers, status first. Nothing is repeated; a
 * redirect is signed anew and followed where {@link S3Endpoint} says that it may be, a body goes to
 * no other host.
 */
public final class S3Client {
  /** Longest answer to anything but the reading of an object. */
  private static final int MAX_ANSWER = 16 << 20;

  private static final int MAX_REDIRECTS = 2;

  private final S3Endpoint endpoint;
  private final S3Signer signer;
  private final Provider keys;
  private final OkHttpClient http;
  private final OkHttpClient patient;

  /**
   * @param region to sign for
   * @param http connections, limits and trust; stays the caller's
   */
  public S3Client(S3Endpoint endpoint, String region, Provider keys, OkHttpClient http) {
    this.endpoint = endpoint;
    this.signer = new S3Signer(region);
    this.keys = keys;
    this.http = http.newBuilder().followRedirects(false).followSslRedirects(false).build();
    this.patient =
        this.http.newBuilder().readTimeout(Duration.ofMillis(http.callTimeoutMillis())).build();
  }

  /**
   * Sends a request.
   *
   * @return the answer, of status 2xx; fails with {@link S3Refusal} for any other, and with {@link
   *     IOException} without one
   * @throws IllegalArgumentException if it cannot be made
   */
  public CompletableFuture<S3Answer> send(S3Request request) {
    return send(request, http);
  }

  /** The same for a request whose answer may come late: limited by the time for a call alone. */
  public CompletableFuture<S3Answer> sendPatiently(S3Request request) {
    return send(request, patient);
  }

  private CompletableFuture<S3Answer> send(S3Request request, OkHttpClient by) {
    Answering answering = new Answering(request, by);
    answering.send(endpoint.url(request.bucket(), request.key(), request.query()));
    return answering.answer;
  }

  /** A request on its way. */
  private final class Answering implements Callback {
    private final S3Request request;
    private final OkHttpClient by;
    private final CompletableFuture<S3Answer> answer = new CompletableFuture<>();
    private int redirects;

    Answering(S3Request request, OkHttpClient by) {
      this.request = request;
      this.by = by;
    }

    void send(HttpUrl url) {
      Request.Builder unsigned = new Request.Builder().url(url);
      request.headers().forEach(unsigned::header);
      // Otherwise the client asks for gzip, and a proxy that does it drops length and ETag.
      unsigned.header("Accept-Encoding", "identity");
      boolean needsBody = request.method().equals("PUT") || request.method().equals("POST");
      RequestBody body =
          request.body().orElseGet(() -> needsBody ? RequestBody.create(new byte[0]) : null);
      unsigned.method(request.method(), body);
      Request signed;
      try {
        signed =
            signer.sign(
                unsigned.build(),
                request.query(),
                request.payloadHash(),
                keys.fetch(),
                Clock.systemUTC().instant());
      } catch (ProviderException e) {
        answer.completeExceptionally(e);
        return;
      }
      by.newCall(signed).enqueue(this);
    }

    @Override
    public void onFailure(Call call, IOException e) {
      answer.completeExceptionally(e);
    }

    @Override
    public void onResponse(Call call, Response response) {
      try (response) {
        S3Answer read = read(response);
        Optional<HttpUrl> elsewhere = redirect(call, read);
        if (elsewhere.isPresent()) {
          redirects++;
          send(elsewhere.get());
        } else if (response.isSuccessful()) {
          answer.complete(read);
        } else {
          answer.completeExceptionally(refusal(read));
        }
      } catch (IOException | RuntimeException e) {
        answer.completeExceptionally(e);
      }
    }

    private Optional<HttpUrl> redirect(Call call, S3Answer read) {
      int status = read.status();
      boolean redirected = status == 301 || status == 302 || status == 307 || status == 308;
      return redirected && redirects < MAX_REDIRECTS
          ? read.header("Location")
              .flatMap(location -> endpoint.followed(call.request().url(), location))
          : Optional.empty();
    }
  }

  private static S3Answer read(Response response) throws IOException {
    // A status that is an error counts, whatever becomes of the words behind it.
    byte[] body;
    try {
      body = response.body().byteStream().readNBytes(MAX_ANSWER + 1);
    } catch (IOException e) {
      if (response.isSuccessful()) {
        throw e;
      }
      body = new byte[0];
    }
    if (body.length > MAX_ANSWER) {
      throw new UnreadableAnswerException("the answer is longer than " + MAX_ANSWER + " bytes");
    }
    return new S3Answer(
        response.request(),
        response.code(),
        response.headers(),
        body,
        response.receivedResponseAtMillis());
  }

  /**
   * What an answer's XML says.
   *
   * @param root the name that its root element must have
   * @throws S3Refusal if it is an error in spite of its status, as S3 answers when it has begun to
   *     send blanks
   * @throws UnreadableAnswerException if it is something else
   */
  public static XmlElement xml(S3Answer answer, String root)
      throws S3Refusal, UnreadableAnswerException {
    XmlElement element = XmlElement.parse(answer.body());
    if (element.name().equals("Error")) {
      throw new S3Refusal(answer, element.text("Code"), Optional.of(element));
    }
    if (!element.name().equals(root)) {
      throw new UnreadableAnswerException(
          "the answer is a document %s, expected %s".formatted(element.name(), root));
    }
    return element;
  }

  private static S3Refusal refusal(S3Answer answer) {
    Optional<XmlElement> error = Optional.empty();
    try {
      error =
          Optional.of(XmlElement.parse(answer.body())).filter(xml -> xml.name().equals("Error"));
    } catch (UnreadableAnswerException e) {
      // The status says enough: a proxy's page, or nothing at all.
    }
    return new S3Refusal(answer, error.map(xml -> xml.text("Code")).orElse(""), error);
  }

  /** SHA-256 in hexadecimal digits, as a signature wants it. */
  public static String hash(byte[] body) {
    return S3Signer.hex(S3Signer.sha256(body));
  }
}
