package dev.piecework.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a peer's byte stream into messages. Written for throughput: block data is never gathered
 * into a message, but handed on as it lies in the socket's buffer, and a message that arrived whole
 * is read where it lies. What is gathered (a message that arrived in several reads) grows with the
 * bytes that did arrive, never with the length that a peer claims.
 */
public final class MessageReader {
  /** Longest message but {@code piece}, in bytes. */
  public static final int MAX_MESSAGE = 1 << 20;

  /** Longest block in a {@code piece} message or a request, in bytes. */
  public static final int MAX_BLOCK = 128 << 10;

  /**
   * Longest message of the extension protocol that is read, in bytes; a longer one is skipped:
   * peers differ in what they put there, and a message that arrives slowly is memory held.
   */
  public static final int MAX_EXTENDED = 64 << 10;

  private static final int LENGTH_BYTES = 4;
  private static final int ID_END = 5;
  private static final int PIECE_HEADER = 13;
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private enum State {
    HEADER,
    BLOCK,
    BODY,
    SKIP
  }

  private final ByteBufAllocator allocator;
  private final int bitfieldBytes;
  private final MessageSink sink;
  private final byte[] header = new byte[PIECE_HEADER];
  private int headerBytes;
  private State state = State.HEADER;
  private int remaining;
  private @Nullable ByteBuf body;
  private boolean closed;

  /**
   * @param allocator for messages that arrive in several reads
   * @param pieceCount pieces of the torrent: a bitfield of another length breaks the protocol
   * @param sink where messages go
   */
  public MessageReader(ByteBufAllocator allocator, int pieceCount, MessageSink sink) {
    this.allocator = allocator;
    this.bitfieldBytes = (pieceCount + 7) / 8;
    this.sink = sink;
  }

  /**
   * Consumes all of {@code in}, unless {@link #close()} is called by the sink meanwhile.
   *
   * @throws WireException on the first message that breaks the protocol; the reader must be closed
   *     then
   */
  public void read(ByteBuf in) throws WireException {
    while (!closed) {
      switch (state) {
        case HEADER -> {
          if (!readHeader(in)) {
            return;
          }
        }
        case BLOCK -> {
          int count = Math.min(remaining, in.readableBytes());
          if (count > 0) {
            sink.pieceBytes(in, count);
            remaining -= count;
          }
          if (remaining > 0) {
            return;
          }
          next();
          sink.pieceEnd();
        }
        case BODY -> {
          if (!readBody(in)) {
            return;
          }
        }
        case SKIP -> {
          int count = Math.min(remaining, in.readableBytes());
          in.skipBytes(count);
          remaining -= count;
          if (remaining > 0) {
            return;
          }
          next();
        }
      }
    }
  }

  /** Releases what has been gathered. Idempotent. */
  public void close() {
    closed = true;
    ByteBuf gathered = body;
    if (gathered != null) {
      body = null;
      gathered.release();
    }
  }

  private void next() {
    state = State.HEADER;
    headerBytes = 0;
  }

  private boolean fill(ByteBuf in, int wanted) {
    int missing = wanted - headerBytes;
    if (missing > 0) {
      int count = Math.min(missing, in.readableBytes());
      in.readBytes(header, headerBytes, count);
      headerBytes += count;
    }
    return headerBytes >= wanted;
  }

  private int headerInt(int at) {
    return (int) INT.get(header, at);
  }

  private boolean readHeader(ByteBuf in) throws WireException {
    if (!fill(in, LENGTH_BYTES)) {
      return false;
    }
    int length = headerInt(0);
    if (length == 0) {
      next();
      sink.keepAlive();
      return true;
    }
    if (length < 0 || length > MAX_MESSAGE) {
      throw new WireException(
          "message of " + Integer.toUnsignedString(length) + " bytes, at most " + MAX_MESSAGE);
    }
    if (!fill(in, ID_END)) {
      return false;
    }
    int id = header[LENGTH_BYTES];
    if (id == MessageId.PIECE) {
      return readPieceHeader(in, length);
    }
    remaining = length - 1;
    if (!known(id) || (id == MessageId.EXTENDED && remaining > MAX_EXTENDED)) {
      // BEP 3 says nothing of unknown messages; everybody skips them.
      state = State.SKIP;
      return true;
    }
    check(id, remaining);
    if (in.readableBytes() >= remaining) {
      int end = in.readerIndex() + remaining;
      next();
      deliver(id, in, remaining);
      if (!closed) {
        in.readerIndex(end);
      }
      return true;
    }
    body = allocator.buffer(Math.min(remaining, 2048), remaining);
    state = State.BODY;
    return true;
  }

