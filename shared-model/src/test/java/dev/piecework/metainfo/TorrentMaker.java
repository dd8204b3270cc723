package dev.piecework.metainfo;

import dev.piecework.bencode.BencodeWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Makes torrent files for tests; their piece hashes are made up. */
public final class TorrentMaker {
  private final BencodeWriter.ListWriter files = BencodeWriter.list();
  private final int pieceLength;
  private long totalLength;

  /**
   * @param pieceLength bytes of a piece
   */
  public TorrentMaker(int pieceLength) {
    this.pieceLength = pieceLength;
  }

  /** Adds a file of a list. */
  public TorrentMaker file(long length, String... path) {
    return add("", length, List.of(path));
  }

  /** Adds a pad file. */
  public TorrentMaker pad(long length) {
    return add("p", length, List.of(".pad", Long.toString(length)));
  }

  private TorrentMaker add(String attributes, long length, List<String> path) {
    BencodeWriter.ListWriter elements = BencodeWriter.list();
    path.forEach(elements::add);
    BencodeWriter.DictionaryWriter file =
        BencodeWriter.dictionary().put("length", length).put("path", elements);
    files.add(attributes.isEmpty() ? file : file.put("attr", attributes));
    totalLength += length;
    return this;
  }

  /** Where the next file begins. */
  public long totalLength() {
    return totalLength;
  }

  /** The torrent file. */
  public byte[] encode() {
    return BencodeWriter.dictionary()
        .put(
            "info",
            BencodeWriter.dictionary()
                .put("files", files)
                .put("name", "torrent")
                .put("piece length", pieceLength)
                .put("pieces", hashes(totalLength, pieceLength)))
        .encode();
  }

  /** The torrent file, parsed. */
  public Metainfo parse() {
    return parse(encode());
  }

  /** A torrent of one file without a list. */
  public static Metainfo single(String name, long length, int pieceLength) {
    return parse(
        BencodeWriter.dictionary()
            .put(
                "info",
                BencodeWriter.dictionary()
                    .put("length", length)
                    .put("name", name.getBytes(StandardCharsets.UTF_8))
                    .put("piece length", pieceLength)
                    .put("pieces", hashes(length, pieceLength)))
            .encode());
  }

  /** Twenty bytes for each piece. */
  public static byte[] hashes(long totalLength, long pieceLength) {
    return new byte[(int) Math.ceilDiv(totalLength, pieceLength) * InfoHash.LENGTH];
  }

  private static Metainfo parse(byte[] torrent) {
    try {
      return MetainfoParser.parse(torrent);
    } catch (MetainfoException e) {
      throw new AssertionError(e);
    }
  }
}
