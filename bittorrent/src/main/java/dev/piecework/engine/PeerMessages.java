package dev.piecework.engine;

import dev.piecework.swarm.Download;
import dev.piecework.swarm.Source;
import dev.piecework.wire.ExtensionHandshake;
import dev.piecework.wire.MessageSink;
import dev.piecework.wire.WireException;
import io.netty.buffer.ByteBuf;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one peer says. Each message costs a bounded amount of work: those that cost more than a few
 * steps may come a bounded number of times, and those that bring nothing new are paid for from the
 * peer's {@link MessageBudget}. What can wait, such as asking for more, is done once per batch that
 * was read, not once per message.
 */
final class PeerMessages implements MessageSink {
  private static final Logger LOG = LoggerFactory.getLogger(PeerMessages.class);

  /**
   * Messages that say anew all that a peer has. BEP 3 has one, first; some send "have all" and a
   * bitfield, and aria2 sends another after a reconnection. Each costs a walk over all pieces.
   */
  static final int MOST_BITFIELDS = 2;

  /** What an extension handshake costs, in messages that bring nothing new: it is bencoded. */
  private static final int HANDSHAKE_PRICE = 50;

  /** Bytes of it that cost as much as another such message. */
  private static final int HANDSHAKE_BYTES_PER_MESSAGE = 64;

  /** Keep-alives that cost as much as another such message: four bytes each, nothing to look at. */
  private static final int KEEP_ALIVES_PER_MESSAGE = 4;

  /** A request for less than this costs about as much as one for a block, and brings nothing. */
  private static final int SHORT_REQUEST = 4096;

  private final Swarm swarm;
  private final PeerLink link;
  private final Source source;
  private final MessageBudget budget;
  private int blockLength;
  private int bitfields;
  private int gained;
  private int keepAlives;
  private int lost;
  private boolean piecesKnown;

  PeerMessages(Swarm swarm, PeerLink link, MessageBudget budget) {
    this.swarm = swarm;
    this.link = link;
    this.source = link.source();
    this.budget = budget;
  }

  private void bringsNothing() throws WireException {
    budget.take(1);
  }

  private void fastOnly(String message) throws WireException {
    if (!link.fast()) {
      throw new WireException(message + " without the Fast extension");
    }
  }

  private void checkPiece(int piece) throws WireException {
    if (piece < 0 || piece >= source.pieces().size()) {
      throw new WireException("piece " + piece + " of " + source.pieces().size());
    }
  }

  @Override
  public void keepAlive() throws WireException {
    // The time it came has been noted. Two minutes apart by BEP 3; some send many, but no flood.
    if (++keepAlives % KEEP_ALIVES_PER_MESSAGE == 0) {
      bringsNothing();
    }
  }

  @Override
  public void choke() throws WireException {
    bringsNothing();
    if (!source.choked()) {
      swarm.download().choked(source, !link.fast(), link.now());
      swarm.flushLater();
    }
  }

  @Override
  public void unchoke() throws WireException {
    bringsNothing();
    if (source.choked()) {
      swarm.download().unchoked(source);
      link.mayAskMore();
    }
  }

  @Override
  public void interested() throws WireException {
    bringsNothing();
    link.uploads().interested(true);
  }

  @Override
  public void notInterested() throws WireException {
    bringsNothing();
    link.uploads().interested(false);
  }

  @Override
  public void have(int piece) throws WireException {
    checkPiece(piece);
    knowPieces();
    // Once per piece it may gain one for nothing; more often only a peer does that loses pieces.
    if (!swarm.download().gained(source, piece) || ++gained > source.pieces().size()) {
      bringsNothing();
    }
    if (!link.interesting() && swarm.picker().isNeeded(piece)) {
      link.interesting(true);
    }
    if (!source.choked()) {
      link.mayAskMore();
    }
  }

  private void lost(int piece) throws WireException {
    checkPiece(piece);
    if (!source.pieces().has(piece) || ++lost > source.pieces().size()) {
      bringsNothing();
    }
    swarm.download().lost(source, piece, !link.fast(), link.now());
  }

