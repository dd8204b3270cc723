package dev.piecework.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a message costs is bounded by what it is asked for, whatever it holds. */
class JsonLimitsTest {
  /**
   * Allocated, and at once let go, while a message of 16 MiB is refused; a tree of it took more,
   * and held it.
   */
  private static final long MOST_ALLOCATED = 96L << 20;

  private static final String JOB =
      "{\"version\":1,\"id\":\"x\",\"source\":{\"url\":\"http://h/x\"},\"destination\":{\"bucket\":\"data\"},\"x\":%s}";

  interface Decoder {
    Object decode(byte[] message) throws MessageException;
  }

  static final List<Arguments> DECODERS =
      List.of(
          Arguments.of("job", (Decoder) JobMessageCodec::decode),
          Arguments.of("request", (Decoder) ControlCodec::decodeRequest),
          Arguments.of("reply", (Decoder) ControlCodec::decodeReply),
          Arguments.of("event", (Decoder) JobEventCodec::decode));

  private static byte[] filled(String head, String unit, String tail) {
    int most = JobMessageCodec.MAX_BYTES - head.length() - tail.length();
    String units = (unit + ",").repeat(most / (unit.length() + 1) - 1) + unit;
    return (head + units + tail).getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] manyNames(String head, String value, String tail) {
    StringBuilder text =
        new StringBuilder(JobMessageCodec.MAX_BYTES).append(head).append("\"a\":1");
    for (int i = 0; text.length() < JobMessageCodec.MAX_BYTES - 100; i++) {
      text.append(",\"").append(i).append("\":").append(value);
    }
    return text.append(tail).toString().getBytes(StandardCharsets.UTF_8);
  }

  static final List<Flood> PLACES =
      List.of(
          new Flood("job", JobMessageCodec::decode, "{\"later\":", "}"),
          new Flood("job", JobMessageCodec::decode, "{\"options\":{\"peers\":", "}}"),
          new Flood("job", JobMessageCodec::decode, "{\"options\":{\"labels\":", "}}"),
          new Flood("request", ControlCodec::decodeRequest, "{\"states\":", "}"),
          new Flood("reply", ControlCodec::decodeReply, "{\"jobs\":", "}"),
          new Flood("event", JobEventCodec::decode, "{\"later\":", "}"),
          new Flood("event", JobEventCodec::decode, "{\"data\":{\"objects\":", "}}"));

  /** Where a flood stands: in a member that nobody asks for, or in one that is asked for. */
  record Flood(String kind, Decoder decoder, String head, String tail) {
    List<Supplier<byte[]>> messages() {
      return List.of(
          () -> filled(head + "[", "{}", "]" + tail),
          () -> filled(head + "[", "[]", "]" + tail),
          () -> filled(head + "[", "\"\"", "]" + tail),
          () -> filled(head + "[", "1e999999999", "]" + tail),
          () -> manyNames(head + "{", "\"\"", "}" + tail),
          () -> manyNames(head + "[{", "{}", "}]" + tail));
    }
  }