  private boolean readPieceHeader(ByteBuf in, int length) throws WireException {
    int block = length - (PIECE_HEADER - LENGTH_BYTES);
    if (block <= 0 || block > MAX_BLOCK) {
      throw new WireException("piece message with a block of " + block + " bytes");
    }
    if (!fill(in, PIECE_HEADER)) {
      return false;
    }
    state = State.BLOCK;
    remaining = block;
    sink.pieceStart(headerInt(ID_END), headerInt(ID_END + Integer.BYTES), block);
    return true;
  }

  private boolean readBody(ByteBuf in) throws WireException {
    ByteBuf gathered = body;
    if (gathered == null) {
      throw new IllegalStateException("no message is being gathered");
    }
    int count = Math.min(remaining, in.readableBytes());
    gathered.writeBytes(in, count);
    remaining -= count;
    if (remaining > 0) {
      return false;
    }
    body = null;
    next();
    try {
      deliver(header[LENGTH_BYTES], gathered, gathered.readableBytes());
    } finally {
      gathered.release();
    }
    return true;
  }

  private static boolean known(int id) {
    return (id >= MessageId.CHOKE && id <= MessageId.CANCEL)
        || (id >= MessageId.SUGGEST && id <= MessageId.ALLOWED_FAST)
        || id == MessageId.EXTENDED;
  }

  private void check(int id, int length) throws WireException {
    int expected =
        switch (id) {
          case MessageId.CHOKE,
              MessageId.UNCHOKE,
              MessageId.INTERESTED,
              MessageId.NOT_INTERESTED,
              MessageId.HAVE_ALL,
              MessageId.HAVE_NONE ->
              0;
          case MessageId.HAVE, MessageId.SUGGEST, MessageId.ALLOWED_FAST -> 4;
          case MessageId.REQUEST, MessageId.CANCEL, MessageId.REJECT -> 12;
          case MessageId.BITFIELD -> bitfieldBytes;
          default -> -1;
        };
    if (expected >= 0 && length != expected) {
      throw new WireException("message " + id + " with " + length + " bytes, expected " + expected);
    }
    if (id == MessageId.EXTENDED && length < 1) {
      throw new WireException("extended message without an id");
    }
  }

  private void deliver(int id, ByteBuf in, int length) throws WireException {
    switch (id) {
      case MessageId.CHOKE -> sink.choke();
      case MessageId.UNCHOKE -> sink.unchoke();
      case MessageId.INTERESTED -> sink.interested();
      case MessageId.NOT_INTERESTED -> sink.notInterested();
      case MessageId.HAVE -> sink.have(in.readInt());
      case MessageId.BITFIELD -> sink.bitfield(in.readSlice(length));
      case MessageId.REQUEST -> sink.request(in.readInt(), in.readInt(), in.readInt());
      case MessageId.CANCEL -> sink.cancel(in.readInt(), in.readInt(), in.readInt());
      case MessageId.SUGGEST -> sink.suggest(in.readInt());
      case MessageId.HAVE_ALL -> sink.haveAll();
      case MessageId.HAVE_NONE -> sink.haveNone();
      case MessageId.REJECT -> sink.reject(in.readInt(), in.readInt(), in.readInt());
      case MessageId.ALLOWED_FAST -> sink.allowedFast(in.readInt());
      case MessageId.EXTENDED -> {
        int extension = in.readUnsignedByte();
        sink.extended(extension, in.readSlice(length - 1));
      }
      default -> throw new IllegalStateException("message " + id + " is not known");
    }
  }
}
