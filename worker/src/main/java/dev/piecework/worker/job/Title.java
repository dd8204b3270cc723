package dev.piecework.worker.job;

import dev.piecework.message.JobSource;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoException;
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
    try {
      Metainfo metainfo = MetainfoParser.parse(inline.bytes());
      return new Title(metainfo.name(), metainfo.infoHash().hex());
    } catch (MetainfoException e) {
      // The run that finds it so fails the job, and says why.
      return UNKNOWN;
    }
  }
}
