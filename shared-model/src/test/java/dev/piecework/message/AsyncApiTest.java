package dev.piecework.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** What docs/asyncapi.yaml says is what the code does. */
class AsyncApiTest {
  private static final Path DOCUMENTS = Path.of("..", "docs");
  private static Map<?, ?> document = Map.of();

  @BeforeAll
  static void read() throws IOException {
    LoaderOptions strict = new LoaderOptions();
    strict.setAllowDuplicateKeys(false);
    document =
        new Yaml(new SafeConstructor(strict))
            .load(Files.readString(DOCUMENTS.resolve("asyncapi.yaml")));
  }

  @Test
  void itIsOfTheVersionItSays() {
    assertThat(text("asyncapi")).isEqualTo("3.0.0");
    assertThat(text("info", "version")).startsWith(JobMessage.VERSION + ".");
  }

  @Test
  void exchangesQueuesAndKeysAreThoseOfTheCode() {
    assertThat(text("channels", "jobs", "bindings", "amqp", "exchange", "name"))
        .isEqualTo(Topology.JOBS_EXCHANGE);
    assertThat(text("channels", "jobs", "address")).isEqualTo(Topology.JOBS_QUEUE);
    assertThat(text("channels", "events", "bindings", "amqp", "exchange", "name"))
        .isEqualTo(Topology.EVENTS_EXCHANGE);
    assertThat(
            text("channels", "events", "address")
                .replace("{type}", EventType.HANDED_BACK.wireName())
                .replace("{job}", "a-job"))
        .isEqualTo(Topology.eventRoutingKey(EventType.HANDED_BACK, "a-job"));
    assertThat(text("channels", "requests", "bindings", "amqp", "exchange", "name"))
        .isEqualTo(Topology.CONTROL_EXCHANGE);
    assertThat(text("channels", "requests", "address")).isEqualTo(Topology.REQUEST_KEY);
    assertThat(text("channels", "questions", "bindings", "amqp", "exchange", "name"))
        .isEqualTo(Topology.QUESTIONS_EXCHANGE);
    assertThat(text("channels", "questions", "address")).isEqualTo(Topology.REQUEST_KEY);
    assertThat(text("channels", "limits", "bindings", "amqp", "exchange", "name"))
        .isEqualTo(Topology.QUESTIONS_EXCHANGE);
    assertThat(text("channels", "limits", "address")).isEqualTo(Topology.LIMITS_KEY);
    assertThat(text("channels", "deadLetters", "address")).isEqualTo(Topology.DEAD_LETTER_QUEUE);
    assertThat(map("components", "messages", "deadLetter", "headers", "properties").keySet())
        .hasToString(
            "[%s, %s]"
                .formatted(Topology.DEAD_LETTER_CODE_HEADER, Topology.DEAD_LETTER_REASON_HEADER));
  }

  @Test
  void everyTypeOfEventIsThere() {
    assertThat((List<?>) at("channels", "events", "parameters", "type", "enum"))
        .hasToString(
            Arrays.stream(EventType.values()).map(EventType::wireName).toList().toString());
  }

  @Test
  void contentTypesAreThoseOfTheCode() {
    assertThat(text("components", "messages", "job", "contentType"))
        .isEqualTo(JobMessageCodec.CONTENT_TYPE);
    assertThat(text("components", "messages", "event", "contentType"))
        .isEqualTo(JobEventCodec.CONTENT_TYPE);
  }

  @Test
  void everyReferenceLeadsSomewhere() {
    assertThat(follow(document)).isGreaterThan(10);
  }

  private static int follow(Object node) {
    return switch (node) {
      case Map<?, ?> map -> {
        int found = 0;
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          if ("$ref".equals(entry.getKey())) {
            check(String.valueOf(entry.getValue()));
            found++;
          } else if (entry.getValue() != null) {
            found += follow(entry.getValue());
          }
        }
        yield found;
      }
      case List<?> list -> list.stream().mapToInt(AsyncApiTest::follow).sum();
      default -> 0;
    };
  }

  private static void check(String reference) {
    if (reference.startsWith("#/")) {
      assertThat(map(reference.substring(2).split("/", -1))).as(reference).isNotEmpty();
    } else {
      assertThat(DOCUMENTS.resolve(reference)).as(reference).isRegularFile();
    }
  }

  private static Object at(String... path) {
    Object node = document;
    for (String name : path) {
      assertThat(node).as(name).isInstanceOf(Map.class);
      Object next = ((Map<?, ?>) node).get(name);
      assertThat(next).as("%s in %s", name, String.join(".", path)).isNotNull();
      node = next == null ? Map.of() : next;
    }
    return node;
  }

  private static Map<?, ?> map(String... path) {
    return (Map<?, ?>) at(path);
  }

  private static String text(String... path) {
    return String.valueOf(at(path));
  }
}
