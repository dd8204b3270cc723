package dev.piecework.worker.store;

import dev.piecework.worker.store.StoreException.Reason;
import io.minio.ListObjectsV2Args;
import io.minio.MinioAsyncClient;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/**
 * Tells a fault of one request from one of the store or of this worker's access to it, by requests
 * that no job has to do with: the list of buckets, the first key of a bucket, and where a write has
 * failed, a write of its own ({@link WriteProbe}).
 *
 * <p>A key that may not list buckets is refused that with {@code AccessDenied}, which a store says
 * only to a key and a signature that it accepts; so that proves as much as an answer. A bucket that
 * refuses is another matter: the key may be right and the bucket another's, or the key may have no
 * rights anywhere. Then other buckets are asked, and if none is open to it, it is the key's fault.
 */
final class StoreProbe {
  private static final int BUCKETS_ASKED = 5;

  private final MinioAsyncClient client;
  private final StoreErrors errors;
  private final Supplier<List<String>> buckets;
  private final WriteProbe writes;

  /**
   * @param client with short time limits
   * @param buckets that jobs write to, the likeliest first
   */
  StoreProbe(MinioAsyncClient client, StoreErrors errors, Supplier<List<String>> buckets) {
    this.client = client;
    this.errors = errors;
    this.buckets = buckets;
    this.writes = new WriteProbe(client, errors);
  }

  /** What was found: the store cannot be used. */
  record Finding(StoreOutage.Kind kind, String why) {}

  /**
   * What failed.
   *
   * @param bucket that the request was about; empty if none failed
   * @param key that it would have written to; empty if it would not have
   */
  record Suspect(String bucket, String key) {
    static final Suspect NONE = new Suspect("", "");
  }

  /**
   * Asks.
   *
   * @return empty if the store is well: what failed is the fault of that one request
   */
  Optional<Finding> ask(Suspect suspect) throws InterruptedException {
    Optional<Finding> finding = ask(suspect.bucket());
    if (finding.isPresent() || suspect.key().isEmpty()) {
      return finding;
    }
    finding = writes.refused(suspect.bucket(), suspect.key());
    if (finding.isPresent()) {
      // A bucket that alone takes nothing concerns those who write to it.
      for (String other : buckets.get().stream().limit(BUCKETS_ASKED).toList()) {
        if (!other.equals(suspect.bucket()) && writes.taken(other)) {
          return Optional.empty();
        }
      }
    }
    return finding;
  }

  private Optional<Finding> ask(String bucket) throws InterruptedException {
    List<String> listed = new ArrayList<>();
    Optional<StoreException> root =
        failure(
            () ->
                client
                    .listBuckets()
                    .thenAccept(all -> all.forEach(each -> listed.add(each.name()))),
            "list",
            "the buckets");
    Optional<Finding> finding = root.flatMap(StoreProbe::general);
    if (finding.isPresent() || bucket.isEmpty()) {
      return finding;
    }
    Optional<StoreException> refused = list(bucket);
    finding = refused.flatMap(StoreProbe::general);
    if (finding.isPresent() || refused.isEmpty() || refused.get().reason() != Reason.DENIED) {
      return finding;
    }
    return openElsewhere(bucket, listed, root.isEmpty())
        ? Optional.empty()
        : Optional.of(
            new Finding(
                StoreOutage.Kind.REFUSED,
                "its key may use no bucket that is known here: " + refused.get().getMessage()));
  }

  private boolean openElsewhere(String refused, List<String> listed, boolean listing)
      throws InterruptedException {
    Set<String> others = new LinkedHashSet<>(buckets.get());
    others.addAll(listed);
    others.remove(refused);
    for (String other : others.stream().limit(BUCKETS_ASKED).toList()) {
      if (list(other).isEmpty()) {
        return true;
      }
    }
    return others.isEmpty() && listing;
  }

  private Optional<StoreException> list(String bucket) throws InterruptedException {
    return failure(
        () -> client.listObjectsV2(ListObjectsV2Args.builder().bucket(bucket).maxKeys(1).build()),
        "list",
        bucket);
  }

  /** Whether a failure concerns every request. */
  static Optional<Finding> general(StoreException failure) {
    return switch (failure.reason()) {
      case UNRESOLVED -> Optional.of(new Finding(StoreOutage.Kind.UNRESOLVED, text(failure)));
      case WORKER_REFUSED -> Optional.of(new Finding(StoreOutage.Kind.REFUSED, text(failure)));
      case UNAVAILABLE -> Optional.of(new Finding(StoreOutage.Kind.AWAY, text(failure)));
      default -> Optional.empty();
    };
  }

  private static String text(StoreException failure) {
    return String.valueOf(failure.getMessage());
  }

  private Optional<StoreException> failure(
      Supplier<CompletableFuture<?>> request, String action, String object)
      throws InterruptedException {
    try {
      request.get().get();
      return Optional.empty();
    } catch (ExecutionException | IllegalArgumentException e) {
      return Optional.of(errors.translate(e, action, object, ""));
    }
  }
}
