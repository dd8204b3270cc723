package dev.piecework.message;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the documentation shows is what the code takes. */
class MessageDocumentationTest {
  private static final Path DOCUMENTATION = Path.of("..", "docs", "messages.md");
  private static final Path EXAMPLES = Path.of("..", "docs", "examples");
  private static final Pattern JSON_BLOCK = Pattern.compile("(?ms)^```json\\n(.*?)^```");

  @Test
  void everyExampleInTheTextIsValid() throws IOException, MessageException {
    List<String> blocks =
        JSON_BLOCK
            .matcher(Files.readString(DOCUMENTATION))
            .results()
            .map((MatchResult block) -> block.group(1))
            .toList();

    assertThat(blocks).hasSizeGreaterThan(3);
    for (String block : blocks) {
      check(block);
    }
  }

  @Test
  void everyExampleFileIsValid() throws IOException, MessageException {
    Set<EventType> shown = EnumSet.noneOf(EventType.class);
    Set<Class<?>> sources = new HashSet<>();
    Set<Class<?>> requests = new HashSet<>();
    Set<Class<?>> replies = new HashSet<>();
    try (Stream<Path> files = Files.list(EXAMPLES)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".json")).toList()) {
        switch (check(Files.readString(file))) {
          case JobEvent event -> shown.add(event.type());
          case JobMessage job -> sources.add(job.source().getClass());
          case ControlRequest request -> requests.add(request.getClass());
          case ControlReply reply -> replies.add(reply.getClass());
          case Object other -> throw new AssertionError(other);
        }
      }
    }
    assertThat(shown).containsExactlyInAnyOrder(EventType.values());
    assertThat(sources).hasSize(JobSource.class.getPermittedSubclasses().length);
    assertThat(requests).hasSize(8);
    assertThat(replies).hasSize(ControlReply.class.getPermittedSubclasses().length);
  }

  @Test
  void everyTypeAndFaultIsExplained() throws IOException {
    String text = Files.readString(DOCUMENTATION);
    for (EventType type : EventType.values()) {
      assertThat(text).contains("`" + type.wireName() + "`");
    }
    for (MessageError error : MessageError.values()) {
      assertThat(text).contains("`" + error + "`");
    }
  }

  private static Object check(String json) throws MessageException {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    Schema schema;
    Object message;
    if (json.contains("\"specversion\"")) {
      schema = MessageSchemas.EVENT;
      message = JobEventCodec.decode(bytes);
    } else if (json.contains("\"request\":")) {
      schema = MessageSchemas.REQUEST;
      message = ControlCodec.decodeRequest(bytes);
    } else if (json.contains("\"reply\":")) {
      schema = MessageSchemas.REPLY;
      message = ControlCodec.decodeReply(bytes);
    } else {
      schema = MessageSchemas.JOB;
      message = JobMessageCodec.decode(bytes);
    }
    assertThat(MessageSchemas.errors(schema, json)).as(json).isEmpty();
    return message;
  }
}
