package dev.piecework.engine;

import dev.piecework.swarm.CallOutcome;

/** Why a connection ended after its handshake; decides whether and when the address is called. */
public enum CloseReason {
  /** The peer closed it, or the network did. */
  CLOSED_BY_PEER(CallOutcome.FRUITLESS),
  /** No message for the idle timeout. */
  SILENT(CallOutcome.FRUITLESS),
  /** It took nothing of what was sent to it for the unread timeout. */
  UNREAD(CallOutcome.FRUITLESS),
  /** Neither needs the other. */
  NOT_NEEDED(CallOutcome.NOT_NEEDED),
  /** Another connection of the same peer took its place. */
  REPLACED(CallOutcome.NOT_NEEDED),
  /** It gave and took nothing, and others waited. */
  USELESS(CallOutcome.FRUITLESS),
  /** The peer broke the protocol. */
  PROTOCOL_ERROR(CallOutcome.SLIPPED),
  /** The peer sent corrupt data. */
  CORRUPT_DATA(CallOutcome.SLIPPED),
  /** An unexpected failure of ours. */
  FAILURE(CallOutcome.SLIPPED),
  /** The torrent is being stopped. */
  STOPPED(CallOutcome.NOT_NEEDED);

  private final CallOutcome fruitless;

  CloseReason(CallOutcome fruitless) {
    this.fruitless = fruitless;
  }

  /**
   * What an outgoing connection that ended so means for the next call.
   *
   * @param receivedBytes block bytes that it brought
   */
  CallOutcome outcome(long receivedBytes) {
    return fruitless == CallOutcome.FRUITLESS && receivedBytes > 0 ? CallOutcome.GAVE : fruitless;
  }
}