  @Override
  public void bitfield(ByteBuf bits) throws WireException {
    forgetPieces();
    if (!source.pieces().read(bits)) {
      throw new WireException("bitfield that does not fit " + source.pieces().size() + " pieces");
    }
    knowPieces();
  }

  @Override
  public void haveAll() throws WireException {
    fastOnly("have all");
    forgetPieces();
    source.pieces().fill();
    knowPieces();
  }

  @Override
  public void haveNone() throws WireException {
    fastOnly("have none");
    forgetPieces();
    source.pieces().clear();
    knowPieces();
  }

  private void forgetPieces() throws WireException {
    if (++bitfields > MOST_BITFIELDS) {
      throw new WireException("says anew what it has: more than " + MOST_BITFIELDS + " bitfields");
    }
    if (piecesKnown) {
      piecesKnown = false;
      swarm.download().uncounted(source);
    }
  }

  private void knowPieces() {
    if (!piecesKnown) {
      piecesKnown = true;
      swarm.download().counted(source);
      swarm.reconsider(link);
    }
  }

  @Override
  public void request(int piece, int offset, int length) throws WireException {
    checkPiece(piece);
    if (!link.uploads().requested(piece, offset, length) || length < SHORT_REQUEST) {
      bringsNothing();
    }
  }

  @Override
  public void cancel(int piece, int offset, int length) throws WireException {
    bringsNothing();
    link.uploads().cancelled(piece, offset, length);
  }

  @Override
  public void pieceStart(int piece, int offset, int length) throws WireException {
    blockLength = length;
    Download.Verdict verdict =
        swarm.download().blockStart(source, piece, offset, length, link.now());
    if (verdict == Download.Verdict.REFUSED) {
      throw new WireException(
          "unexpected block: piece " + piece + " offset " + offset + " length " + length);
    }
  }

  @Override
  public void pieceBytes(ByteBuf from, int count) {
    swarm.download().bytes(source, from, count);
  }

  @Override
  public void pieceEnd() {
    link.mayAskMore();
    swarm.download().blockEnd(source, blockLength, link.now());
  }

  @Override
  public void suggest(int piece) throws WireException {
    fastOnly("suggest");
    checkPiece(piece);
    bringsNothing();
  }

  @Override
  public void reject(int piece, int offset, int length) throws WireException {
    fastOnly("reject");
    checkPiece(piece);
    if (swarm.download().rejected(source, piece, offset, link.now())) {
      link.mayAskMore();
    } else {
      bringsNothing();
    }
  }

  @Override
  public void allowedFast(int piece) throws WireException {
    fastOnly("allowed fast");
    checkPiece(piece);
    if (swarm.download().allowedFast(source, piece)) {
      link.mayAskMore();
    } else {
      bringsNothing();
    }
  }

  @Override
  public void extended(int id, ByteBuf payload) throws WireException {
    switch (id) {
      case ExtensionHandshake.ID -> handshake(payload);
      case Extensions.DONT_HAVE -> {
        if (payload.readableBytes() == Integer.BYTES) {
          lost(payload.readInt());
        } else {
          bringsNothing();
        }
      }
      case Extensions.METADATA -> {
        bringsNothing();
        OptionalLong block = swarm.extensions().metadataRequest(payload);
        if (block.isPresent()) {
          link.metadata().requested(block.getAsLong());
        }
      }
      default -> bringsNothing(); // not one that we announced: skipped, as everybody does
    }
  }

  private void handshake(ByteBuf payload) throws WireException {
    budget.take(HANDSHAKE_PRICE + payload.readableBytes() / HANDSHAKE_BYTES_PER_MESSAGE);
    byte[] bytes = new byte[payload.readableBytes()];
    payload.readBytes(bytes);
    ExtensionHandshake said = ExtensionHandshake.read(bytes);
    if (link.extensions().isEmpty() && said.requestQueue() > 0) {
      source.acceptsRequests(said.requestQueue());
    }
    link.extensions(said);
    LOG.debug("{} is {}", link.remote(), said.client());
  }
}
