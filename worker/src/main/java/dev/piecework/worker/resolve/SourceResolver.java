package dev.piecework.worker.resolve;

import dev.piecework.bencode.BencodeLimits;
import dev.piecework.message.JobSource;
import dev.piecework.net.AddressPolicy;
import dev.piecework.net.HostLookup;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.settings.BucketSettings;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.transfer.TransferException;
import java.util.Optional;

/** Gets a torrent file from wherever a job says it is. */
public final class SourceResolver implements AutoCloseable {
  /** Largest torrent file in bytes, wherever it comes from. */
  public static final int MAX_TORRENT_BYTES = BencodeLimits.TORRENT_FILE.bytes();

  private final StoreGate store;
  private final BucketSettings buckets;
  private final TorrentDownload download;

  /**
   * @param policy which addresses a URL may lead to
   * @param names looks up the hosts of URLs; stays the caller's
   * @param buckets which objects may be read
   * @param store for torrent files that are objects
   */
  public SourceResolver(
      AddressPolicy policy, HostLookup names, BucketSettings buckets, StoreGate store) {
    this.store = store;
    this.buckets = buckets;
    this.download = new TorrentDownload(policy, names, MAX_TORRENT_BYTES);
  }

  /**
   * The file's bytes, as yet unchecked.
   *
   * @param cancellation ends the waiting for whoever has it
   * @throws TransferException when it cannot be had; says whether trying again may help
   */
  public byte[] resolve(JobSource source, Cancellation cancellation) throws TransferException {
    return switch (source) {
      case JobSource.Inline inline -> decode(inline);
      case JobSource.Url url -> download.fetch(url.url(), cancellation);
      case JobSource.StoredFile file -> read(file, cancellation);
      case JobSource.Magnet magnet ->
          throw new TransferException(
              new Fault(
                  Fault.Kind.SOURCE_UNSUPPORTED,
                  "magnet links cannot be downloaded by this version: submit the .torrent file itself, its http(s) URL or its s3://bucket/key"));
    };
  }

  private byte[] read(JobSource.StoredFile file, Cancellation cancellation)
      throws TransferException {
    Optional<String> refused = buckets.readRefused(file.bucket(), file.key());
    if (refused.isPresent()) {
      throw new TransferException(new Fault(Fault.Kind.SOURCE_REFUSED, refused.get()));
    }
    return store.read(file.bucket(), file.key(), MAX_TORRENT_BYTES, cancellation);
  }

  private static byte[] decode(JobSource.Inline inline) throws TransferException {
    byte[] bytes = inline.bytes();
    if (bytes.length > MAX_TORRENT_BYTES) {
      throw new TransferException(
          new Fault(
              Fault.Kind.LIMIT_EXCEEDED,
              "the inline metainfo has %d bytes, at most %d are accepted"
                  .formatted(bytes.length, MAX_TORRENT_BYTES)));
    }
    return bytes;
  }

  @Override
  public void close() {
    download.close();
  }
}
