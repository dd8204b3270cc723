package dev.piecework.worker.observe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.encoder.EncoderBase;
import java.io.InputStream;
import java.util.Objects;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.springframework.boot.logging.logback.StructuredLogEncoder;
import org.springframework.core.env.Environment;
import org.springframework.core.env.StandardEnvironment;

/** What a terminal obeys does not reach it by the log, whoever put it into a message. */
class LogTextTest {
  /** Escape sequences of 7 and of 8 bits, an end of line, another direction, no width. */
  private static final String HOSTILE =
      "a\u001b[31mb\u009b32mc\r\n2026 ERROR forged\u202ed\u200be\u2028f\0g";

  private final LoggerContext context = new LoggerContext();

  LogTextTest() {
    context.setMDCAdapter(new LogbackMDCAdapter());
  }

  private String logged(EncoderBase<ILoggingEvent> encoder) {
    encoder.setContext(context);
    encoder.start();
    return new String(
        encoder.encode(
            new LoggingEvent(
                "caller",
                context.getLogger("x"),
                Level.WARN,
                "cannot do it: {}",
                new IllegalStateException(HOSTILE, new IllegalStateException(HOSTILE)),
                new Object[] {HOSTILE})),
        UTF_8);
  }

  private static String pattern(String where) throws Exception {
    Properties properties = new Properties();
    try (InputStream in =
        Objects.requireNonNull(LogTextTest.class.getResourceAsStream("/piecework.properties"))) {
      properties.load(in);
    }
    return properties.getProperty("logging.pattern." + where);
  }

  private void isHarmless(String where) throws Exception {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setPattern(pattern(where));

    String text = logged(encoder);

    assertThat(text).contains("cannot do it: a [31mb", "IllegalStateException: a [31mb", "\tat ");
    assertThat(text).doesNotContainPattern("[\\p{Cc}\\p{Cf}\\u2028\\u2029&&[^\\n\\t]]");
    // What is one entry is one line, but for the trace below it.
    assertThat(text.lines().findFirst()).hasValueSatisfying(line -> assertThat(line).endsWith("g"));
  }

  @Test
  void onTheConsoleNothingIsLeftThatATerminalObeys() throws Exception {
    isHarmless("console");
  }

  @Test
  void inAFileNeither() throws Exception {
    isHarmless("file");
  }

  @Test
  void inJsonControlCharactersAreEscaped() {
    context.putObject(Environment.class.getName(), new StandardEnvironment());
    StructuredLogEncoder encoder = new StructuredLogEncoder();
    encoder.setFormat("logstash");

    String text = logged(encoder);

    assertThat(text).contains("cannot do it: a\\u001B[31mb");
    assertThat(text.lines()).hasSize(1);
    assertThat(text.stripTrailing()).doesNotContainPattern("\\p{Cc}");
  }
}
