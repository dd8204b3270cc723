package dev.piecework.engine;

import dev.piecework.wire.MessageReader;
import dev.piecework.wire.MessageWriter;
import dev.piecework.wire.WireException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one peer wants of us. Its requests are read from storage in batches, off the loop, and
 * written only while the peer takes what is written: memory is one batch and the channel's own
 * bound, whatever it asks for.
 */
// Netty tells the pipeline what becomes of a write or a close.
@SuppressWarnings("FutureReturnValueIgnored")
final class Uploads {
  private static final Logger LOG = LoggerFactory.getLogger(Uploads.class);

  /** Bytes read and written at once: enough to spare wake-ups, little enough to stay in cache. */
  private static final int BATCH_BYTES = 256 << 10;

  /** The same for a choked peer, which may have a few pieces: there may be many such peers. */
  private static final int CHOKED_BATCH_BYTES = 64 << 10;

  private static final int BATCH_BLOCKS = 64;

  /** Requests of a choked peer that are put up with: they may have crossed our choke (BEP 6). */
  private static final int CHOKED_REQUESTS = 3 * UploadQueue.CAPACITY;

  private final Swarm swarm;
  private final PeerLink link;
  private final UploadQueue queue = new UploadQueue();
  private final Batch batch = new Batch();
  private boolean interested;
  private boolean choking = true;
  private boolean closed;
  private int chokedRequests;
  private int[] allowedFast = {};
  private long sentBytes;

  Uploads(Swarm swarm, PeerLink link) {
    this.swarm = swarm;
    this.link = link;
  }

  boolean interested() {
    return interested;
  }

  boolean choking() {
    return choking;
  }

  long sentBytes() {
    return sentBytes;
  }

  /** Requests walked over so far. */
  long steps() {
    return queue.steps();
  }

  void allowFast(int[] pieces) {
    allowedFast = pieces;
  }

  void interested(boolean now) {
    if (interested != now) {
      interested = now;
      swarm.interestChanged();
    }
  }

  /** Chokes or unchokes the peer; a choke ends its requests (BEP 6: each with a rejection). */
  void choke(boolean now) {
    if (choking == now) {
      return;
    }
    choking = now;
    chokedRequests = 0;
    if (!now) {
      MessageWriter.unchoke(link.outbox().buffer());
      return;
    }
    MessageWriter.choke(link.outbox().buffer());
    for (int i = queue.size() - 1; i >= 0; i--) {
      if (!allowedFast(queue.piece(i))) {
        reject(queue.piece(i), queue.offset(i), queue.length(i));
        queue.removeAt(i);
      }
    }
  }

  private boolean allowedFast(int piece) {
    for (int each : allowedFast) {
      if (each == piece) {
        return link.fast() && !swarm.storage().remote(piece);
      }
    }
    return false;
  }

  private void reject(int piece, int offset, int length) {
    if (link.fast()) {
      MessageWriter.reject(link.outbox().buffer(), piece, offset, length);
    }
  }

  /**
   * The peer asks for a block.
   *
   * @return whether it will be sent
   */
  boolean requested(int piece, int offset, int length) throws WireException {
    if (length <= 0
        || length > MessageReader.MAX_BLOCK
        || offset < 0
        || offset > swarm.metainfo().pieceLength(piece) - length) {
      throw new WireException(
          "request outside its piece: piece " + piece + " offset " + offset + " length " + length);
    }
    boolean allowed = !choking || allowedFast(piece);
    if (choking && ++chokedRequests > CHOKED_REQUESTS) {
      throw new WireException("keeps requesting although choked");
    }
    if (!allowed || !swarm.picker().have().has(piece) || !queue.add(piece, offset, length)) {
      reject(piece, offset, length);
      return false;
    }
    return true;
  }

  void cancelled(int piece, int offset, int length) {
    if (queue.remove(piece, offset, length)) {
      reject(piece, offset, length);
    }
  }

  /** A piece is no longer there: requests for it end. */
  void forgotten(int piece) {
    for (int i = queue.size() - 1; i >= 0; i--) {
      if (queue.piece(i) == piece) {
        reject(piece, queue.offset(i), queue.length(i));
        queue.removeAt(i);
      }
    }
  }

  /** Reads the next batch, if there is something to read and the peer takes it. */
  void serve() {
    if (!closed
        && !batch.running
        && queue.size() > 0
        && link.channel().isWritable()
        && swarm.uploads().available()) {
      batch.fill();
      swarm.uploads().read(batch);
    }
  }

  void close() {
    closed = true;
    queue.clear();
  }

  /** Blocks on their way from storage to the channel: on the pool first, then on the loop. */
  final class Batch implements Runnable {
    private final int[] pieces = new int[BATCH_BLOCKS];
    private final int[] offsets = new int[BATCH_BLOCKS];
    private final int[] lengths = new int[BATCH_BLOCKS];
    private final boolean[] remote = new boolean[BATCH_BLOCKS];
    private final boolean[] there = new boolean[BATCH_BLOCKS];
    private int count;
    private int bytes;
    private boolean running;
    private ByteBuf frames = Unpooled.EMPTY_BUFFER;

    private void fill() {
      count = 0;
      bytes = 0;
      int most = choking ? CHOKED_BATCH_BYTES : BATCH_BYTES;
      while (count < BATCH_BLOCKS && queue.size() > 0 && bytes < most) {
        pieces[count] = queue.piece(0);
        offsets[count] = queue.offset(0);
        lengths[count] = queue.length(0);
        remote[count] = swarm.storage().remote(pieces[count]);
        bytes += lengths[count];
        count++;
        queue.removeFirst();
      }
      running = true;
      frames = link.channel().alloc().directBuffer(bytes + count * MessageWriter.PIECE_HEADER);
    }

    /** Reads the blocks; on the pool, or on a thread that may wait. */
    @Override
    public void run() {
      for (int i = 0; i < count; i++) {
        int at = frames.writerIndex();
        MessageWriter.pieceHeader(frames, pieces[i], offsets[i], lengths[i]);
        int from = frames.writerIndex();
        there[i] = read(pieces[i], offsets[i], remote[i], frames.nioBuffer(from, lengths[i]));
        frames.writerIndex(there[i] ? from + lengths[i] : at);
      }
    }

    /** Whether something of it has to be fetched from elsewhere. */
    boolean remote() {
      for (int i = 0; i < count; i++) {
        if (remote[i]) {
          return true;
        }
      }
      return false;
    }

    private boolean read(int piece, int offset, boolean fetch, ByteBuffer into) {
      try {
        PieceStorage storage = swarm.storage();
        return fetch ? storage.fetch(piece, offset, into) : storage.read(piece, offset, into);
      } catch (IOException | RuntimeException e) {
        swarm
            .logContext()
            .run(() ->
                LOG.warn("Cannot read piece {} to serve it; the request is refused", piece, e));
        return false;
      }
    }

    /** Sends what was read; on the loop. */
    void finish() {
      running = false;
      if (closed) {
        frames.release();
        return;
      }
      link.writeOutbox();
      int sent = 0;
      for (int i = 0; i < count; i++) {
        if (there[i]) {
          sent += lengths[i];
        } else {
          reject(pieces[i], offsets[i], lengths[i]);
        }
      }
      sentBytes += sent;
      swarm.uploads().sent(sent);
      link.channel().write(frames, link.channel().voidPromise());
      link.writeOutbox();
      link.channel().flush();
      serve();
    }
  }
}
