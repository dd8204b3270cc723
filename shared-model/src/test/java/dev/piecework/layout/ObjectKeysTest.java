package dev.piecework.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoParser;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectKeysTest {
  private static final Map<String, String> LABELS =
      Map.of("team", "climate", "place", "a/../b", "dot", ".");

  private static List<String> keys(String template, String name, String... paths) throws Exception {
    StringBuilder files = new StringBuilder();
    for (String path : paths) {
      files.append("d6:lengthi1e4:pathl");
      for (String element : path.split("/", -1)) {
        files.append(text(element));
      }
      files.append("ee");
    }
    return keys(template, torrent("5:filesl" + files + "e4:name" + text(name)));
  }

  private static List<String> keys(String template, Metainfo metainfo) throws Exception {
    ObjectKeys keys = ObjectKeys.of(template, "sets/", "job-1", LABELS);
    return ObjectLayout.of(metainfo, keys).objects().stream().map(StoredObject::key).toList();
  }

  private static Metainfo torrent(String info) throws Exception {
    String whole = "d4:infod" + info + "12:piece lengthi16384e6:pieces20:" + "x".repeat(20) + "ee";
    return MetainfoParser.parse(whole.getBytes(StandardCharsets.UTF_8));
  }

  private static String text(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length + ":" + text;
  }

  @ParameterizedTest
  @CsvSource({
    "{prefix}{path}, sets/set/a/b.nc",
    "{prefix}{name}/{file}, sets/set/a/b.nc",
    "{prefix}{file}, sets/a/b.nc",
    "by-job/{job}/{path}.bin, by-job/job-1/set/a/b.nc.bin",
    "{label:team}/{path}, climate/set/a/b.nc",
    "{label:place}/{path}, a_.._b/set/a/b.nc",
    "ü/{path}, ü/set/a/b.nc"
  })
  void placeholdersAreFilledIn(String template, String key) throws Exception {
    assertThat(keys(template, "set", "a/b.nc")).containsExactly(key);
  }

  @Test
  void theInfoHashIsOne() throws Exception {
    assertThat(keys("{infohash}/{file}", "set", "a").getFirst()).matches("[0-9a-f]{40}/a");
  }

  @Test
  void aTorrentOfOneFileIsNamedByIt() throws Exception {
    Metainfo one = torrent("6:lengthi1e4:name5:a.bin");

    assertThat(keys("{prefix}{path}", one)).containsExactly("sets/a.bin");
    assertThat(keys("{prefix}{file}", one)).containsExactly("sets/a.bin");
    assertThat(keys("{name}/{file}", one)).containsExactly("a.bin/a.bin");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{prefix}",
        "{name}",
        "{prefix}{nme}/{path}",
        "{Path}",
        "{}{path}",
        "{path",
        "path}",
        "{{path}}",
        "{label:none}/{path}",
        "{label:}/{path}",
        "/{path}",
        "{path}/",
        "{prefix}/{path}",
        "a//{path}",
        "../{path}",
        "./{path}",
        "{prefix}../{path}",
        "{label:dot}{label:dot}/{path}",
        "{label:dot}/{path}",
        "a\u0000{path}"
      })
  void whatMakesNoKeysIsRefused(String template) {
    assertThatThrownBy(() -> ObjectKeys.of(template, "sets/", "job-1", LABELS))
        .isInstanceOf(KeyTemplateException.class)
        .hasMessageContaining("expected");
  }

  @Test
  void aLongTemplateIsRefused() {
    assertThatThrownBy(() -> ObjectKeys.of("ü".repeat(255) + "{path}", "", "job-1", LABELS))
        .hasMessage("has 516 bytes: expected at most 512");
  }

  @ParameterizedTest
  @ValueSource(strings = {"..", ".", "../../etc", "/etc", "a/../../b", "{prefix}", "\\..\\x"})
  void noNameLeavesTheTemplatesPlace(String hostile) throws Exception {
    for (String template : List.of("safe/{name}/{path}", "safe/{file}", "safe/.{name}/{file}")) {
      for (String key : keys(template, hostile, "../../x", hostile, "a/" + hostile + "/b")) {
        assertThat(key).startsWith("safe/");
        assertThat(key.split("/", -1)).doesNotContain("", ".", "..");
      }
    }
  }

  @Test
  void keysOfOneTorrentAreDistinct() throws Exception {
    assertThat(keys("{file}", "set", "a", "a", "A", "b/a", "../a")).doesNotHaveDuplicates();
  }

  @Test
  void aKeyThatIsTooLongIsRefused() {
    String deep = String.join("/", java.util.Collections.nCopies(5, "d".repeat(200)));

    assertThatThrownBy(() -> keys("{prefix}{file}/{file}", "set", deep))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("S3 allows 1024: shorten the prefix or the key template");
  }

  @Test
  void equalKeysAreMadeOfEqualJobs() throws Exception {
    ObjectKeys keys = ObjectKeys.of("{prefix}{path}", "sets/", "job-1", LABELS);

    assertThat(ObjectKeys.of("{prefix}{path}", "sets/", "job-2", Map.of())).isEqualTo(keys);
    assertThat(ObjectKeys.under("sets/")).isEqualTo(keys);
    assertThat(ObjectKeys.of("{label:team}/{path}", "", "job-1", Map.of("team", "x")))
        .isNotEqualTo(ObjectKeys.of("{label:team}/{path}", "", "job-1", LABELS));
  }
}