  private static long allocated(Runnable work) {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    work.run();
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  private static void assertRefused(Decoder decoder, byte[] message) {
    assertThat(catchThrowable(() -> decoder.decode(message))).isInstanceOf(MessageException.class);
  }

  @ParameterizedTest
  @FieldSource("PLACES")
  void aFloodOfValuesIsRefusedByNameAndCostsLittle(Flood place) {
    for (Supplier<byte[]> flood : place.messages()) {
      byte[] message = flood.get();

      long bytes = allocated(() -> assertRefused(place.decoder(), message));

      assertThat(bytes)
          .as(new String(message, 0, 100, StandardCharsets.UTF_8))
          .isLessThan(MOST_ALLOCATED);
    }
  }

  @ParameterizedTest
  @FieldSource("DECODERS")
  void aLongMemberThatNobodyAsksForIsNotBuilt(String kind, Decoder decoder) throws Exception {
    String flood = "{\"version\":1,\"later\":\"" + "x".repeat(8 << 20) + "\"}";
    byte[] message = flood.getBytes(StandardCharsets.UTF_8);

    long bytes = allocated(() -> assertRefused(decoder, message));

    assertThat(bytes).as(kind).isLessThan(1 << 20);
  }

  @Test
  void whatNobodyAsksForIsPassedOverWithinTheLimits() throws MessageException {
    String many = "[" + "{\"a\":[1,2]},".repeat(20_000) + "null]";

    assertThat(JobMessageCodec.decode(JOB.formatted(many).getBytes(StandardCharsets.UTF_8)).id())
        .isEqualTo("x");
  }

  static Stream<Arguments> beyond() {
    return Stream.of(
        Arguments.of(
            "[" + "0,".repeat(100_000) + "0]", MessageError.TOO_MANY_ELEMENTS, "100000 elements"),
        Arguments.of(
            "[" + "{\"a\":0},".repeat(99_995) + "{}]",
            MessageError.TOO_MANY_MEMBERS,
            "100000 members"),
        Arguments.of(
            "{\"a\":".repeat(40) + "1" + "}".repeat(40), MessageError.TOO_DEEP, "32 arrays"),
        Arguments.of("[".repeat(40) + "]".repeat(40), MessageError.TOO_DEEP, "32 arrays"),
        Arguments.of("9".repeat(101), MessageError.NUMBER_TOO_LONG, "100 digits"),
        Arguments.of("9".repeat(1_000_000), MessageError.STRING_TOO_LONG, "65536 characters"),
        Arguments.of("0." + "9".repeat(101), MessageError.NUMBER_TOO_LONG, "100 digits"),
        Arguments.of(
            "{\"" + "n".repeat(1001) + "\":1}", MessageError.STRING_TOO_LONG, "1000 characters"),
        Arguments.of(
            "1,\"options\":{\"seedTime\":\"" + "x".repeat(65_537) + "\"}",
            MessageError.STRING_TOO_LONG,
            "65536 characters"),
        Arguments.of("1,\"id\":\"y\"", MessageError.DUPLICATE_MEMBER, "twice"),
        Arguments.of("1,\"options\":{},\"options\":null", MessageError.DUPLICATE_MEMBER, "twice"));
  }

  @ParameterizedTest
  @MethodSource("beyond")
  void eachLimitHasItsNameAndIsInTheText(String value, MessageError error, String text) {
    byte[] job =
        JOB.replace(
                "\"id\":\"x\",",
                value.contains("\"id\"") && error == MessageError.STRING_TOO_LONG
                    ? ""
                    : "\"id\":\"x\",")
            .formatted(value)
            .getBytes(StandardCharsets.UTF_8);

    MessageException fault =
        catchThrowableOfType(MessageException.class, () -> JobMessageCodec.decode(job));

    assertThat(fault.error()).isEqualTo(error);
    assertThat(fault).hasMessageContaining(text);
  }

  @Test
  void aRequestMayBeShortOnly() {
    byte[] request = new byte[ControlCodec.MAX_REQUEST_BYTES + 1];

    MessageException fault =
        catchThrowableOfType(MessageException.class, () -> ControlCodec.decodeRequest(request));

    assertThat(fault.error()).isEqualTo(MessageError.TOO_LARGE);
    assertThat(fault).hasMessageContaining("at most " + ControlCodec.MAX_REQUEST_BYTES);
  }

  @Test
  void anInlineTorrentCostsItsBytesAndNoTextOfThem() throws Exception {
    byte[] torrent = new byte[JobRules.MAX_INLINE_BYTES];
    byte[] message =
        JobMessageCodec.encode(
            new JobMessage(
                1,
                "x",
                JobSource.Inline.of(torrent),
                new Destination("data", ""),
                JobOptions.none()));

    long bytes =
        allocated(() -> assertThat(catchThrowable(() -> JobMessageCodec.decode(message))).isNull());

    assertThat(bytes).isLessThan(3L * JobRules.MAX_INLINE_BYTES);
  }
}
