package dev.piecework.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ControlCodecTest {
  private static final int ROUNDS = 500;

  private final RandomMessages messages = new RandomMessages(20261122);

  @Test
  void aRequestThatIsWrittenIsReadAndKeepsToTheSchema() throws MessageException {
    Set<Class<?>> seen = new HashSet<>();
    for (int i = 0; i < ROUNDS; i++) {
      ControlRequest request = messages.request();
      seen.add(request.getClass());
      byte[] json = ControlCodec.encode(request);
      assertThat(MessageSchemas.errors(MessageSchemas.REQUEST, json)).as("%s", request).isEmpty();
      assertThat(ControlCodec.decodeRequest(json)).isEqualTo(request);
    }
    assertThat(seen).hasSize(8);
  }

  @Test
  void aReplyThatIsWrittenIsReadAndKeepsToTheSchema() throws MessageException {
    Set<Class<?>> seen = new HashSet<>();
    for (int i = 0; i < ROUNDS; i++) {
      ControlReply reply = messages.reply();
      seen.add(reply.getClass());
      byte[] json = ControlCodec.encode(reply);
      assertThat(MessageSchemas.errors(MessageSchemas.REPLY, json)).as("%s", reply).isEmpty();
      assertThat(ControlCodec.decodeReply(json)).isEqualTo(reply);
    }
    assertThat(seen).hasSize(ControlReply.class.getPermittedSubclasses().length);
  }

  @Test
  void aRequestWrittenByHandMayLeaveOutWhatHasADefault() throws MessageException {
    assertThat(request("{'request':'cancel','job':'j1'}"))
        .isEqualTo(new ControlRequest.Cancel("j1", false, ""));
    assertThat(request("{'request':'list'}"))
        .isEqualTo(new ControlRequest.ListJobs(List.of(), Map.of(), 100, Optional.empty()));
  }

  @Test
  void membersThatNobodyKnowsAreIgnored() throws MessageException {
    assertThat(request("{'request':'resume','job':'j1','urgency':{'high':true}}"))
        .isEqualTo(new ControlRequest.Resume("j1"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{'version':2,'request':'get','job':'j'}; UNSUPPORTED_VERSION; $.version",
        "{'request':'teleport','job':'j'}; UNSUPPORTED_VERSION; $.request",
        "{'job':'j'}; MISSING_FIELD; $.request",
        "{'request':'pause'}; MISSING_FIELD; $.job",
        "{'request':'pause','job':'a/b'}; INVALID_VALUE; $.job",
        "{'request':'cancel','job':'j','deleteObjects':'yes'}; WRONG_TYPE; $.deleteObjects",
        "{'request':'pause','job':'j','reason':'a\\nb'}; INVALID_VALUE; $.reason",
        "{'request':'list','limit':1001}; INVALID_VALUE; $.limit",
        "{'request':'list','limit':0}; INVALID_VALUE; $.limit",
        "{'request':'list','after':''}; INVALID_VALUE; $.after",
        "[]; NOT_JSON; $",
      })
  void whatIsNoRequestIsRefusedByName(String json, MessageError error, String path) {
    assertThatThrownBy(() -> request(json))
        .isInstanceOfSatisfying(
            MessageException.class,
            e -> {
              assertThat(e.error()).isEqualTo(error);
              assertThat(e.path()).isEqualTo(path);
            });
  }

  @Test
  void aCodeThatCameLaterIsShownWithItsWords() throws MessageException {
    byte[] json =
        "{\"version\":1,\"reply\":\"error\",\"code\":\"TIRED\",\"message\":\"no\"}"
            .getBytes(StandardCharsets.UTF_8);

    assertThat(ControlCodec.decodeReply(json))
        .isEqualTo(new ControlReply.Refused(ControlReply.Code.OTHER, "no"));
  }

  private static ControlRequest request(String json) throws MessageException {
    return ControlCodec.decodeRequest(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }
}
