package dev.piecework.worker.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.engine.Engine;
import dev.piecework.layout.ObjectLayout;
import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.message.JobOptions;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoParser;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import dev.piecework.worker.lease.Fence;
import dev.piecework.worker.scratch.ScratchFolder;
import dev.piecework.worker.scratch.ScratchSettings;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.store.ObjectSettings;
import dev.piecework.worker.store.ObjectStore;
import dev.piecework.worker.store.TestBucket;
import dev.piecework.worker.verify.ObjectFinisher;
import dev.piecework.worker.verify.StoreObjectFinisher;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.springframework.util.unit.DataSize;

/** A torrent, a bucket, hosts with scratch, and a caller that writes checkpoints to memory. */
final class TransferRig implements AutoCloseable {
  static final long WINDOW_BYTES = 24L << 20;

  final TestTorrent torrent;
  final Metainfo metainfo;
  final ObjectLayout layout;
  final TestBucket bucket;
  final ObjectStore store;
  final FeedingEngine engine;
  private final Path folder;
  private final List<ScratchFolder> workers = new ArrayList<>();
  LongSupplier nanoClock = System::nanoTime;
  DataSize retain = DataSize.ofMegabytes(256);
  DataSize maxScratch = DataSize.ofBytes(0);
  String jobId = "job-1";

  /** Another rig's scratch, as of two jobs of one worker; empty for one of its own. */
  Optional<ScratchFolder> shared = Optional.empty();

  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  Optional<SeedCache> seedCache =
      Optional.of(new SeedCache(new SeedSettings(true, DataSize.ofMegabytes(16), 4), registry));
  JobOptions options = JobOptions.none();
  Fence fence = () -> {};
  UploadIntent intent = (object, key) -> {};

  /** What SQL would hold. */
  Checkpoint checkpoint = Checkpoint.empty();

  TransferRig(Path folder, Path content, int pieceBytes) throws Exception {
    this.folder = folder;
    this.torrent = TorrentMaker.of(content).pieceBytes(pieceBytes).make();
    this.metainfo = MetainfoParser.parse(torrent.metainfo());
    this.layout = ObjectLayout.of(metainfo, "sets/");
    this.bucket = TestBucket.start(folder.resolve("buckets"));
    this.store = new ObjectStore(bucket.settings(), ObjectSettings.none());
    this.engine = new FeedingEngine(torrent.contentParent());
  }

  Transfer start(String host) throws TransferException {
    return factory(host, engine).start(request());
  }

  TransferRequest request() {
    return new TransferRequest(
        jobId, layout, TestBucket.NAME, options, checkpoint, Set.of(), fence, intent);
  }

  SwarmTransferFactory factory(String host, Engine withEngine) {
    try {
      ScratchSettings scratch =
          new ScratchSettings(
              scratch(host).toString(),
              maxScratch,
              retain,
              Duration.ofDays(1),
              Duration.ofSeconds(20),
              2);
      ScratchFolder worker =
          shared.isPresent() ? shared.get() : ScratchFolder.open(scratch, Clock.systemUTC());
      workers.add(worker);
      return new SwarmTransferFactory(
          withEngine,
          store,
          worker,
          new TransferSettings(
              DataSize.ofBytes(WINDOW_BYTES),
              DataSize.ofMegabytes(64),
              Duration.ofMinutes(10),
              Duration.ofSeconds(8)),
          scratch,
          bucket.settings(),
          seedCache,
          nanoClock);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The scratch of the worker that was made last. */
  ScratchFolder worker() {
    return workers.getLast();
  }

  Path scratch(String host) {
    return folder.resolve("hosts").resolve(host);
  }

  /** Takes batches and writes them down until the transfer is finished. */
  void finish(Transfer transfer) throws Exception {
    drive(transfer, batch -> false);
    assertThat(transfer.finished()).isTrue();
  }

  /** Takes batches and writes them down until one says to stop, or all is done. */
  void drive(Transfer transfer, Predicate<Transfer.Batch> stop) throws Exception {
    long deadline = System.nanoTime() + Duration.ofMinutes(3).toNanos();
    while (!transfer.finished()) {
      assertThat(System.nanoTime())
          .as("a transfer that hangs: %s", transfer.progress())
          .isLessThan(deadline);
      Transfer.Batch batch = transfer.await(Duration.ofSeconds(1));
      write(batch);
      transfer.committed(batch);
      if (stop.test(batch)) {
        return;
      }
    }
  }

  /** Does what SQL does with a batch. */
  void write(Transfer.Batch batch) {
    List<Checkpoint.Upload> uploads = new ArrayList<>(checkpoint.uploads());
    uploads.removeIf(upload -> batch.voided().contains(upload.object()));
    uploads.addAll(batch.uploads());
    List<Checkpoint.UploadedPart> parts = new ArrayList<>(checkpoint.parts());
    parts.removeIf(part -> batch.voided().contains(part.object()));
    parts.addAll(batch.parts());
    checkpoint = new Checkpoint(uploads, parts, "any", (BitSet) batch.pieces().clone());
  }

  /** Completes the objects and compares them with the content, byte by byte. */
  List<FinishedObject> proveObjects() throws Exception {
    List<FinishedObject> told = new ArrayList<>();
    List<FinishedObject> finished =
        new StoreObjectFinisher(store)
            .finish(
                new ObjectFinisher.Work(
                    layout, TestBucket.NAME, checkpoint, Map.of(), fence, new Cancellation()),
                told::add);
    assertThat(told).containsExactlyInAnyOrderElementsOf(finished);
    Map<String, String> expected = Content.sums(torrent.content());
    Map<String, String> stored = new TreeMap<>();
    Path root = bucket.folder().resolve("sets").resolve(torrent.name());
    stored.putAll(Content.sums(root));
    assertThat(stored).isEqualTo(expected);
    assertThat(finished)
        .isSortedAccordingTo(Comparator.comparingInt(object -> keys().indexOf(object.key())));
    return finished;
  }

  private List<String> keys() {
    return layout.objects().stream().map(object -> object.key()).toList();
  }

  long uploadedBytes() {
    return checkpoint.parts().stream().mapToLong(Checkpoint.UploadedPart::length).sum();
  }

  @Override
  public void close() {
    for (ScratchFolder worker : workers) {
      try {
        worker.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    store.close();
    bucket.close();
  }
}
