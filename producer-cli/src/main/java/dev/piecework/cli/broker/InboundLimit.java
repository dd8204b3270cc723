package dev.piecework.cli.broker;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.impl.AMQConnection;
import com.rabbitmq.client.impl.Frame;
import com.rabbitmq.client.impl.FrameHandler;
import dev.piecework.message.JobMessageCodec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Reads no message that is longer than {@link JobMessageCodec#MAX_BYTES}: the frames of its body
 * are dropped as they come, and a short note of its length takes their place ({@link
 * #droppedBytes}). Without it the client closes the connection at a message of more than 64 MiB, so
 * that neither it nor those behind it could be listed. A worker does the same.
 *
 * <p>A content header (AMQP 0-9-1, 4.2.6.1) has class and weight, 2 bytes each, then the length of
 * the body in 8; body frames of that many bytes follow on the same channel. Frames are read by one
 * thread.
 */
final class InboundLimit implements FrameHandler {
  private static final int LENGTH_AT = 4;

  /** No sender knows it: nobody can pretend that something was dropped. */
  private static final byte[] MARK = new byte[16];

  static {
    new SecureRandom().nextBytes(MARK);
  }

  private final FrameHandler frames;

  /** Bytes of a body that are still to be dropped, by channel. */
  private final Map<Integer, Long> dropping = new HashMap<>();

  private Frame next = new Frame(AMQP.FRAME_HEARTBEAT, 0);
  private boolean hasNext;

  InboundLimit(FrameHandler frames) {
    this.frames = frames;
  }

  /** How long the body was that stood in the place of this one; empty if this is what was sent. */
  static OptionalLong droppedBytes(byte[] body) {
    return body.length == MARK.length + Long.BYTES
            && Arrays.equals(body, 0, MARK.length, MARK, 0, MARK.length)
        ? OptionalLong.of(ByteBuffer.wrap(body).getLong(MARK.length))
        : OptionalLong.empty();
  }

  private static byte[] note(long bytes) {
    return ByteBuffer.allocate(MARK.length + Long.BYTES).put(MARK).putLong(bytes).array();
  }

  @Override
  public Frame readFrame() throws IOException {
    if (hasNext) {
      hasNext = false;
      return next;
    }
    Frame frame = frames.readFrame();
    while (frame != null && frame.type == AMQP.FRAME_BODY && isDropped(frame)) {
      frame = frames.readFrame();
    }
    return frame != null && frame.type == AMQP.FRAME_HEADER ? checked(frame) : frame;
  }

  private boolean isDropped(Frame body) {
    Long left = dropping.get(body.channel);
    if (left == null) {
      return false;
    }
    long after = left - body.getPayload().length;
    if (after > 0) {
      dropping.put(body.channel, after);
    } else {
      dropping.remove(body.channel);
    }
    return true;
  }

  private Frame checked(Frame header) {
    byte[] payload = header.getPayload();
    if (payload.length < LENGTH_AT + Long.BYTES) {
      return header;
    }
    long bytes = ByteBuffer.wrap(payload).getLong(LENGTH_AT);
    if (bytes >= 0 && bytes <= JobMessageCodec.MAX_BYTES) {
      return header;
    }
    byte[] note = note(bytes);
    byte[] shortened = payload.clone();
    ByteBuffer.wrap(shortened).putLong(LENGTH_AT, note.length);
    dropping.put(header.channel, bytes);
    next = new Frame(AMQP.FRAME_BODY, header.channel, note);
    hasNext = true;
    return new Frame(AMQP.FRAME_HEADER, header.channel, shortened);
  }

  @Override
  public boolean internalHearbeat() {
    return frames.internalHearbeat();
  }

  @Override
  public void finishConnectionNegotiation() {
    frames.finishConnectionNegotiation();
  }

  @Override
  public void setTimeout(int milliseconds) throws SocketException {
    frames.setTimeout(milliseconds);
  }

  @Override
  public int getTimeout() throws SocketException {
    return frames.getTimeout();
  }

  @Override
  public void sendHeader() throws IOException {
    frames.sendHeader();
  }

  @Override
  public void initialize(AMQConnection connection) {
    frames.initialize(connection);
  }

  @Override
  public void writeFrame(Frame frame) throws IOException {
    frames.writeFrame(frame);
  }

  @Override
  public void flush() throws IOException {
    frames.flush();
  }

  @Override
  public void close() {
    frames.close();
  }

  @Override
  public InetAddress getLocalAddress() {
    return frames.getLocalAddress();
  }

  @Override
  public int getLocalPort() {
    return frames.getLocalPort();
  }

  @Override
  public InetAddress getAddress() {
    return frames.getAddress();
  }

  @Override
  public int getPort() {
    return frames.getPort();
  }
}
