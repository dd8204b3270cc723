package dev.piecework.bench;

import dev.piecework.layout.Bundle;
import dev.piecework.layout.ObjectLayout;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoException;
import dev.piecework.metainfo.MetainfoParser;
import dev.piecework.swarm.Availability;
import dev.piecework.swarm.PiecePicker;
import dev.piecework.swarm.PieceSet;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What is done for each block, each piece, each torrent. Run by {@code bench/run jmh}. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class HotPaths {
  private static final int PIECES = 100_000;
  private static final int PEERS = 200;
  private static final int PIECE_LENGTH = 1 << 20;

  /** A torrent file of 100,000 pieces. */
  private static byte[] torrent() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] hashes = new byte[PIECES * 20];
    new Random(1).nextBytes(hashes);
    out.writeBytes(
        "d4:infod6:lengthi%de4:name1:x12:piece lengthi%de6:pieces%d:"
            .formatted((long) PIECES * PIECE_LENGTH, PIECE_LENGTH, hashes.length)
            .getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(hashes);
    out.writeBytes("ee".getBytes(StandardCharsets.US_ASCII));
    return out.toByteArray();
  }

  private static Metainfo metainfo() {
    try {
      return MetainfoParser.parse(torrent());
    } catch (MetainfoException e) {
      throw new IllegalStateException("the torrent made here is wrong", e);
    }
  }

  /** A download from 200 peers, each of which has half of the pieces. */
  @State(Scope.Thread)
  public static class Crowd {
    private final List<PieceSet> peers = new ArrayList<>();
    private final Random random = new Random(2);
    private final PiecePicker picker;

    /** Counts them all. */
    public Crowd() {
      Metainfo metainfo = metainfo();
      List<Bundle> bundles = ObjectLayout.of(metainfo, "").bundles();
      Availability availability = new Availability(PIECES);
      picker =
          new PiecePicker(
              PIECES,
              bundles,
              new BitSet(),
              new BitSet(),
              48L << 20,
              512L << 20,
              availability,
              new Random(3));
      for (int peer = 0; peer < PEERS; peer++) {
        PieceSet pieces = new PieceSet(PIECES);
        for (int piece = 0; piece < PIECES; piece++) {
          if (random.nextBoolean()) {
            pieces.add(piece);
          }
        }
        availability.add(pieces);
        peers.add(pieces);
      }
    }
  }

  /** One peer that sends what it is asked for. */
  @State(Scope.Thread)
  public static class OnePeer {
    private final ObedientPeer peer = ObedientPeer.connected(metainfo());
  }

  /** One piece outside the heap. */
  @State(Scope.Thread)
  public static class OnePiece {
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(PIECE_LENGTH);
    private final byte[] portion = new byte[16 << 10];
    private final MessageDigest sha1;

    /** Fills it. */
    public OnePiece() {
      try {
        sha1 = MessageDigest.getInstance("SHA-1");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java platform has SHA-1", e);
      }
    }
  }

  /** A torrent file, as it comes in. */
  @State(Scope.Thread)
  public static class OneTorrent {
    private final byte[] bytes = torrent();
  }

  /** Bencode and all checks: 2 MB. */
  @Benchmark
  public Metainfo parseTorrentOf100000Pieces(OneTorrent torrent) throws MetainfoException {
    return MetainfoParser.parse(torrent.bytes);
  }

  /** From the request to the bytes' place in their piece: 16 KiB. */
  @Benchmark
  public void requestAndReceiveBlock(OnePeer one) {
    one.peer.sendBlock();
  }

  /** As the engine does it, by portions that stay in the first-level cache: 1 MiB. */
  @Benchmark
  public byte[] hashPieceOfOneMebibyte(OnePiece piece) {
    piece.bytes.clear();
    while (piece.bytes.hasRemaining()) {
      piece.bytes.get(piece.portion);
      piece.sha1.update(piece.portion);
    }
    return piece.sha1.digest();
  }

  /** Which piece to begin for one of 200 peers, and its way to verified. */
  @Benchmark
  public int pickOf100000PiecesFor200Peers(Crowd crowd) {
    int piece = crowd.picker.pick(crowd.peers.get(crowd.random.nextInt(PEERS)));
    if (piece >= 0) {
      crowd.picker.began(piece);
      crowd.picker.abandoned(piece);
    }
    return piece;
  }
}
