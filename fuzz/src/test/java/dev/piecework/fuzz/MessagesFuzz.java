package dev.piecework.fuzz;

import dev.piecework.message.ControlCodec;
import dev.piecework.message.JobEventCodec;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.MessageException;
import java.util.Arrays;

/** JSON of each kind of message: the first byte says which. */
public final class MessagesFuzz {
  private interface Decoder {
    void decode(byte[] message) throws MessageException;
  }

  private MessagesFuzz() {}

  /** Called by the fuzzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    byte[] message = Arrays.copyOfRange(input, 1, input.length);
    Decoder decoder =
        switch (input[0] & 3) {
          case 0 -> MessagesFuzz::job;
          case 1 -> JobEventCodec::decode;
          case 2 -> ControlCodec::decodeRequest;
          default -> ControlCodec::decodeReply;
        };
    try {
      decoder.decode(message);
    } catch (MessageException e) {
      String text = String.valueOf(e.getMessage());
      Checks.that(!text.isBlank(), "a refusal without a reason");
      Checks.that(text.chars().noneMatch(c -> c == 0), "a zero byte in a reason");
    }
  }

  private static void job(byte[] message) throws MessageException {
    JobMessage job = JobMessageCodec.decode(message);
    JobMessage again;
    try {
      again = JobMessageCodec.decode(JobMessageCodec.encode(job));
    } catch (MessageException e) {
      throw new AssertionError("a job that cannot be read again", e);
    }
    Checks.that(again.equals(job), "a job that is another when read again");
  }
}
