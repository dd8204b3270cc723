package dev.piecework.worker;

import dev.piecework.engine.TorrentStats;
import dev.piecework.layout.ObjectLayout;
import dev.piecework.layout.StoredObject;
import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.worker.existing.ExistingObjects;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.lease.Fence;
import dev.piecework.worker.resolve.StoreGate;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.store.ObjectOrigin;
import dev.piecework.worker.store.StoreHealth;
import dev.piecework.worker.transfer.Checkpoint;
import dev.piecework.worker.transfer.Checkpoint.UploadedPart;
import dev.piecework.worker.transfer.Transfer;
import dev.piecework.worker.transfer.TransferException;
import dev.piecework.worker.transfer.TransferFactory;
import dev.piecework.worker.transfer.TransferProgress;
import dev.piecework.worker.transfer.TransferRequest;
import dev.piecework.worker.verify.ObjectFinisher;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * A swarm and a store at the test's command: a part arrives for each permit, and what is asked of
 * them is remembered. Stands for the transfer side where the pipeline around it is the subject.
 */
final class StubSwarm {
  /** Parts that may arrive. */
  final Semaphore permits = new Semaphore(0);

  /** Faults that the next starts meet. */
  final Queue<Fault> faults = new ConcurrentLinkedQueue<>();

  /** Whether transfers come round no more. */
  volatile boolean stuck;

  /** Every transfer that was started. */
  final List<TransferRequest> started = new CopyOnWriteArrayList<>();

  /** Transfers that were closed. */
  final Semaphore closed = new Semaphore(0);

  /** Jobs whose scratch was discarded. */
  final List<String> discarded = new CopyOnWriteArrayList<>();

  /** Upload ids that were aborted. */
  final List<String> aborted = new CopyOnWriteArrayList<>();

  /** Keys that were deleted. */
  final List<String> deleted = new CopyOnWriteArrayList<>();

  /** Faults that clearing away meets. */
  final Queue<Fault> clearingFaults = new ConcurrentLinkedQueue<>();

  private final class StubTransfer implements Transfer {
    private final TransferRequest request;
    private final Queue<UploadedPart> missing = new ArrayDeque<>();
    private final int total;
    private int uncommitted;
    private int taken;
    private volatile boolean stopped;
    private long movedAt = System.nanoTime();

    StubTransfer(TransferRequest request, boolean seeding) {
      this.request = request;
      int parts = 0;
      for (StoredObject object : request.layout().objects()) {
        for (int number = 1; number <= object.partCount(); number++) {
          parts++;
          UploadedPart part =
              new UploadedPart(
                  object.index(), number, object.part(number).length(), "etag" + number, 0);
          if (!seeding && !request.checkpoint().parts().contains(part)) {
            missing.add(part);
          }
        }
      }
      total = parts;
    }

    @Override
    public Batch await(Duration atMost) throws InterruptedException {
      while (stuck) {
        Thread.sleep(20);
      }
      if (!missing.isEmpty()
          && !stopped
          && permits.tryAcquire(Math.min(atMost.toMillis(), 50), TimeUnit.MILLISECONDS)) {
        uncommitted++;
        taken++;
        movedAt = System.nanoTime();
        UploadedPart part = missing.remove();
        return new Batch(
            List.of(),
            List.of(new Checkpoint.Upload(part.object(), "upload")),
            List.of(part),
            new BitSet());
      }
      return new Batch(List.of(), List.of(), List.of(), new BitSet());
    }

    @Override
    public void committed(Batch batch) {
      uncommitted -= batch.parts().size();
    }

    @Override
    public Duration waitsForPeers() {
      boolean starves = !stopped && !missing.isEmpty() && permits.availablePermits() == 0;
      return starves ? Duration.ofNanos(System.nanoTime() - movedAt) : Duration.ZERO;
    }

    @Override
    public boolean finished() {
      return missing.isEmpty() && uncommitted == 0;
    }

