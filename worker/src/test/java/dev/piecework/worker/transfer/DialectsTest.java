package dev.piecework.worker.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.piecework.layout.ObjectKeys;
import dev.piecework.layout.ObjectLayout;
import dev.piecework.layout.StoredObject;
import dev.piecework.message.JobOptions;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoParser;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import dev.piecework.worker.dialect.UploadTerms;
import dev.piecework.worker.scratch.ScratchFolder;
import dev.piecework.worker.scratch.ScratchSettings;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.store.DialectServer;
import dev.piecework.worker.store.DialectStores;
import dev.piecework.worker.store.ObjectOrigin;
import dev.piecework.worker.store.ObjectSettings;
import dev.piecework.worker.store.ObjectStore;
import dev.piecework.worker.store.StoreException;
import dev.piecework.worker.store.StoreSettings;
import dev.piecework.worker.verify.ObjectFinisher;
import dev.piecework.worker.verify.StoreObjectFinisher;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.unit.DataSize;

/**
 * The whole way of an upload to stores of every dialect, with default settings: it completes and is
 * right, or it is refused before anything is downloaded, with a reason that names what to set.
 */
final class DialectsTest {
  @TempDir private static Path shared;
  private static TestTorrent torrent;
  private static Metainfo metainfo;

  @TempDir private Path folder;

