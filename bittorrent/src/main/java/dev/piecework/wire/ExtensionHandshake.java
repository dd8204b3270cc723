package dev.piecework.wire;

import dev.piecework.bencode.BDictionary;
import dev.piecework.bencode.BValue;
import dev.piecework.bencode.BencodeException;
import dev.piecework.bencode.BencodeLimits;
import dev.piecework.bencode.BencodeReader;
import dev.piecework.bencode.BencodeWriter;
import dev.piecework.bencode.BencodeWriter.DictionaryWriter;
import dev.piecework.text.ForeignText;
import java.net.InetAddress;
import java.util.Optional;

/**
 * The first message of the extension protocol (BEP 10): which extensions a peer understands and
 * under which ids, and facts about it. Fields a peer leaves out are 0 or empty.
 *
 * @param dontHaveId id of {@code lt_donthave} (BEP 54); 0 if not understood
 * @param metadataId id of {@code ut_metadata} (BEP 9); 0 if not understood
 * @param metadataSize bytes of the info dictionary; 0 if not said
 * @param client name and version of the program, one clean line
 * @param listenPort where it accepts connections; 0 if not said
 * @param requestQueue requests it accepts at once; 0 if not said
 * @param uploadOnly whether it will never want anything (BEP 21)
 */
public record ExtensionHandshake(
    int dontHaveId,
    int metadataId,
    int metadataSize,
    String client,
    int listenPort,
    int requestQueue,
    boolean uploadOnly) {
  /** The id of the handshake itself. */
  public static final int ID = 0;

  /** Our name in the handshake. */
  public static final String CLIENT = "Piecework 0.1";

  private static final ExtensionHandshake NONE = new ExtensionHandshake(0, 0, 0, "", 0, 0, false);

  private static final BencodeReader READER =
      BencodeReader.lenient(new BencodeLimits(MessageReader.MAX_MESSAGE, 20, 4000));
  private static final int MAX_ID = 255;
  private static final int MAX_PORT = 65535;
  private static final int MAX_CLIENT = 64;

  /**
   * Reads a payload. Nothing hangs on it, so what cannot be read counts as missing: a single odd
   * value, and the whole of what is no dictionary.
   */
  public static ExtensionHandshake read(byte[] payload) {
    BValue value;
    try {
      value = READER.readFirst(payload, 0);
    } catch (BencodeException e) {
      return NONE;
    }
    if (!(value instanceof BDictionary fields)) {
      return NONE;
    }
    Optional<BDictionary> ids = fields.dictionary("m");
    return new ExtensionHandshake(
        ids.map(m -> within(m, "lt_donthave", MAX_ID)).orElse(0),
        ids.map(m -> within(m, "ut_metadata", MAX_ID)).orElse(0),
        within(fields, "metadata_size", Integer.MAX_VALUE),
        fields.string("v").map(name -> ForeignText.line(name.text(), MAX_CLIENT)).orElse(""),
        within(fields, "p", MAX_PORT),
        within(fields, "reqq", Integer.MAX_VALUE),
        within(fields, "upload_only", Integer.MAX_VALUE) > 0);
  }

  private static int within(BDictionary fields, String key, int most) {
    return fields.integer(key).filter(n -> n > 0 && n <= most).map(Long::intValue).orElse(0);
  }

  /**
   * The payload to send.
   *
   * @param peer address of the peer as we see it
   */
  public byte[] encode(InetAddress peer) {
    DictionaryWriter fields =
        BencodeWriter.dictionary()
            .put(
                "m",
                BencodeWriter.dictionary()
                    .put("lt_donthave", dontHaveId)
                    .put("ut_metadata", metadataId))
            .put("reqq", requestQueue)
            .put("v", client)
            .put("yourip", peer.getAddress());
    if (metadataSize > 0) {
      fields.put("metadata_size", metadataSize);
    }
    if (listenPort > 0) {
      fields.put("p", listenPort);
    }
    if (uploadOnly) {
      fields.put("upload_only", 1);
    }
    return fields.encode();
  }
}
