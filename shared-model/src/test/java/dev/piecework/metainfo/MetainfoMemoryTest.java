package dev.piecework.metainfo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.layout.ObjectLayout;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a torrent file of the largest size costs, in a Java of its own with a small heap. */
class MetainfoMemoryTest {
  /** What a worker of 192 MiB has beside its own. */
  private static final String HEAP = "-Xmx128m";

  private static byte[] torrent(String name, int files, int folders, int pathBytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    write(out, "d4:infod5:filesld6:lengthi1e4:pathl1:Zee");
    for (int i = 0; i < files; i++) {
      String number = "%06x".formatted(i);
      String last = number + "x".repeat(Math.max(0, pathBytes - number.length()));
      write(out, "d6:lengthi0e4:pathl");
      for (int folder = 0; folder < folders; folder++) {
        write(out, number.length() + ":" + number);
      }
      write(out, last.length() + ":" + last + "ee");
    }
    byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
    write(out, "e4:name" + nameBytes.length + ":");
    out.writeBytes(nameBytes);
    write(out, "12:piece lengthi16384e6:pieces20:12345678901234567890ee");
    return out.toByteArray();
  }

  private static void write(ByteArrayOutputStream out, String text) {
    out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** Parses and lays out one of {@link #torrent}; what is wrong goes to the exit code. */
  static final class Probe {
    private Probe() {}

    public static void main(String[] arguments) throws MetainfoException {
      byte[] torrent =
          torrent(
              "\u4e2d".repeat(Integer.parseInt(arguments[0])) + "n",
              Integer.parseInt(arguments[1]),
              Integer.parseInt(arguments[2]),
              Integer.parseInt(arguments[3]));
      try {
        ObjectLayout layout = ObjectLayout.of(MetainfoParser.parse(torrent), "p/");
        System.exit(layout.objects().size() == layout.metainfo().files().size() ? 10 : 1);
      } catch (MetainfoException e) {
        System.exit(e.error() == MetainfoError.LIMIT_EXCEEDED ? 20 : 2);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    // Length of the name, files, folders of each, bytes of its last element; taken or refused.
    "79, 360000, 0, 4, 20",
    "79, 100000, 0, 6, 10",
    "79, 129000, 0, 40, 20",
    "0, 50000, 10, 6, 10",
    "79, 60000, 3, 60, 10"
  })
  void isHeldInASmallHeapOrRefusedBeforeItIsBuilt(
      int name, int files, int folders, int pathBytes, int outcome) throws Exception {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    HEAP,
                    "-XX:+UseSerialGC",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Probe.class.getName(),
                    Integer.toString(name),
                    Integer.toString(files),
                    Integer.toString(folders),
                    Integer.toString(pathBytes)))
            .inheritIO()
            .start();

    assertThat(process.waitFor()).isEqualTo(outcome);
  }
}
