package dev.piecework.engine;

import dev.piecework.layout.Bundle;
import dev.piecework.metainfo.Metainfo;
import java.net.InetSocketAddress;
import java.util.BitSet;
import java.util.List;

/**
 * What to download and how.
 *
 * @param metainfo the torrent
 * @param bundles all bundles of its layout; the download proceeds bundle by bundle, so that what is
 *     in flight is bounded
 * @param done bundles (by index) that need nothing any more
 * @param available pieces that storage can read now and that need not be downloaded; they are
 *     advertised and served
 * @param windowBytes bytes of open bundles (opened and not yet {@linkplain Torrent#bundleDone
 *     done}) above which no further bundle is opened; at least one bundle is always open
 * @param starvedWindowBytes bytes of open bundles that are allowed when the peers at hand have
 *     nothing that the open ones still need
 * @param storage keeps verified pieces
 * @param listener told of progress
 * @param peers addresses to try from the start, beside what trackers name
 * @param uploadBytesPerSecond most bytes per second sent to peers; 0 means no limit
 * @param downloadBytesPerSecond most bytes per second taken from peers; 0 means no limit
 */
public record TorrentRequest(
    Metainfo metainfo,
    List<Bundle> bundles,
    BitSet done,
    BitSet available,
    long windowBytes,
    long starvedWindowBytes,
    PieceStorage storage,
    TorrentListener listener,
    List<InetSocketAddress> peers,
    long uploadBytesPerSecond,
    long downloadBytesPerSecond) {}
