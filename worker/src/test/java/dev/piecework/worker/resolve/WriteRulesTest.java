package dev.piecework.worker.resolve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.piecework.bencode.BencodeWriter;
import dev.piecework.layout.ObjectLayout;
import dev.piecework.message.Destination;
import dev.piecework.metainfo.MetainfoParser;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.settings.BucketSettings;
import dev.piecework.worker.transfer.TransferException;
import java.util.List;
import org.junit.jupiter.api.Test;

class WriteRulesTest {
  private static WriteRules rules(String... allow) {
    return new WriteRules(new BucketSettings(List.of(allow), List.of()));
  }

  private static ObjectLayout layout(String prefix) throws Exception {
    byte[] torrent =
        BencodeWriter.dictionary()
            .put(
                "info",
                BencodeWriter.dictionary()
                    .put("length", 5)
                    .put("name", "a.bin")
                    .put("piece length", 16384)
                    .put("pieces", new byte[20]))
            .encode();
    return ObjectLayout.of(MetainfoParser.parse(torrent), prefix);
  }

  @Test
  void everyObjectAndTheManifestMustBeAllowed() throws Exception {
    ObjectLayout layout = layout("in/");
    Destination destination = new Destination("data", "in/");
    assertThatCode(() -> rules("data/in/").require(destination, layout)).doesNotThrowAnyException();
    for (String allowed : new String[] {"data/in/a", "data/in/.piecework/", "other"}) {
      TransferException refused =
          catchThrowableOfType(
              TransferException.class, () -> rules(allowed).require(destination, layout));
      assertThat(refused.fault().kind()).isEqualTo(Fault.Kind.DESTINATION_REFUSED);
      assertThat(refused.fault().message())
          .contains("may not be written", "PIECEWORK_BUCKETS_WRITE_ALLOW");
    }
  }

  @Test
  void theBucketIsRefusedBeforeTheTorrentIsKnown() {
    assertThatCode(() -> rules("data/in/").require(new Destination("data", "x/")))
        .doesNotThrowAnyException();
    TransferException refused =
        catchThrowableOfType(
            TransferException.class,
            () -> rules("data/in/").require(new Destination("other", "in/")));
    assertThat(refused.fault().kind()).isEqualTo(Fault.Kind.DESTINATION_REFUSED);
  }
}
