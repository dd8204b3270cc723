package dev.piecework.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Whatever lies on the queue: a message or a named fault, never another exception. */
class HostileMessageTest {
  private static final int ROUNDS = 20_000;

  private final Random random = new Random(42);
  private final RandomMessages messages = new RandomMessages(42);

  @Test
  void damagedJobsAreJobsOrNamedFaults() {
    for (int i = 0; i < ROUNDS; i++) {
      byte[] damaged = damage(JobMessageCodec.encode(messages.job()));
      assertReadOrNamed(() -> JobMessageCodec.decode(damaged));
    }
  }

  @Test
  void damagedEventsAreEventsOrNamedFaults() {
    for (int i = 0; i < ROUNDS; i++) {
      byte[] damaged = damage(JobEventCodec.encode(messages.event()));
      assertReadOrNamed(() -> JobEventCodec.decode(damaged));
    }
  }

  @Test
  void damagedControlMessagesAreThatOrNamedFaults() {
    for (int i = 0; i < ROUNDS; i++) {
      byte[] request = damage(ControlCodec.encode(messages.request()));
      assertReadOrNamed(() -> ControlCodec.decodeRequest(request));
      byte[] reply = damage(ControlCodec.encode(messages.reply()));
      assertReadOrNamed(() -> ControlCodec.decodeReply(reply));
    }
  }

  @Test
  void theReasonShowsNoControlCharacterOfABrokenToken() {
    byte[] damaged = "{\"version\":fa\u0007se}".getBytes(StandardCharsets.UTF_8);

    MessageException fault =
        catchThrowableOfType(MessageException.class, () -> JobMessageCodec.decode(damaged));

    assertThat(fault).hasMessageContaining("fa?se");
  }

  private static void assertReadOrNamed(ThrowingCallable decode) {
    Throwable thrown = catchThrowable(decode);
    if (thrown != null) {
      assertThat(thrown).isInstanceOf(MessageException.class);
      assertThat(thrown.toString().chars()).noneMatch(Character::isISOControl);
    }
  }

  private byte[] damage(byte[] message) {
    byte[] damaged = message.clone();
    for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
      int at = random.nextInt(damaged.length);
      switch (random.nextInt(3)) {
        case 0 -> damaged[at] = (byte) random.nextInt(256);
        case 1 -> damaged[at] = (byte) "{}[]\":,0-.eE\\u".charAt(random.nextInt(14));
        default -> damaged[at] = message[random.nextInt(message.length)];
      }
    }
    boolean cut = random.nextInt(10) == 0;
    return cut ? Arrays.copyOf(damaged, random.nextInt(damaged.length)) : damaged;
  }
}
