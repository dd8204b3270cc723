package dev.piecework.metainfo;

/** Why a text is no magnet link that can be used: what is wrong, and what was expected. */
public final class MagnetLinkException extends Exception {
  MagnetLinkException(String message) {
    super(message);
  }
}
