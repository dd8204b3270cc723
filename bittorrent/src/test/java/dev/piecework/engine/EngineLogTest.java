package dev.piecework.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

class EngineLogTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @TempDir Path folder;
  private final Logger logger = (Logger) LoggerFactory.getLogger("dev.piecework");
  private final Level level = logger.getLevel();
  private final ConcurrentLinkedQueue<ILoggingEvent> events = new ConcurrentLinkedQueue<>();
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          event.prepareForDeferredProcessing();
          events.add(event);
        }
      };

  @BeforeEach
  void listen() {
    logger.setLevel(Level.INFO);
    appender.start();
    logger.addAppender(appender);
  }

  @AfterEach
  void hush() {
    logger.detachAppender(appender);
    logger.setLevel(level);
    MDC.clear();
  }

  @Test
  void whatIsAboutATorrentIsLoggedWithTheContextOfWhoAddedIt() {
    TestContent content =
        TestContent.make(folder, 1 << 20, 256 << 10).announcedTo("http://127.0.0.1:1/announce");
    try (Engine engine = Engine.start(EngineSettings.defaults())) {
      MDC.put("job", "era5-2026");
      TestDownload download = new TestDownload(content.metainfo());
      Torrent torrent =
          download.start(
              engine, download.request(MemoryStorage.empty(content.metainfo()), List.of()));
      MDC.clear();
      await().atMost(LIMIT).until(() -> !about("tracker 127.0.0.1:1").isEmpty());
      assertThat(torrent.stop()).succeedsWithin(LIMIT);
    }
    assertThat(about("started,")).hasSize(1);
    assertThat(about("stopped")).hasSize(1);
    assertThat(events)
        .filteredOn(event -> !event.getLoggerName().endsWith("SwarmEngine"))
        .extracting(ILoggingEvent::getMDCPropertyMap)
        .isNotEmpty()
        .allSatisfy(context -> assertThat(context).isEqualTo(Map.of("job", "era5-2026")));
    // The threads are shared: what belongs to no torrent has nobody's context.
    assertThat(about("Engine: closed"))
        .singleElement()
        .satisfies(event -> assertThat(event.getMDCPropertyMap()).isEmpty());
  }

  private List<ILoggingEvent> about(String text) {
    return events.stream().filter(event -> event.getFormattedMessage().contains(text)).toList();
  }
}
