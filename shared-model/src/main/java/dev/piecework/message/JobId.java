package dev.piecework.message;

import dev.piecework.message.JobSource.Inline;
import dev.piecework.message.JobSource.Magnet;
import dev.piecework.message.JobSource.StoredFile;
import dev.piecework.message.JobSource.Url;
import dev.piecework.metainfo.MetainfoException;
import dev.piecework.metainfo.MetainfoParser;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The identity of a job that was given none: a hash of what it is to do, so that submitting twice
 * is one job.
 *
 * <p>The source enters (a torrent file by its info-hash: trackers and comments do not matter; a
 * link by its text, because what is behind it is not known yet), and so does the destination. Seed
 * options enter, because a job that seeds has another end: if they did not, submitting a finished
 * job again with a seed ratio would be answered "already complete" and seed nothing. What only says
 * how the same work is done does not enter: priority, peers, attempts, rate limits, labels.
 */
public final class JobId {
  private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

  /** 26 x 5 = 130 bits: no two jobs of one fleet will ever meet by chance. */
  private static final int LENGTH = 26;

  private JobId() {}

  /** The id: 26 characters of {@code a-z 2-7}. Depends on nothing but its arguments, for ever. */
  public static String of(JobSource source, Destination destination, JobOptions options) {
    MessageDigest digest = sha256();
    List<String> fields =
        new ArrayList<>(
            List.of(
                "piecework job 1",
                sourceIdentity(source),
                destination.bucket(),
                destination.prefix(),
                options.seedRatio().map(ratio -> Double.toString(ratio)).orElse(""),
                options.seedTime().map(Duration::toString).orElse("")));
    // Only where there is one: the ids of jobs without stay what they were.
    destination.keyTemplate().ifPresent(fields::add);
    for (String field : fields) {
      byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
      // The length in front keeps "a" + "bc" apart from "ab" + "c".
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
      digest.update(bytes);
    }
    return base32(digest.digest());
  }

  /**
   * What makes two sources one: {@code btih:} and the info-hash for a torrent file, the link's text
   * otherwise. A file that is no torrent is named by its bytes, so that its failure has a job to
   * belong to.
   */
  public static String sourceIdentity(JobSource source) {
    return switch (source) {
      case Inline inline -> {
        byte[] bytes = inline.bytes();
        try {
          yield "btih:" + MetainfoParser.parse(bytes).infoHash().hex();
        } catch (MetainfoException e) {
          yield "sha256:" + HexFormat.of().formatHex(sha256().digest(bytes));
        }
      }
      case Url url -> url.url().toString();
      case StoredFile file -> "s3://" + file.bucket() + "/" + file.key();
      case Magnet magnet -> magnet.uri();
    };
  }

  /** RFC 4648 section 6, in lower case, cut. */
  private static String base32(byte[] hash) {
    StringBuilder id = new StringBuilder(LENGTH);
    int buffer = 0;
    int bits = 0;
    for (int i = 0; id.length() < LENGTH; ) {
      if (bits < 5) {
        buffer = (buffer << 8) | (hash[i++] & 0xff);
        bits += 8;
      }
      bits -= 5;
      id.append(ALPHABET.charAt((buffer >> bits) & 31));
    }
    return id.toString();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
