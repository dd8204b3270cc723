package dev.piecework.worker.transfer;

import dev.piecework.engine.PieceStorage;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What a job that seeds serves: pieces that scratch keeps, the others from its objects. */
final class SeedStorage implements PieceStorage {
  private final PieceStorage scratch;
  private final TransferState state;
  private final StoredPieces stored;

  SeedStorage(PieceStorage scratch, TransferState state, StoredPieces stored) {
    this.scratch = scratch;
    this.state = state;
    this.stored = stored;
  }

  @Override
  public void write(int piece, ByteBuffer verified) throws IOException {
    scratch.write(piece, verified);
  }

  @Override
  public boolean read(int piece, int offset, ByteBuffer into) throws IOException {
    return scratch.read(piece, offset, into);
  }

  @Override
  public boolean remote(int piece) {
    state.lock.lock();
    try {
      return !state.ledger.holds(piece);
    } finally {
      state.lock.unlock();
    }
  }

  @Override
  public boolean fetch(int piece, int offset, ByteBuffer into) {
    return stored.read(piece, offset, into);
  }

  @Override
  public boolean makeRoom(int firstPiece, int lastPiece, boolean must) {
    return scratch.makeRoom(firstPiece, lastPiece, must);
  }
}
