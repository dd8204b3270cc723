package dev.piecework.swarm;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * Who has sent corrupt data, and who may have. Suspects take whole pieces alone, so that the next
 * failure convicts them; pieces that have failed come from one peer.
 */
final class Suspects {
  private final SmartBan<InetSocketAddress> smartBan = new SmartBan<>();
  private final List<Source> sources;
  private final List<InetSocketAddress> convicted = new ArrayList<>();

  /**
   * @param sources connected peers, kept up to date by the owner
   */
  Suspects(List<Source> sources) {
    this.sources = sources;
  }

  /** Whether a piece has to come from one peer as a whole. */
  boolean exclusive(int piece, Source source) {
    return source.suspect || failed(piece);
  }

  /** Whether a piece has failed its hash and not passed since. */
  boolean failed(int piece) {
    return smartBan.hasFailed(piece);
  }

  void connected(Source source) {
    source.suspect = smartBan.suspect(source.culprit);
  }

  void passed(PieceAssembly assembly) {
    if (smartBan.hasFailed(assembly.piece())) {
      convicted.addAll(
          smartBan.piecePassed(
              assembly.piece(), assembly.buffer().nioBuffer(0, assembly.length())));
      update();
    }
  }

  void failed(PieceAssembly assembly) {
    List<InetSocketAddress> contributors =
        assembly.givers().stream().map(giver -> giver.culprit).toList();
    convicted.addAll(
        smartBan.pieceFailed(
            assembly.piece(),
            assembly.buffer().nioBuffer(0, assembly.length()),
            PieceAssembly.BLOCK,
            contributors));
    update();
  }

  /** Takes out who has been convicted since the last call. */
  List<InetSocketAddress> takeConvicted() {
    if (convicted.isEmpty()) {
      return List.of();
    }
    List<InetSocketAddress> taken = List.copyOf(convicted);
    convicted.clear();
    return taken;
  }

  private void update() {
    for (Source each : sources) {
      each.suspect = smartBan.suspect(each.culprit);
    }
  }
}
