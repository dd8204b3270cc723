package dev.piecework.metainfo;

import static dev.piecework.metainfo.InfoFields.fault;

import dev.piecework.bencode.BDictionary;
import dev.piecework.bencode.BString;
import dev.piecework.bencode.BValue;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * Checks {@code piece layers} of a v2 torrent (BEP 52): each must belong to a file longer than a
 * piece, have a hash for each of its pieces, and lead to its root. Layers may be missing, because
 * peers can give them.
 */
final class PieceLayers {
  private static final int BLOCK = 16384;

  private PieceLayers() {}

  static void check(BDictionary layers, FileList files, int pieceLength) throws MetainfoException {
    Map<Sha256, DraftFile> filesByRoot = new HashMap<>();
    for (DraftFile file : files.files()) {
      if (file.length() > pieceLength && file.root().isPresent()) {
        filesByRoot.putIfAbsent(file.root().get(), file);
      }
    }
    for (BDictionary.Entry entry : layers) {
      byte[] key = entry.key().bytes();
      String where = "piece layers." + HexFormat.of().formatHex(key, 0, Math.min(key.length, 32));
      DraftFile file = filesByRoot.remove(new Sha256(key));
      if (file == null) {
        throw fault(
            MetainfoError.INVALID_V2, where, "expected the root of a file longer than one piece");
      }
      checkLayer(entry.value(), file, pieceLength, where);
    }
  }

  private static void checkLayer(BValue value, DraftFile file, int pieceLength, String where)
      throws MetainfoException {
    long pieces = (file.length() + pieceLength - 1) / pieceLength;
    if (!(value instanceof BString layer)) {
      throw fault(MetainfoError.INVALID_V2, where, "expected a string, found " + value.kind());
    }
    if (layer.length() != pieces * Sha256.LENGTH) {
      throw fault(
          MetainfoError.INVALID_V2,
          where,
          "%d bytes, expected %d hashes of %d bytes for the pieces of %s"
              .formatted(layer.length(), pieces, Sha256.LENGTH, file.path()));
    }
    if (!root(layer.bytes(), pieceLength).equals(file.root().orElseThrow())) {
      throw fault(
          MetainfoError.INVALID_V2, where, "the hashes do not lead to the root of " + file.path());
    }
  }

  /** Hashes pairs up to the root; what lacks to a power of two is a tree over zeros. */
  private static Sha256 root(byte[] layer, int pieceLength) {
    MessageDigest digest = Sha256.digest();
    byte[] pad = new byte[Sha256.LENGTH];
    for (int blocks = 1; blocks * BLOCK < pieceLength; blocks *= 2) {
      pad = pair(digest, pad, pad);
    }
    byte[] nodes = layer.clone();
    int count = nodes.length / Sha256.LENGTH;
    while (count > 1) {
      int parents = (count + 1) / 2;
      for (int parent = 0; parent < parents; parent++) {
        digest.update(nodes, 2 * parent * Sha256.LENGTH, Sha256.LENGTH);
        if (2 * parent + 1 < count) {
          digest.update(nodes, (2 * parent + 1) * Sha256.LENGTH, Sha256.LENGTH);
        } else {
          digest.update(pad);
        }
        System.arraycopy(digest.digest(), 0, nodes, parent * Sha256.LENGTH, Sha256.LENGTH);
      }
      pad = pair(digest, pad, pad);
      count = parents;
    }
    return new Sha256(Arrays.copyOf(nodes, Sha256.LENGTH));
  }

  private static byte[] pair(MessageDigest digest, byte[] left, byte[] right) {
    digest.update(left);
    return digest.digest(right);
  }
}