    @Override
    public TransferProgress progress() {
      return new TransferProgress(
          100,
          0,
          total - missing.size(),
          total - missing.size(),
          total,
          0,
          1,
          new TorrentStats(taken * 10L, 0, 1000, 0, 0, 0, 0, 1, 1, 0, 1, List.of()));
    }

    @Override
    public void close() {
      if (!stopped) {
        stopped = true;
        closed.release();
      }
    }

    @Override
    public String toString() {
      return "transfer of " + request.jobId();
    }
  }

  private final class StubFactory implements TransferFactory {
    private final String scratchId;

    StubFactory(String scratchId) {
      this.scratchId = scratchId;
    }

    @Override
    public Transfer start(TransferRequest request) throws TransferException {
      started.add(request);
      Fault fault = faults.poll();
      if (fault != null) {
        throw new TransferException(fault);
      }
      return new StubTransfer(request, false);
    }

    @Override
    public Transfer seed(TransferRequest request) {
      return new StubTransfer(request, true);
    }

    @Override
    public void discardScratch(String jobId) {
      discarded.add(jobId);
    }

    @Override
    public void sweepScratch(Predicate<String> useless) {}

    @Override
    public String scratchId() {
      return scratchId;
    }
  }

  private final class StubFinisher implements ObjectFinisher {
    @Override
    public List<FinishedObject> finish(Work work, Consumer<FinishedObject> finished) {
      List<FinishedObject> objects =
          work.layout().objects().stream()
              .map(object ->
                  new FinishedObject(
                      object.key(), object.key(), object.length(), "etag", "AAAAAA=="))
              .toList();
      objects.forEach(finished);
      return objects;
    }

    @Override
    public void putManifest(
        String bucket, String key, ObjectOrigin origin, byte[] json, Cancellation cancellation) {}

    @Override
    public List<String> abort(ObjectLayout layout, String bucket, Checkpoint checkpoint)
        throws TransferException {
      Fault fault = clearingFaults.poll();
      if (fault != null) {
        throw new TransferException(fault);
      }
      checkpoint.uploads().forEach(upload -> aborted.add(upload.uploadId()));
      return List.of();
    }

    @Override
    public List<String> delete(
        ObjectLayout layout, String bucket, String jobId, Checkpoint checkpoint, Fence fence) {
      fence.check();
      checkpoint.parts().forEach(part -> deleted.add(layout.objects().get(part.object()).key()));
      return List.of();
    }

    @Override
    public List<String> deleteManifest(String bucket, String key, String jobId) {
      deleted.add(key);
      return List.of();
    }
  }

  private static final class StubGate implements StoreGate {
    @Override
    public void checkBucket(String bucket, Cancellation cancellation) throws TransferException {
      if (!bucket.equals("data")) {
        throw new TransferException(
            new Fault(Fault.Kind.DESTINATION_REFUSED, "no bucket " + bucket));
      }
    }

    @Override
    public byte[] read(String bucket, String key, int maxBytes, Cancellation cancellation) {
      return new byte[0];
    }
  }

  /** Gives a worker the stub that stands in its properties. */
  @Configuration(proxyBeanMethods = false)
  static class Side {
    private final StubSwarm swarm;
    private final String scratchId;

    Side(Environment environment) {
      this.swarm = environment.getRequiredProperty("test.swarm", StubSwarm.class);
      this.scratchId = environment.getRequiredProperty("test.scratch-id");
    }

    @Bean
    TransferFactory transferFactory() {
      return swarm.new StubFactory(scratchId);
    }

    @Bean
    ObjectFinisher objectFinisher() {
      return swarm.new StubFinisher();
    }

    @Bean
    ExistingObjects existingObjects() {
      return new ExistingObjects() {
        @Override
        public Map<Integer, FinishedObject> identical(Place place) {
          return Map.of();
        }

        @Override
        public Optional<String> foreign(Place place, boolean wasClear) {
          return Optional.empty();
        }
      };
    }

    @Bean
    StoreHealth storeHealth() {
      return StoreHealth.alwaysWell();
    }

    @Bean
    StoreGate storeGate() {
      return new StubGate();
    }
  }
}
