package dev.piecework.message;

import dev.piecework.message.EventData.Cancelled;
import dev.piecework.message.EventData.Completed;
import dev.piecework.message.EventData.Failed;
import dev.piecework.message.EventData.FileUploaded;
import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.message.EventData.Metadata;
import dev.piecework.message.EventData.None;
import dev.piecework.message.EventData.Progress;
import dev.piecework.message.EventData.Retrying;
import dev.piecework.message.EventData.Started;
import dev.piecework.message.EventData.TrackerOutcome;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Messages of every shape, the same ones for the same seed. */
final class RandomMessages {
  private static final List<String> TEXTS =
      List.of("plain", "with \"quotes\" \\ and / ", "Ünïcode ☃ 日本語", "😀 outside the BMP", "");

  private final Random random;

  RandomMessages(long seed) {
    random = new Random(seed);
  }

  JobMessage job() {
    return new JobMessage(
        JobMessage.VERSION, "job_" + count() + "-X", source(), destination(), options());
  }

  private JobSource source() {
    return switch (random.nextInt(4)) {
      case 0 -> JobSource.Inline.of(bytes(1 + random.nextInt(100)));
      case 1 ->
          new JobSource.Url(
              URI.create("https://example.org:8443/a%20b/" + count() + ".torrent?x=1&y=%C3%A9"));
      case 2 ->
          new JobSource.StoredFile("bucket-" + random.nextInt(9), "in/" + text() + "/ü.torrent");
      default -> new JobSource.Magnet("magnet:?xt=urn:btih:" + hex(20) + "&dn=a%20b");
    };
  }

  private Destination destination() {
    return new Destination(
        "data." + random.nextInt(99) + "x",
        random.nextBoolean() ? "" : "sets/ü 1/",
        maybe(() -> "{prefix}by/{infohash}-{job}/ü {name}/{file}"));
  }

  private JobOptions options() {
    return new JobOptions(
        random.nextInt(10),
        maybe(() -> random.nextDouble() * 1000),
        maybe(() -> Duration.ofMillis(random.nextLong(365L * 86_400_000))),
        IntStream.range(0, random.nextInt(3))
            .mapToObj(i -> i == 0 ? "[2001:db8::" + i + "]:6881" : "10.0.0." + i + ":51413")
            .toList(),
        maybe(() -> 1 + random.nextInt(100)),
        maybe(() -> Duration.ofMillis(random.nextLong(1000, 365L * 86_400_000))),
        random.nextLong(1_000_000_000),
        random.nextBoolean() ? 0 : random.nextLong(1_000_000_000),
        maybe(() -> List.of(OnExisting.values()).get(random.nextInt(3))),
        labels());
  }

  private Map<String, String> labels() {
    return IntStream.range(0, random.nextInt(4))
        .boxed()
        .collect(Collectors.toMap(i -> "example.org/label-" + i, _ -> text()));
  }

  JobEvent event() {
    EventType type = List.of(EventType.values()).get(random.nextInt(EventType.values().length));
    return new JobEvent(
        "event-" + count(),
        type,
        "/piecework/workers/" + random.nextInt(9),
        Instant.ofEpochSecond(random.nextLong(4_000_000_000L), random.nextInt(1_000_000_000)),
        "job-" + random.nextInt(9),
        random.nextInt(9),
        random.nextInt(Integer.MAX_VALUE),
        labels(),
        data(type));
  }

  ControlRequest request() {
    String job = "job-" + random.nextInt(9);
    return switch (random.nextInt(8)) {
      case 0 -> new ControlRequest.Pause(job, text());
      case 1 -> new ControlRequest.Resume(job);
      case 2 -> new ControlRequest.Cancel(job, random.nextBoolean(), text());
      case 3 -> new ControlRequest.Retry(job);
      case 4 -> new ControlRequest.Prioritize(job, random.nextInt(JobRules.MAX_PRIORITY + 1));
      case 5 -> new ControlRequest.GetJob(job);
      case 6 -> new ControlRequest.GetLimits();
      default ->
          new ControlRequest.ListJobs(
              random.nextBoolean() ? List.of() : List.of("queued", "running"),
              labels(),
              1 + random.nextInt(1000),
              maybe(() -> job));
    };
  }

