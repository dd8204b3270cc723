package dev.piecework.worker.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.layout.StoredObject;
import dev.piecework.worker.store.StoredStat;
import dev.piecework.worker.transfer.Checkpoint.UploadedPart;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ObjectProofTest {
  private static final long PART = 8L << 20;
  private static final StoredObject OBJECT = new StoredObject(0, 0, "k", 0, PART + 3, PART);

  // MD5 of "a" and of "b"; what AWS makes of them is md5(bytes of both) + "-2".
  private static final UploadedPart FIRST =
      new UploadedPart(0, 1, PART, "0cc175b9c0f1b6a831c399e269772661", 1);
  private static final UploadedPart SECOND =
      new UploadedPart(0, 2, 3, "92eb5ffee6ae2fec3ad71c777531578f", 2);
  private static final String COMPOSITE = "96e024ba2074fe77e8e965ba43a704be-2";

  private final ObjectProof proof = ObjectProof.of(OBJECT, List.of(SECOND, FIRST));

  @Test
  void acceptsWhatFits() {
    assertThat(check(stat(PART + 3, proof.compositeEtag().orElseThrow(), Optional.empty())))
        .isEmpty();
    assertThat(check(stat(PART + 3, "", Optional.of(proof.crc32c())))).isEmpty();
  }

  @Test
  void seesAWrongSize() {
    assertThat(check(stat(PART + 2, "", Optional.empty())))
        .hasValueSatisfying(wrong -> assertThat(wrong).contains("expected 8388611"));
  }

  @Test
  void seesAWrongChecksumWhole() {
    assertThat(check(stat(PART + 3, "", Optional.of("AAAAAA==")))).isPresent();
  }

  @Test
  void seesAWrongChecksumOfParts() {
    assertThat(check(stat(PART + 3, "", Optional.of("AAAAAA==-2")))).isPresent();
  }

  @Test
  void seesAWrongEtagWhereItMeansSomething() {
    String other = "0".repeat(32) + "-2";

    assertThat(check(stat(PART + 3, other, Optional.empty()))).isPresent();
    assertThat(check(new StoredStat(PART + 3, other, Optional.empty(), Optional.empty(), true)))
        .isEmpty();
    assertThat(check(stat(PART + 3, "an etag of another kind", Optional.empty()))).isEmpty();
  }

  @Test
  void knowsNoCompositeWherePartsHaveOtherEtags() {
    ObjectProof odd = ObjectProof.of(OBJECT, List.of(FIRST, new UploadedPart(0, 2, 3, "odd", 2)));

    assertThat(odd.compositeEtag()).isEmpty();
    assertThat(proof.compositeEtag()).contains(COMPOSITE);
  }

  @Test
  void seesThatThereIsNothing() {
    assertThat(proof.check(Optional.empty())).isPresent();
  }

  private Optional<String> check(StoredStat stat) {
    return proof.check(Optional.of(stat));
  }

  private static StoredStat stat(long size, String etag, Optional<String> crc32c) {
    return new StoredStat(size, etag, crc32c, Optional.empty(), false);
  }
}
