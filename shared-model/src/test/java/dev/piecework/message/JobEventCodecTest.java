package dev.piecework.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.piecework.message.EventData.Completed;
import dev.piecework.message.EventData.Failed;
import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.message.EventData.None;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobEventCodecTest {
  @Test
  void whatIsWrittenIsReadAndKeepsToTheSchema() throws MessageException {
    RandomMessages messages = new RandomMessages(20261121);
    Set<EventType> seen = EnumSet.noneOf(EventType.class);
    for (int i = 0; i < 500; i++) {
      JobEvent event = messages.event();
      seen.add(event.type());
      byte[] json = JobEventCodec.encode(event);
      assertThat(MessageSchemas.errors(MessageSchemas.EVENT, json)).as("%s", event).isEmpty();
      assertThat(JobEventCodec.decode(json)).isEqualTo(event);
    }
    assertThat(seen).containsExactlyInAnyOrder(EventType.values());
  }

  @Test
  void theEnvelopeIsCloudEvents() {
    JobEvent event =
        new JobEvent(
            "e1",
            EventType.FAILED,
            "/piecework/workers/w1",
            Instant.parse("2026-11-21T01:02:03Z"),
            "j1",
            2,
            5,
            Map.of("team", "climate"),
            new Failed("STALLED", "no peers"));

    assertThat(new String(JobEventCodec.encode(event), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"specversion\":\"1.0\",\"id\":\"e1\",\"type\":\"dev.piecework.job.failed\","
                + "\"source\":\"/piecework/workers/w1\",\"subject\":\"j1\","
                + "\"time\":\"2026-11-21T01:02:03Z\",\"datacontenttype\":\"application/json\","
                + "\"dataschema\":\"urn:piecework:schema:job-event:1#/$defs/failed\","
                + "\"attempt\":2,\"epoch\":5,\"data\":{\"code\":\"STALLED\","
                + "\"reason\":\"no peers\",\"labels\":{\"team\":\"climate\"}}}");
  }

  @Test
  void everyTypeHasItsDefinitionInTheSchema() throws Exception {
    try (var in = JobEventCodec.class.getResourceAsStream("job-event.schema.json")) {
      assertThat(in).isNotNull();
      String schema = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (EventType type : EventType.values()) {
        assertThat(schema).contains("\"const\": \"dev.piecework.job." + type.wireName() + "\"");
      }
    }
  }

  @Test
  void dataMustBeOfTheEventsType() {
    assertThatThrownBy(() -> JobEventCodec.encode(event(EventType.COMPLETED, new None())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("COMPLETED carries Completed, not None");
  }

  @Test
  void aTypeThatCameLaterCanBeToldFromGarbage() {
    String json =
        new String(
                JobEventCodec.encode(event(EventType.ACCEPTED, new None())), StandardCharsets.UTF_8)
            .replace("job.accepted", "job.teleported");

    assertThatThrownBy(() -> JobEventCodec.decode(json.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOfSatisfying(
            MessageException.class,
            e -> assertThat(e.error()).isEqualTo(MessageError.UNKNOWN_EVENT_TYPE));
  }

  @ParameterizedTest
  @CsvSource({
    "'\"1.0\"', '\"2.0\"', UNSUPPORTED_VERSION, $.specversion",
    "job-event:1#, job-event:2#, UNSUPPORTED_VERSION, $.dataschema",
    "'\"reason\"', '\"other\"', MISSING_FIELD, $.data.reason",
    "2026-, 2026.-, INVALID_VALUE, $.time",
    "'\"attempt\":1', '\"attempt\":-1', INVALID_VALUE, $.attempt",
    "'\"subject\":\"j1\",', '', MISSING_FIELD, $.subject",
    "'\"data\"', '\"nodata\"', MISSING_FIELD, $.data",
  })
  void aBrokenEventIsRefusedByName(String from, String to, MessageError error, String path) {
    String json =
        new String(
            JobEventCodec.encode(event(EventType.FAILED, new Failed("STALLED", "no peers"))),
            StandardCharsets.UTF_8);
    assertThat(json).contains(from);

    assertThatThrownBy(
            () -> JobEventCodec.decode(json.replace(from, to).getBytes(StandardCharsets.UTF_8)))
        .isInstanceOfSatisfying(
            MessageException.class,
            e -> {
              assertThat(e.error()).isEqualTo(error);
              assertThat(e.path()).isEqualTo(path);
            });
  }

  @Test
  void aListOfObjectsThatNoBrokerTakesIsLeftToTheManifest() throws MessageException {
    FinishedObject object = new FinishedObject("k".repeat(900), "p", 1, "e", "AAAAAA==");
    Completed completed =
        new Completed(
            "a".repeat(40),
            "name",
            "data",
            20_000,
            Collections.nCopies(20_000, object),
            "m.json",
            1,
            0,
            1.5,
            0);

    byte[] json = JobEventCodec.encode(event(EventType.COMPLETED, completed));

    assertThat(json).hasSizeLessThan(2000);
    assertThat(MessageSchemas.errors(MessageSchemas.EVENT, json)).isEmpty();
    assertThat(new String(json, StandardCharsets.UTF_8)).contains("\"objectCount\":20000");
    assertThat(((Completed) JobEventCodec.decode(json).data()).objects()).isEqualTo(List.of());
  }

  private static JobEvent event(EventType type, EventData data) {
    return new JobEvent(
        "e1",
        type,
        "/piecework/workers/w1",
        Instant.parse("2026-11-21T01:02:03Z"),
        "j1",
        1,
        1,
        Map.of(),
        data);
  }
}
