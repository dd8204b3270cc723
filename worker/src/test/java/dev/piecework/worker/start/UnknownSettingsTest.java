package dev.piecework.worker.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.worker.settings.WorkerSettings;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnknownSettingsTest {
  private static final List<String> KNOWN =
      List.of(
          "piecework.worker.slots",
          "piecework.worker.sweep-interval",
          "piecework.store.secret-key",
          "piecework.store.secret-key-file",
          "piecework.network.allow",
          "piecework.objects.tags.*");

  @ParameterizedTest
  @CsvSource({
    "PIECEWORK_WORKER_SLOTTS, PIECEWORK_WORKER_SLOTS",
    "PIECEWORK_SWEEP_INTERVAL, ",
    "PIECEWORK_WORKER_SWEEPINTERVALL, PIECEWORK_WORKER_SWEEP_INTERVAL",
    "PIECEWORK_STORE_SECRET_KEYFIEL, PIECEWORK_STORE_SECRET_KEY_FILE",
    "piecework.worker.slot, piecework.worker.slots",
    "PIECEWORK_SOMETHING_ELSE_ENTIRELY, "
  })
  void namesTheNearestThatIsKnown(String given, String nearest) {
    assertThat(UnknownSettings.find(KNOWN, List.of(given)))
        .containsExactly(new UnknownSettings.Unknown(given, Optional.ofNullable(nearest)));
  }

  @ParameterizedTest
  @CsvSource({
    "PIECEWORK_WORKER_SLOTS",
    "PIECEWORK_WORKER_SWEEPINTERVAL",
    "piecework.worker.sweepInterval",
    "PIECEWORK_NETWORK_ALLOW_0",
    "PIECEWORK_OBJECTS_TAGS_TEAM",
    "piecework.objects.tags[cost-center]",
    "piecework.network.allow[12]",
    "PATH",
    "spring.application.name"
  })
  void saysNothingOfWhatIsKnownOrNotOurs(String given) {
    assertThat(UnknownSettings.find(KNOWN, List.of(given))).isEmpty();
  }

  @Test
  void theNamesAreThoseOfTheRecords() {
    assertThat(UnknownSettings.names(WorkerSettings.class))
        .contains("piecework.worker.slots", "piecework.worker.sweep-interval");
  }
}
