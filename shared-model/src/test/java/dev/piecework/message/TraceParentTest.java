package dev.piecework.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceParentTest {
  @Test
  void readsTheSpecificationsExample() {
    String example = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    TraceParent parent = TraceParent.parse(example).orElseThrow();
    assertThat(parent.value()).isEqualTo(example);
    assertThat(parent.traceId()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\nx",
        "'; DROP TABLE piecework_job; --"
      })
  void whatIsNoneIsIgnored(String header) {
    assertThat(TraceParent.parse(header)).isEmpty();
  }

  @Test
  void aFreshOneIsValidAndNotSampled() {
    TraceParent one = TraceParent.fresh(new Random(1));
    assertThat(TraceParent.parse(one.value())).contains(one);
    assertThat(one.value()).endsWith("-00");
    assertThat(one.traceId()).isNotEqualTo(TraceParent.fresh(new Random(2)).traceId());
  }
}
