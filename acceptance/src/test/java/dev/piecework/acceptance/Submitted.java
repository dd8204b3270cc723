package dev.piecework.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.testkit.ManagedProcess;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A producer that waits for the end of its job.
 *
 * @param process {@code piecework submit --wait -o json}
 */
record Submitted(ManagedProcess process) {
  private static final JsonMapper JSON = new JsonMapper();

  /** Waits for the end; what it printed about its one job. */
  JsonNode awaitCompleted() {
    int exitCode = process.awaitExit(Fleet.LIMIT);
    assertThat(exitCode).as(process::describe).isZero();
    JsonNode job = JSON.readTree(process.stdout()).path("jobs").path(0);
    assertThat(job.path("state").asString()).isEqualTo("completed");
    return job;
  }
}
