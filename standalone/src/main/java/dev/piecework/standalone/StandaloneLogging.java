package dev.piecework.standalone;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.FileSize;
import dev.piecework.worker.WorkerApplication;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.slf4j.LoggerFactory;

/**
 * Where log lines go. Set up by hand, before the first embedded service speaks, since those start
 * before Spring Boot, which would otherwise do it; a person at a terminal is shown results, and the
 * log is in a file.
 */
public final class StandaloneLogging {
  /** What only this program has on board; the worker's own file says the rest. */
  private static final Map<String, Level> LEVELS =
      Map.of(
          "org.apache.qpid", Level.ERROR,
          "qpid.message", Level.ERROR,
          "org.gaul", Level.ERROR);

  private static final String WORKER_SETTINGS = "/piecework.properties";
  private static final String PATTERN = "logging.pattern.file";
  private static final String LEVEL_PREFIX = "logging.level.";
  private static final String FILE_SIZE = "5MB";
  private static final int OLD_FILES = 3;

  private StandaloneLogging() {}

  /** Into {@code file}, which is kept below 20 MB with its predecessors. */
  public static void toFile(Path file) {
    LoggerContext context = begin();
    RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
    appender.setFile(file.toString());
    FixedWindowRollingPolicy names = new FixedWindowRollingPolicy();
    names.setContext(context);
    names.setParent(appender);
    names.setFileNamePattern(file + ".%i");
    names.setMinIndex(1);
    names.setMaxIndex(OLD_FILES);
    names.start();
    SizeBasedTriggeringPolicy<ILoggingEvent> size = new SizeBasedTriggeringPolicy<>();
    size.setContext(context);
    size.setMaxFileSize(FileSize.valueOf(FILE_SIZE));
    size.start();
    appender.setRollingPolicy(names);
    appender.setTriggeringPolicy(size);
    finish(context, appender);
  }

  /** To standard error, for somebody who wants to watch. */
  public static void toStandardError() {
    LoggerContext context = begin();
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setTarget("System.err");
    finish(context, appender);
  }

  private static LoggerContext begin() {
    // Spring Boot would set up logging once more, in its own way.
    System.setProperty("org.springframework.boot.logging.LoggingSystem", "none");
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    return context;
  }

  private static void finish(LoggerContext context, OutputStreamAppender<ILoggingEvent> appender) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    Properties settings = workerSettings();
    encoder.setPattern(settings.getProperty(PATTERN));
    encoder.start();
    appender.setContext(context);
    appender.setEncoder(encoder);
    appender.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.WARN);
    root.addAppender(appender);
    LEVELS.forEach((name, level) -> context.getLogger(name).setLevel(level));
    levels(settings).forEach((name, level) -> context.getLogger(name).setLevel(level));
  }

  private static Properties workerSettings() {
    Properties settings = new Properties();
    try (var in = WorkerApplication.class.getResourceAsStream(WORKER_SETTINGS)) {
      settings.load(Objects.requireNonNull(in, WORKER_SETTINGS));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return settings;
  }

  private static Map<String, Level> levels(Properties settings) {
    Map<String, Level> levels = new HashMap<>();
    for (String name : settings.stringPropertyNames()) {
      if (name.startsWith(LEVEL_PREFIX)) {
        levels.put(
            name.substring(LEVEL_PREFIX.length()),
            Level.toLevel(settings.getProperty(name), Level.WARN));
      }
    }
    return levels;
  }
}
