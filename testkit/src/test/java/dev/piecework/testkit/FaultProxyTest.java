package dev.piecework.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultProxyTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final AtomicInteger served = new AtomicInteger();
  private HttpServer service = newService();
  private FaultProxy proxy = FaultProxy.http(service.getAddress());

  @BeforeEach
  void start() {
    served.set(0);
  }

  @AfterEach
  void stop() {
    proxy.close();
    service.stop(0);
  }

  @Test
  void requestsPassUntilAFaultIsArmedAndAfterItIsUsedUp() throws Exception {
    proxy.faults().answerNext(1, 503, request -> request.method().equals("PUT"));

    assertThat(send("GET", "").statusCode()).isEqualTo(200);
    assertThat(send("PUT", "x".repeat(300_000)).statusCode()).isEqualTo(503);
    assertThat(served).hasValue(1);
    assertThat(send("PUT", "x".repeat(300_000)).body()).isEqualTo("got 300000");
    assertThat(proxy.faults().seen())
        .extracting(HttpFaults.Request::method)
        .containsExactly("GET", "PUT", "PUT");
  }

  @Test
  void aLostAnswerIsDoneButNeverHeard() {
    proxy.faults().loseNextAnswer(1, request -> true);

    assertThatThrownBy(() -> send("PUT", "body")).isInstanceOf(IOException.class);
    Await.until("the service to have done it", LIMIT, () -> served.get() == 1);
  }

  @Test
  void aDroppedRequestIsNeverDone() {
    proxy.faults().dropNext(2, request -> true);

    assertThatThrownBy(() -> send("PUT", "body")).isInstanceOf(IOException.class);
    assertThat(served).hasValue(0);
  }

  @Test
  void bytesWaitWhilePausedAndFlowAfterwards() throws Exception {
    proxy.pause();
    var answer =
        HttpClient.newHttpClient()
            .sendAsync(request("PUT", "body"), HttpResponse.BodyHandlers.ofString());
    Await.until("the connection", LIMIT, () -> proxy.connections() == 1);

    assertThat(answer).isNotDone();
    assertThat(proxy.bytesToTarget()).isZero();
    proxy.resume();
    assertThat(answer.get().body()).isEqualTo("got 4");
  }

  @Test
  void heldAnswersAreOfRequestsThatAreDone() throws Exception {
    proxy.holdAnswers();
    var answer =
        HttpClient.newHttpClient()
            .sendAsync(request("PUT", "body"), HttpResponse.BodyHandlers.ofString());

    Await.until("the service to have done it", LIMIT, () -> served.get() == 1);
    assertThat(answer).isNotDone();
    proxy.resume();
    assertThat(answer.get().body()).isEqualTo("got 4");
  }

  @Test
  void answersAreHeldFromTheOneWithTheSignOn() throws Exception {
    proxy.holdAnswersFrom("got 5".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    assertThat(send("PUT", "body").body()).isEqualTo("got 4");
    var answer =
        HttpClient.newHttpClient()
            .sendAsync(request("PUT", "bodyX"), HttpResponse.BodyHandlers.ofString());

    Await.until("the service to have done it", LIMIT, () -> served.get() == 2);
    assertThat(answer).isNotDone();
    proxy.resume();
    assertThat(answer.get().body()).isEqualTo("got 5");
  }

  @Test
  void cutClosesWhatIsOpenAndRefuseWhatIsNew() throws Exception {
    try (Socket open = new Socket(proxy.address().getAddress(), proxy.address().getPort())) {
      Await.until("the connection", LIMIT, () -> proxy.connections() == 1);
      proxy.refuse(true);
      try (Socket refused = new Socket(proxy.address().getAddress(), proxy.address().getPort())) {
        assertThat(ends(refused)).isTrue();
      }
      Await.until(
          "the cut",
          LIMIT,
          () -> {
            proxy.cut();
            open.setSoTimeout(100);
            return ends(open);
          });
    }
  }

  private static boolean ends(Socket socket) {
    try {
      return socket.getInputStream().read() < 0;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private HttpResponse<String> send(String method, String body) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request(method, body), HttpResponse.BodyHandlers.ofString());
    }
  }

  private HttpRequest request(String method, String body) {
    return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + proxy.address().getPort() + "/bucket/key"))
        .version(HttpClient.Version.HTTP_1_1)
        .method(method, HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  private HttpServer newService() {
    try {
      HttpServer server = HttpServer.create(Ports.loopback(Ports.free()), 0);
      server.createContext(
          "/",
          exchange -> {
            int length = exchange.getRequestBody().readAllBytes().length;
            served.incrementAndGet();
            byte[] answer = ("got " + length).getBytes(java.nio.charset.StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
          });
      server.start();
      return server;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
