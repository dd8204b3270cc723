package dev.piecework.worker.trace;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.net.URI;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;

/** Says once that the collector takes no spans, and once that it does again. */
final class WarningSpanExporter implements SpanExporter {
  private static final Logger LOG = LoggerFactory.getLogger(WarningSpanExporter.class);

  private final SpanExporter delegate;
  private final URI collector;
  private final AtomicBoolean failing = new AtomicBoolean();

  WarningSpanExporter(SpanExporter delegate, URI collector) {
    this.delegate = delegate;
    this.collector = collector;
  }

  @Override
  public CompletableResultCode export(Collection<SpanData> spans) {
    CompletableResultCode result = delegate.export(spans);
    return result.whenComplete(() -> report(result));
  }

  private void report(CompletableResultCode result) {
    if (result.isSuccess()) {
      if (failing.compareAndSet(true, false)) {
        LOG.info("The collector at {} takes spans again", collector);
      }
    } else if (failing.compareAndSet(false, true)) {
      LOG.warn(
          "Spans are lost, jobs go on: the collector at {} takes none: {}; is it there, and is"
              + " piecework.tracing.endpoint its OTLP/HTTP address?",
          collector,
          why(result.getFailureThrowable()));
    }
  }

  private static String why(@Nullable Throwable failure) {
    return failure == null
        ? "it is too slow"
        : NestedExceptionUtils.getMostSpecificCause(failure).toString();
  }

  @Override
  public CompletableResultCode flush() {
    return delegate.flush();
  }

  @Override
  public CompletableResultCode shutdown() {
    return delegate.shutdown();
  }
}
