package dev.piecework.worker.transfer;

import dev.piecework.engine.Engine;
import dev.piecework.layout.Segments;
import dev.piecework.worker.scratch.JobScratch;
import dev.piecework.worker.scratch.ScratchException;
import dev.piecework.worker.scratch.ScratchFolder;
import dev.piecework.worker.scratch.ScratchSettings;
import dev.piecework.worker.store.ObjectStore;
import dev.piecework.worker.store.StoreSettings;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/** Makes transfers that share an engine, a store, a scratch folder and the limits on uploads. */
public final class SwarmTransferFactory implements TransferFactory {
  private final Engine engine;
  private final ObjectStore store;
  private final ScratchFolder scratch;
  private final TransferSettings settings;
  private final ScratchSettings scratchSettings;
  private final UploadBudget budget;
  private final Optional<SeedCache> seedCache;
  private final LongSupplier nanoClock;

  /**
   * All parts are the caller's to close, after the last transfer.
   *
   * @param seedCache for what jobs that seed read from the store; empty if they do not
   * @param nanoClock monotonic, in nanoseconds
   */
  public SwarmTransferFactory(
      Engine engine,
      ObjectStore store,
      ScratchFolder scratch,
      TransferSettings settings,
      ScratchSettings scratchSettings,
      StoreSettings storeSettings,
      Optional<SeedCache> seedCache,
      LongSupplier nanoClock) {
    this.engine = engine;
    this.store = store;
    this.scratch = scratch;
    this.settings = settings;
    this.scratchSettings = scratchSettings;
    this.budget = new UploadBudget(storeSettings.concurrentUploads());
    this.seedCache = seedCache;
    this.nanoClock = nanoClock;
  }

  /** Room for uploads that is in use, of all jobs; small objects take an eighth of an upload's. */
  public double uploads() {
    return budget.used();
  }

  @Override
  public Transfer start(TransferRequest request) throws TransferException {
    return begin(request, false);
  }

  @Override
  public Transfer seed(TransferRequest request) throws TransferException {
    return begin(request, true);
  }

  @Override
  public void discardScratch(String jobId) {
    scratch.discard(jobId);
  }

  @Override
  public void sweepScratch(Predicate<String> useless) {
    scratch.sweep(scratchSettings.keep(), useless);
  }

  @Override
  public String scratchId() {
    return scratch.id();
  }

  private Transfer begin(TransferRequest request, boolean seedOnly) throws TransferException {
    boolean willSeed =
        seedOnly
            || request.options().seedRatio().isPresent()
            || request.options().seedTime().isPresent();
    RunningTransfer.Parts parts =
        new RunningTransfer.Parts(
            engine,
            store,
            budget,
            seedCache,
            settings,
            willSeed ? Long.MAX_VALUE : scratchSettings.retainBytes().toBytes(),
            scratchSettings.checkThreads(),
            nanoClock);
    try {
      JobScratch job =
          scratch.openJob(
              request.jobId(),
              new Segments(request.layout().metainfo(), request.layout().bundles()));
      RunningTransfer transfer = new RunningTransfer(parts, request, job, seedOnly);
      transfer.start();
      return transfer;
    } catch (ScratchException e) {
      throw new TransferException(e.fault(), e);
    }
  }
}
