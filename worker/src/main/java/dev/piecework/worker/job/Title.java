package dev.piecework.worker.job;

import dev.piecework.message.JobSource;
import dev.piecework.metainfo.MetainfoParser;

/**
 * By what people recognise a job that has not begun: told from its message, where that holds the
 * torrent file.
 *
 * @param name the torrent's name; empty if the message does not say
 * @param infoHash in hexadecimal; empty if the message does not say
 */
record Title(String name, String infoHash) {
  private static final Title UNKNOWN = new Title("", "");

  static Title of(JobSource source) {
    if (!(source instanceof JobSource.Inline inline)) {
      return UNKNOWN;
    }
    // Whether the file can be downloaded is for the run to find, which says why.
    return MetainfoParser.title(inline.bytes())
        .map(title -> new Title(title.name(), title.infoHash().hex()))
        .orElse(UNKNOWN);
  }
}
