package dev.piecework.worker.store;

import dev.piecework.worker.checksum.Crc;
import dev.piecework.worker.dialect.SumForm;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.zip.Checksum;

/** What a store may tell of an object that is made of these parts. */
record ProbeSums(SumForm form, List<ProbeBody> parts) {
  String whole() {
    Crc crc = form.crc().orElseThrow();
    Checksum sum = crc.start();
    parts.forEach(part -> add(sum, part));
    return crc.base64(sum.getValue());
  }

  String composite() {
    Crc crc = form.crc().orElseThrow();
    Checksum sum = crc.start();
    for (ProbeBody part : parts) {
      Checksum one = crc.start();
      add(one, part);
      byte[] bytes = crc.bytes(one.getValue());
      sum.update(bytes, 0, bytes.length);
    }
    return crc.base64(sum.getValue());
  }

  private static void add(Checksum sum, ProbeBody part) {
    byte[] step = new byte[64 << 10];
    try (InputStream in = part.open()) {
      for (int read = in.read(step); read >= 0; read = in.read(step)) {
        sum.update(step, 0, read);
      }
    } catch (IOException e) {
      throw new IllegalStateException("bytes in memory cannot be read", e);
    }
  }
}
