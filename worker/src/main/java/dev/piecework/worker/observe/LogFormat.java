package dev.piecework.worker.observe;

import java.util.Map;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.boot.context.logging.LoggingApplicationListener;
import org.springframework.context.ApplicationListener;
import org.springframework.core.Ordered;
import org.springframework.core.env.MapPropertySource;

/**
 * Tells the framework the log's format before it sets up logging: earlier than settings are bound
 * and checked, so that what is wrong is said by {@link dev.piecework.worker.settings.LogSettings}.
 *
 * <p>JSON is Logstash's form: one flat object on each line, with {@code @timestamp}, {@code level},
 * {@code logger_name}, {@code message}, {@code stack_trace}, and the job's figures beside them.
 */
public final class LogFormat
    implements ApplicationListener<ApplicationEnvironmentPreparedEvent>, Ordered {
  private final Map<String, Object> properties;

  /**
   * @param properties that win over the environment
   */
  public LogFormat(Map<String, Object> properties) {
    this.properties = properties;
  }

  @Override
  public void onApplicationEvent(ApplicationEnvironmentPreparedEvent event) {
    Object format = properties.get("piecework.log.format");
    if (format == null) {
      format = event.getEnvironment().getProperty("piecework.log.format");
    }
    if ("json".equals(format)) {
      event
          .getEnvironment()
          .getPropertySources()
          .addFirst(
              new MapPropertySource(
                  "log-format", Map.of("logging.structured.format.console", "logstash")));
    }
  }

  @Override
  public int getOrder() {
    return LoggingApplicationListener.DEFAULT_ORDER - 1;
  }
}