  ControlReply reply() {
    return switch (random.nextInt(5)) {
      case 0 -> new ControlReply.Ordered(status(), random.nextBoolean());
      case 1 ->
          new ControlReply.Details(
              status(), Stream.generate(this::transition).limit(random.nextInt(5)).toList());
      case 2 ->
          new ControlReply.Page(
              Stream.generate(this::status).limit(random.nextInt(5)).toList(),
              random.nextBoolean());
      case 3 ->
          new ControlReply.Limits(
              text(),
              text(),
              text(),
              Stream.generate(
                      () -> new WorkerLimit(text(), text(), maybe(this::count), maybe(this::count)))
                  .limit(random.nextInt(5))
                  .toList());
      default ->
          new ControlReply.Refused(
              List.of(ControlReply.Code.values())
                  .get(random.nextInt(ControlReply.Code.values().length)),
              text());
    };
  }

  private JobStatus status() {
    return new JobStatus(
        "job-" + random.nextInt(9),
        "running",
        random.nextBoolean() ? "" : "pause",
        text(),
        small(),
        count(),
        text(),
        text(),
        hex(20),
        text(),
        text(),
        new Destination("data", "sets/ü 1/"),
        count(),
        count(),
        small(),
        small(),
        time(),
        time(),
        maybe(this::time),
        maybe(this::time),
        random.nextInt(10),
        labels());
  }

  private JobTransition transition() {
    return new JobTransition(time(), "queued", "running", text(), small(), count(), text(), text());
  }

  private Instant time() {
    return Instant.ofEpochSecond(random.nextLong(4_000_000_000L), random.nextInt(1_000_000_000));
  }

  private EventData data(EventType type) {
    return switch (type) {
      case ACCEPTED, HANDED_BACK, SEEDING, PAUSED, RESUMED -> new None();
      case STARTED -> new Started(text(), text(), random.nextBoolean());
      case METADATA -> new Metadata(hex(20), text(), count(), small(), small(), small());
      case PROGRESS ->
          new Progress(
              "transfer",
              count(),
              count(),
              count(),
              count(),
              count(),
              small(),
              small(),
              small(),
              small(),
              small(),
              small(),
              maybe(this::count),
              Stream.generate(() -> new TrackerOutcome(text(), text(), small()))
                  .limit(random.nextInt(Progress.MAX_TRACKERS + 1))
                  .toList());
      case FILE_UPLOADED -> new FileUploaded(object());
      case COMPLETED ->
          new Completed(
              hex(20),
              text(),
              "data",
              count(),
              Stream.generate(this::object).limit(random.nextInt(5)).toList(),
              text(),
              count(),
              count(),
              random.nextDouble() * 1e6,
              random.nextInt(3));
      case FAILED -> new Failed("INVALID_METAINFO", text());
      case RETRYING -> new Retrying("STALLED", text(), Instant.ofEpochSecond(count() >>> 32));
      case CANCELLED -> new Cancelled(random.nextBoolean());
      case REFUSED -> new EventData.Refused(text(), "ID_TAKEN", text());
    };
  }

  private FinishedObject object() {
    return new FinishedObject(
        "sets/" + text(),
        text(),
        count(),
        hex(16) + "-3",
        Base64.getEncoder().encodeToString(bytes(4)));
  }

  private <T> Optional<T> maybe(Supplier<T> value) {
    return random.nextBoolean() ? Optional.of(value.get()) : Optional.empty();
  }

  private String text() {
    return TEXTS.get(random.nextInt(TEXTS.size()));
  }

  private long count() {
    return random.nextLong(Long.MAX_VALUE);
  }

  private int small() {
    return random.nextInt(Integer.MAX_VALUE);
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private String hex(int length) {
    return HexFormat.of().formatHex(bytes(length));
  }
}
