package dev.piecework.worker.store;

import java.io.IOException;

/** What a store says that it has got is not what was sent. */
final class ArrivedOtherwiseException extends IOException {
  private static final long serialVersionUID = 1;

  ArrivedOtherwiseException(String etag, String md5) {
    super(
        "its ETag is %s, the MD5 of what was sent is %s: something on the way changes bytes"
            .formatted(etag, md5));
  }
}