  @BeforeAll
  static void makeTorrent() throws Exception {
    Path content = Files.createDirectories(shared.resolve("set"));
    byte[] large = new byte[(17 << 20) + 321];
    new SplittableRandom(1).nextBytes(large);
    Files.write(content.resolve("large.bin"), large);
    Files.write(content.resolve("small.bin"), new byte[] {1, 2, 3});
    Files.write(content.resolve("empty.bin"), new byte[0]);
    torrent = TorrentMaker.of(content).pieceBytes(1 << 20).make();
    metainfo = MetainfoParser.parse(torrent.metainfo());
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "",
        "r2-equal-parts",
        "etag-quotes",
        "no-crc32c",
        "no-crc32c-400",
        "no-checksum-headers",
        "no-checksum-mode",
        "sign-accept-encoding",
        "garage-composite",
        "bad-digest-composite",
        "composite",
        "composite-bare",
        "no-sums",
        "etag-random",
        "etag-random-whole",
        "no-sums;etag-random",
        "no-sums;etag-random;ignores-md5",
        "sse-kms",
        "empty-complete-etag",
        "no-initiator",
        "no-part-sums",
        "parallel=1",
        "nosuchupload-500",
        "max-parts=2000",
        "min-part=5242880",
        "need-md5",
        "complete-error-200=2",
        "complete-error-200-done=1",
        "complete-409=1",
        "complete-lost=1",
        "complete-lost-500=1",
        "complete-slow=1",
        "part-lost=2",
        "create-lost=2",
        "create-405-list",
        "list-uploads-empty",
        "list-parts-less",
        "slow-429=5",
        "slow-503=5",
        "html-502=5",
        "headbucket-403",
        "headbucket-list-403",
        "headbucket-405",
        "no-content-length",
        "head-no-etag",
        "put-no-etag",
        "no-sums;corrupt-transit=2",
        "corrupt-transit=2",
        "delete-501",
        "xml-utf16",
        "consecutive",
        "conditional"
      })
  void completes(String dialect) throws Exception {
    try (DialectServer server = DialectServer.start(dialect.replace(';', ','));
        ObjectStore store = store(server, Map.of(), ObjectSettings.none())) {
      UploadTerms terms = prepare(store);
      ObjectLayout layout = ObjectLayout.of(metainfo, ObjectKeys.under("sets/"), terms.parts());
      assertThat(terms.refusal(layout)).isEmpty();

      upload(server, store, terms, layout);

      for (StoredObject object : layout.objects()) {
        assertThat(server.objects().content(object.key()))
            .as(object.key())
            .hasValue(
                Files.readAllBytes(
                    torrent
                        .contentParent()
                        .resolve("set")
                        .resolve(
                            metainfo.files().get(object.fileIndex()).path().replace("set/", ""))));
      }
      List<String> left = new ArrayList<>();
      server.objects().keys().forEach(left::add);
      assertThat(left).hasSize(layout.objects().size() + (dialect.equals("delete-501") ? 1 : 0));
      if (!dialect.startsWith("create-")) {
        // Those of a beginning whose answer was lost are found by what was intended.
        assertThat(server.objects().uploads().open()).isZero();
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "no-multipart, piecework.store.part-size",
    "no-multipart-405, piecework.store.part-size",
    "min-part=16777216, piecework.store.min-part",
    "redirect-301, set piecework.store.region",
    "redirect-400, set piecework.store.region",
    "redirect-elsewhere, set piecework.store.endpoint",
    "empty-403, give the access key the rights to read and write bucket data",
    "skew, 'set it, by NTP'",
    "quota-403, raise the quota",
    "quota-507, raise the quota",
    "tagging-501, piecework.objects.tags",
    "meta-400, piecework.objects.metadata",
    "corrupt=1, does not keep what it is sent",
    "no-sums;turns-bits, does not keep what it is sent",
  })
  void isRefusedBeforeTheDownload(String dialect, String reason) throws Exception {
    ObjectSettings objects =
        new ObjectSettings("", ObjectSettings.Encryption.NONE, "", Map.of("team", "sea"), true);
    try (DialectServer server = DialectServer.start(dialect.replace(';', ','));
        ObjectStore store = store(server, Map.of(), objects)) {
      String refusal =
          Optional.ofNullable(
                  catchThrowableOfType(
                      StoreException.class,
                      () -> {
                        UploadTerms terms = prepare(store);
                        ObjectLayout layout =
                            ObjectLayout.of(metainfo, ObjectKeys.under("sets/"), terms.parts());
                        assertThat(terms.refusal(layout).orElse("")).contains(reason);
                      }))
              .map(StoreException::getMessage)
              .orElse(reason);

      assertThat(refusal).contains(reason);
      assertThat(server.objects().uploads().open()).isZero();
    }
  }

  /** What the refusals name helps. */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "no-multipart, piecework.store.part-size, 18MB",
    "min-part=16777216, piecework.store.min-part, 16MB",
    "no-checksum-headers, piecework.store.checksums, none",
    "need-md5, piecework.store.checksums, md5",
    "max-parts=3, piecework.store.max-parts, 3",
  })
  void completesAsSet(String dialect, String setting, String value) throws Exception {
    try (DialectServer server = DialectServer.start(dialect);
        ObjectStore store = store(server, Map.of(setting, value), ObjectSettings.none())) {
      UploadTerms terms = prepare(store);
      ObjectLayout layout = ObjectLayout.of(metainfo, ObjectKeys.under("sets/"), terms.parts());
      assertThat(terms.refusal(layout)).isEmpty();

      upload(server, store, terms, layout);

      assertThat(server.objects().content("sets/set/large.bin"))
          .hasValue(Files.readAllBytes(torrent.contentParent().resolve("set/large.bin")));
    }
  }

  private static ObjectStore store(
      DialectServer server, Map<String, String> settings, ObjectSettings objects) {
    return new ObjectStore(settings(server, settings), objects);
  }

  private static StoreSettings settings(DialectServer server, Map<String, String> settings) {
    Map<String, String> all = new HashMap<>();
    all.put("piecework.store.learn", "true");
    all.put("piecework.store.retries", "12");
    all.putAll(settings);
    return DialectStores.settings(server, all);
  }

  private static UploadTerms prepare(ObjectStore store) throws StoreException {
    return store.prepare(
        DialectServer.BUCKET,
        "sets/.piecework/x.try",
        new ObjectOrigin("job-1", metainfo.infoHash().hex()),
        new Cancellation(),
        () -> {});
  }

  private void upload(
      DialectServer server, ObjectStore store, UploadTerms terms, ObjectLayout layout)
      throws Exception {
    ScratchSettings scratch =
        new ScratchSettings(
            folder.resolve("scratch").toString(),
            DataSize.ofBytes(0),
            DataSize.ofMegabytes(256),
            Duration.ofDays(1),
            Duration.ofSeconds(20),
            2);
    try (ScratchFolder worker = ScratchFolder.open(scratch, Clock.systemUTC())) {
      SwarmTransferFactory factory =
          new SwarmTransferFactory(
              new FeedingEngine(torrent.contentParent()),
              store,
              worker,
              new TransferSettings(
                  DataSize.ofMegabytes(24),
                  DataSize.ofMegabytes(64),
                  Duration.ofMinutes(10),
                  Duration.ofSeconds(8)),
              scratch,
              settings(server, Map.of()),
              Optional.empty(),
              System::nanoTime);
      Checkpoint checkpoint = transfer(factory, terms, layout);
      new StoreObjectFinisher(store)
          .finish(
              new ObjectFinisher.Work(
                  layout,
                  DialectServer.BUCKET,
                  checkpoint,
                  Map.of(),
                  () -> {},
                  new Cancellation(),
                  terms.dialect()),
              object -> {});
    }
  }

  private static Checkpoint transfer(
      SwarmTransferFactory factory, UploadTerms terms, ObjectLayout layout) throws Exception {
    Checkpoint checkpoint = Checkpoint.empty();
    List<Checkpoint.Upload> uploads = new ArrayList<>();
    List<Checkpoint.UploadedPart> parts = new ArrayList<>();
    Transfer transfer =
        factory.start(
            new TransferRequest(
                "job-1",
                layout,
                DialectServer.BUCKET,
                JobOptions.none(),
                checkpoint,
                Set.of(),
                () -> {},
                (object, key) -> {},
                terms.dialect()));
    long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    try {
      while (!transfer.finished()) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        Transfer.Batch batch = transfer.await(Duration.ofSeconds(1));
        uploads.addAll(batch.uploads());
        parts.addAll(batch.parts());
        transfer.committed(batch);
      }
    } finally {
      transfer.close();
    }
    return new Checkpoint(uploads, parts, "any", new BitSet());
  }
}
