package dev.piecework.engine;

import dev.piecework.metainfo.InfoHash;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.swarm.PieceAssembly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.concurrent.Executor;

/**
 * Hashes a whole piece and, only if it is right, hands it to storage: on the pool, so that the
 * event loop never waits for either. The answer comes back on the loop.
 */
final class PieceChecker {
  /** Takes the answers, on the loop. */
  interface Answers {
    /** The hash was right and storage has the piece. */
    void stored(PieceAssembly assembly);

    /** The hash was wrong. */
    void corrupt(PieceAssembly assembly);

    /** The hash was right but storage failed. */
    void storageFailed(PieceAssembly assembly, Exception cause);
  }

  private static final ThreadLocal<MessageDigest> SHA1 =
      ThreadLocal.withInitial(() -> {
        try {
          return MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
          throw new IllegalStateException("every Java platform has SHA-1", e);
        }
      });

  private static final ThreadLocal<byte[]> PORTION =
      ThreadLocal.withInitial(() -> new byte[16 << 10]);

  private final Metainfo metainfo;
  private final PieceStorage storage;
  private final Executor pool;
  private final Executor loop;
  private final Answers answers;

  PieceChecker(
      Metainfo metainfo, PieceStorage storage, Executor pool, Executor loop, Answers answers) {
    this.metainfo = metainfo;
    this.storage = storage;
    this.pool = pool;
    this.loop = loop;
    this.answers = answers;
  }

  void check(PieceAssembly assembly) {
    pool.execute(() -> run(assembly));
  }

  private void run(PieceAssembly assembly) {
    Runnable answer;
    try {
      ByteBuffer bytes = assembly.buffer().nioBuffer(0, assembly.length());
      if (matches(assembly.piece(), bytes.duplicate())) {
        storage.write(assembly.piece(), bytes.asReadOnlyBuffer());
        answer = () -> answers.stored(assembly);
      } else {
        answer = () -> answers.corrupt(assembly);
      }
    } catch (IOException | RuntimeException e) {
      answer = () -> answers.storageFailed(assembly, e);
    } catch (Error e) {
      // No answer would leave the torrent waiting for one for ever.
      answer = () -> answers.storageFailed(assembly, new IllegalStateException(e));
    }
    loop.execute(answer);
  }

  private boolean matches(int piece, ByteBuffer bytes) {
    MessageDigest sha1 = SHA1.get();
    byte[] hash = new byte[InfoHash.LENGTH];
    // Through an array that stays in the first-level cache, and in portions that the processor's
    // SHA instructions get as a whole: update(ByteBuffer) does the same in portions of 4 KiB.
    byte[] portion = PORTION.get();
    while (bytes.hasRemaining()) {
      int count = Math.min(portion.length, bytes.remaining());
      bytes.get(portion, 0, count);
      sha1.update(portion, 0, count);
    }
    try {
      sha1.digest(hash, 0, hash.length);
    } catch (DigestException e) {
      throw new IllegalStateException("SHA-1 does not fit 20 bytes", e);
    }
    return metainfo.matches(piece, hash);
  }
}
