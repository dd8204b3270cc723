package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.sun.net.httpserver.HttpServer;
import dev.piecework.message.Destination;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.message.Topology;
import dev.piecework.message.TraceParent;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.TorrentMaker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** One trace joins whoever submits a job, the worker that does it, and whoever hears its end. */
class TracingIT {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";
  private static final String PARENT = "00-" + TRACE + "-" + SPAN + "-01";

  private final BlockingQueue<byte[]> posted = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> completed = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> warnings = new LinkedBlockingQueue<>();

  private HttpServer collector() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/v1/traces",
        exchange -> {
          assertThat(exchange.getRequestHeaders().getFirst("Content-Type"))
              .isEqualTo("application/x-protobuf");
          posted.add(exchange.getRequestBody().readAllBytes());
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    return server;
  }

  private static <T> T next(BlockingQueue<T> queue, String what) throws InterruptedException {
    @Nullable T next = queue.poll(2, TimeUnit.MINUTES);
    if (next == null) {
      throw new AssertionError("no " + what);
    }
    return next;
  }

  private static JobMessage job(Path folder) {
    Path file = Content.file(folder.resolve("in/data.bin"), 1 << 20, 7);
    return new JobMessage(
        1,
        "traced",
        JobSource.Inline.of(TorrentMaker.of(file).pieceBytes(1 << 18).make().metainfo()),
        new Destination("data", ""),
        JobOptions.none());
  }

  private void listen(Channel channel) throws IOException {
    String queue = channel.queueDeclare().getQueue();
    channel.queueBind(queue, Topology.EVENTS_EXCHANGE, "job.completed.*");
    channel.basicConsume(
        queue,
        true,
        (_, delivery) ->
            completed.add(
                String.valueOf(delivery.getProperties().getHeaders().get(TraceParent.HEADER))),
        _ -> {});
  }

  /** A protocol buffer has texts and bytes as they are. */
  private static void assertHas(byte[] message, byte[] wanted) {
    assertThat(text(message)).contains(text(wanted));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private void listenToLog() {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    AppenderBase<ILoggingEvent> appender =
        new AppenderBase<>() {
          @Override
          protected void append(ILoggingEvent said) {
            if (said.getLevel().isGreaterOrEqual(Level.WARN)) {
              warnings.add(said.getFormattedMessage());
            }
          }
        };
    appender.setContext(context);
    appender.start();
    for (String name : List.of("dev.piecework.worker.trace", "io.opentelemetry")) {
      context.getLogger(name).addAppender(appender);
    }
  }

  private interface Meanwhile {
    void check() throws Exception;
  }

  /** A job with a trace, on a worker that is told of a collector. */
  private void run(int collectorPort, Path folder, Meanwhile meanwhile) throws Exception {
    StubSwarm swarm = new StubSwarm();
    swarm.permits.release(100);
    try (TestBroker broker = TestBroker.start();
        TestDatabase database = TestDatabase.h2();
        Connection connection = broker.connect();
        Channel channel = connection.createChannel()) {
      Map<String, Object> properties = new HashMap<>(broker.properties());
      properties.putAll(database.properties());
      properties.put("test.swarm", swarm);
      properties.put("test.scratch-id", "me");
      properties.put("piecework.tracing.endpoint", "http://127.0.0.1:%d/".formatted(collectorPort));
      listen(channel);
      try (WorkerApplication _ = WorkerApplication.start(properties, StubSwarm.Side.class)) {
        // Not before: the start sets logging up anew.
        listenToLog();
        channel.basicPublish(
            Topology.JOBS_EXCHANGE,
            Topology.JOBS_QUEUE,
            new AMQP.BasicProperties.Builder()
                .messageId("m1")
                .headers(Map.of(TraceParent.HEADER, PARENT))
                .build(),
            JobMessageCodec.encode(job(folder)));
        meanwhile.check();
        assertThat(next(completed, "event")).isEqualTo(PARENT);
      }
    }
  }

  @Test
  void aRunIsASpanInTheTraceOfItsSubmissionAndOfItsEvents(@TempDir Path folder) throws Exception {
    HttpServer collector = collector();
    try {
      run(
          collector.getAddress().getPort(),
          folder,
          () -> {
            byte[] spans = next(posted, "span");
            assertHas(spans, HexFormat.of().parseHex(TRACE));
            assertHas(spans, HexFormat.of().parseHex(SPAN));
            for (String text : List.of("piecework.job.run", "me", "traced", "completed")) {
              assertHas(spans, text.getBytes(StandardCharsets.UTF_8));
            }
          });
    } finally {
      collector.stop(0);
    }
  }

  @Test
  void aCollectorThatIsAwayHoldsUpNoJobAndIsReportedInOneLine(@TempDir Path folder)
      throws Exception {
    HttpServer gone = collector();
    int port = gone.getAddress().getPort();
    gone.stop(0);
    run(
        port,
        folder,
        () ->
            assertThat(next(warnings, "warning"))
                .startsWith(
                    "Spans are lost, jobs go on: the collector at http://127.0.0.1:%d/v1/traces"
                            .formatted(port)
                        + " takes none: "));
    assertThat(posted).isEmpty();
    assertThat(warnings).isEmpty();
  }
}
