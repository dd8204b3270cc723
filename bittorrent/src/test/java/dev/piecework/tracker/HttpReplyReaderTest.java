package dev.piecework.tracker;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.tracker.HttpReplyReader.Progress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class HttpReplyReaderTest {
  private static final String[] PIECES = {
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 100 C\r\n\r\n",
    "Content-Length: 3\r\n",
    "Content-Length: 99\n",
    "Transfer-Encoding: chunked\r\n",
    "Location: /x\r\n",
    "Set-Cookie: a=b\r\n",
    "\r\n",
    "\n",
    "5\r\n",
    "0\r\n\r\n",
    "de",
    "d5:peers0:e",
    "\0",
    "Content-Encoding: deflate\r\n",
    "\u001f\u008b\b\0"
  };

  private static Progress read(HttpReplyReader reader, String latin1) {
    return reader.read(Unpooled.copiedBuffer(latin1, ISO_8859_1));
  }

  @Test
  void whatHasComeMayBeEnoughWhenNobodyWaitsAnyLonger() {
    HttpReplyReader reader = new HttpReplyReader();
    assertThat(read(reader, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nd5:pee"))
        .isInstanceOf(Progress.More.class);
    assertThat(reader.end()).isInstanceOf(Progress.Broken.class);
    assertThat(read(reader, "rs0:e")).isInstanceOf(Progress.More.class);
    assertThat(reader.end()).isInstanceOf(Progress.Complete.class);
  }

  @RepeatedTest(10)
  void anyBytesInAnyPortionsComeToAnEnd(RepetitionInfo repetition) {
    SplittableRandom random = new SplittableRandom(repetition.getCurrentRepetition());
    for (int i = 0; i < 500; i++) {
      StringBuilder text = new StringBuilder(random.nextBoolean() ? PIECES[0] : "");
      for (int parts = random.nextInt(12); parts > 0; parts--) {
        text.append(PIECES[random.nextInt(PIECES.length)]);
      }
      ByteBuf bytes = Unpooled.copiedBuffer(text, ISO_8859_1);
      HttpReplyReader reader = new HttpReplyReader();
      Progress progress = new Progress.More();
      while (bytes.isReadable() && progress instanceof Progress.More) {
        progress = reader.read(bytes.readSlice(random.nextInt(1, bytes.readableBytes() + 1)));
      }
      Progress last = progress instanceof Progress.More ? reader.end() : progress;
      assertThat(last).isNotInstanceOf(Progress.More.class);
      if (last instanceof Progress.Complete complete) {
        assertThat(HttpAnswer.read(complete.reply())).isNotNull();
      }
    }
  }
}
