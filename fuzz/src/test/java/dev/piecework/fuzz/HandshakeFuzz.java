package dev.piecework.fuzz;

import dev.piecework.wire.ExtensionHandshake;
import dev.piecework.wire.Handshake;
import dev.piecework.wire.WireException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** The two handshakes of a peer (BEP 3, 10). */
public final class HandshakeFuzz {
  private HandshakeFuzz() {}

  /** Called by the fuzzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    ExtensionHandshake said = ExtensionHandshake.read(input);
    Checks.that(said.client().chars().noneMatch(Character::isISOControl), "a raw client name");
    Checks.that(said.metadataSize() >= 0 && said.requestQueue() >= 0, "a negative size");
    Checks.that(said.listenPort() >= 0 && said.listenPort() <= 65535, "a port out of range");
    if (input.length < Handshake.LENGTH) {
      return;
    }
    ByteBuf bytes = Unpooled.wrappedBuffer(input, 0, Handshake.LENGTH);
    try {
      Handshake handshake = Handshake.read(bytes);
      ByteBuf again = Unpooled.buffer(Handshake.LENGTH);
      handshake.write(again);
      Checks.that(again.readableBytes() == Handshake.LENGTH, "a handshake of another length");
    } catch (WireException e) {
      Checks.that(!String.valueOf(e.getMessage()).isBlank(), "a refusal without a reason");
    }
  }
}
