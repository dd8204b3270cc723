package dev.piecework.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.piecework.metainfo.InfoHash;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HandshakeTest {
  @Test
  void whatIsWrittenIsRead() throws WireException {
    Handshake handshake =
        new Handshake(
            true, true, InfoHash.fromHex("0123456789".repeat(4)), PeerId.random(new Random(1)));
    ByteBuf bytes = Unpooled.buffer();
    handshake.write(bytes);
    assertThat(bytes.readableBytes()).isEqualTo(Handshake.LENGTH);
    assertThat(Handshake.read(bytes)).isEqualTo(handshake);
    assertThat(handshake.peerId().toString()).startsWith("-PW0100-");
  }

  @Test
  void anotherProtocolIsRefused() {
    ByteBuf http = Unpooled.buffer().writeZero(Handshake.LENGTH);
    assertThatThrownBy(() -> Handshake.read(http)).isInstanceOf(WireException.class);
  }

  @Test
  void theExtensionHandshakeSaysWhatItShould() throws Exception {
    ExtensionHandshake ours = new ExtensionHandshake(1, 2, 31235, "Piecework", 6881, 2000, true);
    byte[] payload = ours.encode(InetAddress.getByName("192.0.2.7"));
    assertThat(ExtensionHandshake.read(payload)).isEqualTo(ours);
    assertThat(new String(payload, StandardCharsets.ISO_8859_1))
        .startsWith("d1:md11:lt_donthavei1e11:ut_metadatai2ee13:metadata_sizei31235e1:pi6881e")
        .contains("6:yourip4:");
  }

  @Test
  void oddFieldsCountAsMissing() throws WireException {
    ExtensionHandshake odd =
        ExtensionHandshake.read(
            "d1:md11:ut_metadatai999ee1:p2:xx4:reqqi-3ee".getBytes(StandardCharsets.US_ASCII));
    assertThat(odd).isEqualTo(new ExtensionHandshake(0, 0, 0, "", 0, 0, false));
  }

  @Test
  void anExtensionHandshakeThatIsNoDictionarySaysNothingAndHarmsNobody() {
    for (String odd : new String[] {"", "le", "i1e", "this is no bencoding", "d1:m"}) {
      ExtensionHandshake said = ExtensionHandshake.read(odd.getBytes(StandardCharsets.US_ASCII));
      assertThat(said.metadataId()).isZero();
      assertThat(said.client()).isEmpty();
      assertThat(said.uploadOnly()).isFalse();
    }
  }
}
