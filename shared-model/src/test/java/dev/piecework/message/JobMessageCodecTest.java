package dev.piecework.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JobMessageCodecTest {
  private static final String SOURCE = "\"source\":{\"url\":\"https://example.org/a.torrent\"}";
  private static final String DESTINATION = "\"destination\":{\"bucket\":\"data\"}";

  @Test
  void whatIsWrittenIsReadAndKeepsToTheSchema() throws MessageException {
    RandomMessages messages = new RandomMessages(20261121);
    for (int i = 0; i < 500; i++) {
      JobMessage job = messages.job();
      byte[] json = JobMessageCodec.encode(job);
      assertThat(MessageSchemas.errors(MessageSchemas.JOB, json)).as("%s", job).isEmpty();
      assertThat(JobMessageCodec.decode(json)).isEqualTo(job);
      assertThat(JobMessageCodec.encode(JobMessageCodec.decode(json))).isEqualTo(json);
    }
  }

  @Test
  void aPersonMayLeaveOutAllThatIsOptional() throws MessageException {
    JobMessage job = decode("{" + SOURCE + "," + DESTINATION + "}");

    assertThat(job.version()).isEqualTo(1);
    assertThat(job.source())
        .isEqualTo(new JobSource.Url(URI.create("https://example.org/a.torrent")));
    assertThat(job.destination()).isEqualTo(new Destination("data", ""));
    assertThat(job.options()).isEqualTo(JobOptions.none());
    assertThat(job.id()).isEqualTo(JobId.of(job.source(), job.destination(), job.options()));
  }

  @Test
  void everyOptionIsRead() throws MessageException {
    JobMessage job =
        decode(
            """
            {"version":1,"id":"a_B-9","source":{"s3":"s3://in-box/dir/ü%20.torrent"},
             "destination":{"bucket":"data","prefix":"sets/","keyTemplate":"{prefix}{label:team}/{path}"},
             "options":{"priority":3.0,"seedRatio":1.5,"seedTime":"PT1H","peers":["h:1","[::1]:65535"],
               "maxAttempts":7,"downloadBytesPerSecond":1000,"uploadBytesPerSecond":2000,
               "onExisting":"skip",
               "labels":{"team":"climate"}}}
            """);

    assertThat(job)
        .isEqualTo(
            new JobMessage(
                1,
                "a_B-9",
                new JobSource.StoredFile("in-box", "dir/ü%20.torrent"),
                new Destination("data", "sets/", Optional.of("{prefix}{label:team}/{path}")),
                new JobOptions(
                    3,
                    Optional.of(1.5),
                    Optional.of(Duration.ofHours(1)),
                    List.of("h:1", "[::1]:65535"),
                    Optional.of(7),
                    1000,
                    2000,
                    Optional.of(OnExisting.SKIP),
                    Map.of("team", "climate"))));
  }

  @Test
  void unknownMembersAreIgnoredAndNullIsAbsent() throws MessageException {
    JobMessage job =
        decode(
            "{\"later\":[{\"a\":[1,null]}],\"id\":null,\"options\":{\"later\":1,\"seedRatio\":null},"
                + SOURCE
                + ","
                + DESTINATION
                + "}");

    assertThat(job.options()).isEqualTo(JobOptions.none());
  }

  @Test
  void anotherVersionIsRefusedBeforeAnythingElseIsLookedAt() {
    assertThatThrownBy(() -> decode("{\"version\":2,\"source\":7}"))
        .isInstanceOfSatisfying(
            MessageException.class,
            e -> assertThat(e.error()).isEqualTo(MessageError.UNSUPPORTED_VERSION))
        .hasMessageContaining("$.version: is 2; expected version 1; update the workers");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "[]", "1", "null", "{", "{\"a\":1", "{}{}", "{'a':1}"})
  void whatIsNotOneObjectIsNotJson(String text) {
    assertFault(text, MessageError.NOT_JSON, "$");
  }

  @Test
  void whatIsNotUtf8IsNotJsonWhereverItStands() {
    for (String text :
        List.of(
            "{\"version\":1,\"id\":\"\u00ff\"}",
            "{\"nothing\":\"\u00c3\"}",
            "{\"nothing\":\"" + "x".repeat(10_000) + "\u00fe\"}")) {
      assertThatThrownBy(() -> JobMessageCodec.decode(text.getBytes(StandardCharsets.ISO_8859_1)))
          .isInstanceOfSatisfying(
              MessageException.class, e -> assertThat(e.error()).isEqualTo(MessageError.NOT_JSON))
          .hasMessageContaining("is not UTF-8");
    }
  }

  @Test
  void deepNestingIsRefused() {
    assertFault("{\"a\":" + "[".repeat(100_000), MessageError.TOO_DEEP, "$");
  }

  @Test
  void aMessageOverTheLimitIsRefusedUnread() {
    assertThatThrownBy(() -> JobMessageCodec.decode(new byte[JobMessageCodec.MAX_BYTES + 1]))
        .isInstanceOfSatisfying(
            MessageException.class, e -> assertThat(e.error()).isEqualTo(MessageError.TOO_LARGE));
  }

  @Test
  void theLargestTorrentFitsInline() throws MessageException {
    JobMessage job =
        new JobMessage(
            1,
            "id",
            JobSource.Inline.of(new byte[JobRules.MAX_INLINE_BYTES]),
            new Destination("data", ""),
            JobOptions.none());

    assertThat(JobMessageCodec.decode(JobMessageCodec.encode(job))).isEqualTo(job);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|$.source",
        "{'source':{'url':'https://h/'}}|$.destination",
        "{'source':{'url':'https://h/'},'destination':{}}|$.destination.bucket",
      })
  void aMissingMemberIsNamed(String json, String path) {
    assertFault(json.replace('\'', '"'), MessageError.MISSING_FIELD, path);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'id':7|$.id",
        "'version':'1'|$.version",
        "'version':1.5|$.version",
        "'options':[]|$.options",
        "'options':{'priority':true}|$.options.priority",
        "'options':{'seedRatio':'1'}|$.options.seedRatio",
        "'options':{'seedTime':3600}|$.options.seedTime",
        "'options':{'deadline':3600}|$.options.deadline",
        "'options':{'peers':'h:1'}|$.options.peers",
        "'options':{'peers':['h:1',null]}|$.options.peers[1]",
        "'options':{'labels':['a']}|$.options.labels",
        "'options':{'labels':{'a':1}}|$.options.labels[\"a\"]",
      })
  void aMemberOfTheWrongTypeIsNamed(String members, String path) {
    assertFaultInJob(members, MessageError.WRONG_TYPE, path);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'id':''|$.id",
        "'id':'a b'|$.id",
        "'id':'ü'|$.id",
        "'source':{}|$.source",
        "'source':{'url':'https://h/','magnet':'magnet:?x'}|$.source",
        "'source':{'inline':''}|$.source.inline",
        "'source':{'inline':'???'}|$.source.inline",
        "'source':{'url':'ftp://h/a'}|$.source.url",
        "'source':{'url':'file:///etc/passwd'}|$.source.url",
        "'source':{'url':'https:///a'}|$.source.url",
        "'source':{'url':'a.torrent'}|$.source.url",
        "'source':{'url':'https://h/a b'}|$.source.url",
        "'source':{'url':'https://user:secret@h/'}|$.source.url",
        "'source':{'s3':'data/key'}|$.source.s3",
        "'source':{'s3':'s3://data'}|$.source.s3",
        "'source':{'s3':'s3://data/'}|$.source.s3",
        "'source':{'s3':'s3://Data/key'}|$.source.s3",
        "'source':{'magnet':'urn:btih:x'}|$.source.magnet",
        "'destination':{'bucket':'ab'}|$.destination.bucket",
        "'destination':{'bucket':'UPPER'}|$.destination.bucket",
        "'destination':{'bucket':'a..b'}|$.destination.bucket",
        "'destination':{'bucket':'-ab'}|$.destination.bucket",
        "'destination':{'bucket':'192.168.1.1'}|$.destination.bucket",
        "'destination':{'bucket':'data','prefix':'/a'}|$.destination.prefix",
        "'destination':{'bucket':'data','prefix':'a//b'}|$.destination.prefix",
        "'destination':{'bucket':'data','prefix':'a/../b'}|$.destination.prefix",
        "'destination':{'bucket':'data','prefix':'..'}|$.destination.prefix",
        "'destination':{'bucket':'data','prefix':'a\\u0000'}|$.destination.prefix",
        "'destination':{'bucket':'data','prefix':'\\ud800'}|$.destination.prefix",
        "'destination':{'bucket':'data','keyTemplate':'{prefix}'}|$.destination.keyTemplate",
        "'destination':{'bucket':'data','keyTemplate':'{prefix}/{path}'}|$.destination.keyTemplate",
        "'destination':{'bucket':'data','keyTemplate':'{nme}/{path}'}|$.destination.keyTemplate",
        "'destination':{'bucket':'data','keyTemplate':'{label:team}/{path}'}|$.destination.keyTemplate",
        "'options':{'onExisting':'keep'}|$.options.onExisting",
        "'options':{'priority':10}|$.options.priority",
        "'options':{'priority':-1}|$.options.priority",
        "'options':{'priority':99999999999999999999}|$.options.priority",
        "'options':{'seedRatio':-0.1}|$.options.seedRatio",
        "'options':{'seedRatio':1001}|$.options.seedRatio",
        "'options':{'seedRatio':1e999}|$.options.seedRatio",
        "'options':{'seedTime':'1h'}|$.options.seedTime",
        "'options':{'deadline':'2h'}|$.options.deadline",
        "'options':{'deadline':'PT0.9S'}|$.options.deadline",
        "'options':{'deadline':'P366D'}|$.options.deadline",
        "'options':{'seedTime':'PT-1H'}|$.options.seedTime",
        "'options':{'seedTime':'P366D'}|$.options.seedTime",
        "'options':{'seedTime':'P99999999999999999999D'}|$.options.seedTime",
        "'options':{'maxAttempts':0}|$.options.maxAttempts",
        "'options':{'downloadBytesPerSecond':-1}|$.options.downloadBytesPerSecond",
        "'options':{'peers':['h']}|$.options.peers[0]",
        "'options':{'peers':['h:0']}|$.options.peers[0]",
        "'options':{'peers':['h:65536']}|$.options.peers[0]",
        "'options':{'peers':['::1:80']}|$.options.peers[0]",
        "'options':{'labels':{'a b':'x'}}|$.options.labels",
        "'options':{'labels':{'a':'x\\n'}}|$.options.labels.a",
      })
  void aValueThatIsNotAllowedIsNamed(String members, String path) {
    assertFaultInJob(members, MessageError.INVALID_VALUE, path);
  }

  @Test
  void tooManyOfAnythingIsRefused() {
    assertFaultInJob(
        "'options':{'peers':[" + "'h:1',".repeat(JobRules.MAX_PEERS) + "'h:1']}",
        MessageError.INVALID_VALUE,
        "$.options.peers");
    StringBuilder labels = new StringBuilder("'a':''");
    for (int i = 0; i < JobRules.MAX_LABELS; i++) {
      labels.append(",'a").append(i).append("':''");
    }
    assertFaultInJob(
        "'options':{'labels':{" + labels + "}}", MessageError.INVALID_VALUE, "$.options.labels");
    assertFaultInJob(
        "'destination':{'bucket':'data','prefix':'" + "ü".repeat(257) + "'}",
        MessageError.INVALID_VALUE,
        "$.destination.prefix");
  }

  @Test
  void aComplaintRepeatsNeitherSecretsNorControlCharacters() {
    assertThatThrownBy(() -> decode(job("'source':{'url':'https://user:secret@h/'}")))
        .message()
        .doesNotContain("secret");
    assertThatThrownBy(() -> decode(job("'source':{'url':'https://user:secret@h/ x'}")))
        .message()
        .doesNotContain("secret");
    assertThatThrownBy(() -> decode(job("'id':'\\n\\u001b[31m" + "x".repeat(1000) + "'")))
        .message()
        .startsWith("$.id: is \"??[31mxxx")
        .hasSizeLessThan(300);
  }

  /** A valid job in which {@code members} stand in front of, and instead of, the usual ones. */
  private static String job(String members) {
    String json = "{" + members.replace('\'', '"');
    if (!json.contains("\"source\"")) {
      json += "," + SOURCE;
    }
    if (!json.contains("\"destination\"")) {
      json += "," + DESTINATION;
    }
    return json + "}";
  }

  private static void assertFaultInJob(String members, MessageError error, String path) {
    assertFault(job(members), error, path);
  }

  private static void assertFault(String json, MessageError error, String path) {
    assertThatThrownBy(() -> decode(json))
        .isInstanceOfSatisfying(
            MessageException.class,
            e -> {
              assertThat(e.error()).isEqualTo(error);
              assertThat(e.path()).isEqualTo(path);
            });
  }

  private static JobMessage decode(String json) throws MessageException {
    return JobMessageCodec.decode(json.getBytes(StandardCharsets.UTF_8));
  }
}
