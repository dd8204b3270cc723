package dev.piecework.worker.trace;

import dev.piecework.message.TraceParent;
import dev.piecework.worker.settings.TracingSettings;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One span for each run of a job: a child of whatever submitted it, in the trace that the job's
 * events carry too. Records nothing without an endpoint, and nothing of a job without a trace.
 * Spans are sent in the background, and dropped while the collector is away: no job waits for it.
 */
public final class RunSpans implements AutoCloseable {
  private static final String NAME = "piecework.job.run";
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(2);

  private final Optional<SdkTracerProvider> provider;

  /**
   * @param worker this worker's identity
   * @param version of its program
   */
  public RunSpans(TracingSettings settings, String worker, String version) {
    this.provider = settings.traces().map(traces -> provider(traces, worker, version));
  }

  private static SdkTracerProvider provider(URI traces, String worker, String version) {
    return SdkTracerProvider.builder()
        .setResource(
            Resource.create(
                Attributes.builder()
                    .put("service.name", "piecework-worker")
                    .put("service.instance.id", worker)
                    .put("service.version", version)
                    .build()))
        // Jobs are few and long: all are recorded, whether their submitters sample or not.
        .setSampler(Sampler.alwaysOn())
        .addSpanProcessor(
            BatchSpanProcessor.builder(
                    new WarningSpanExporter(
                        OtlpHttpSpanExporter.builder()
                            .setEndpoint(traces.toString())
                            .setTimeout(TIMEOUT)
                            .build(),
                        traces))
                .setScheduleDelay(INTERVAL)
                .build())
        .build();
  }

  /** A run that goes on. */
  @FunctionalInterface
  public interface Open {
    /**
     * Ends it.
     *
     * @param outcome in a word
     * @param error why it failed; empty if it did not
     */
    void end(String outcome, Optional<String> error);
  }

  /**
   * A run begins.
   *
   * @param trace that the job's message belongs to
   */
  public Open begin(Optional<TraceParent> trace, String jobId, int attempt, long epoch) {
    if (provider.isEmpty() || trace.isEmpty()) {
      return (_, _) -> {};
    }
    Span span =
        provider
            .get()
            .get("dev.piecework.worker")
            .spanBuilder(NAME)
            .setParent(Context.root().with(Span.wrap(parent(trace.get()))))
            .setSpanKind(SpanKind.CONSUMER)
            .setAttribute("piecework.job.id", jobId)
            .setAttribute("piecework.job.attempt", attempt)
            .setAttribute("piecework.job.epoch", epoch)
            .startSpan();
    return (outcome, error) -> {
      span.setAttribute("piecework.job.outcome", outcome);
      error.ifPresent(why -> span.setStatus(StatusCode.ERROR, why));
      span.end();
    };
  }

  private static SpanContext parent(TraceParent trace) {
    return SpanContext.createFromRemoteParent(
        trace.traceId(), trace.spanId(), TraceFlags.getSampled(), TraceState.getDefault());
  }

  /** Sends what waits, if that does not take long. */
  @Override
  public void close() {
    provider.ifPresent(
        open -> open.shutdown().join(CLOSE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
  }
}
