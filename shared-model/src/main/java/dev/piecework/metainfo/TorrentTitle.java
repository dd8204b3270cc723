package dev.piecework.metainfo;

/**
 * By what people recognise a torrent that nobody has checked yet.
 *
 * @param name sanitised, as {@link Metainfo#name()}
 * @param infoHash SHA-1 of the raw info dictionary
 */
public record TorrentTitle(String name, InfoHash infoHash) {}
