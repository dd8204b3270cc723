package dev.piecework.message;

import dev.piecework.message.JobSource.Inline;
import dev.piecework.message.JobSource.Magnet;
import dev.piecework.message.JobSource.StoredFile;
import dev.piecework.message.JobSource.Url;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/**
 * The JSON form of a job, described in {@code docs/messages.md} and by {@code
 * job-message.schema.json}. What is written can be read; what a person writes by hand may leave out
 * the version, the id and everything optional. Unknown members are ignored.
 */
public final class JobMessageCodec {
  /** The AMQP content type of a job. */
  public static final String CONTENT_TYPE = "application/json";

  /** Longest message in bytes, also what RabbitMQ takes by default from 4.0 on. */
  public static final int MAX_BYTES = 16 * 1024 * 1024;

  private static final String S3_SCHEME = "s3://";
  private static final String SOURCE_EXPECTED = "an object with one of inline, url, s3 and magnet";

  private static final Shape.Form SHAPE =
      Shape.form("version", "id")
          .with(
              "source",
              Shape.form("url", "s3", "magnet")
                  .with("inline", new Shape.Binary(JobRules.MAX_INLINE_BYTES)))
          .with("destination", Shape.form("bucket", "prefix", "keyTemplate"))
          .with(
              "options",
              Shape.form(
                      "priority",
                      "seedRatio",
                      "seedTime",
                      "maxAttempts",
                      "deadline",
                      "downloadBytesPerSecond",
                      "uploadBytesPerSecond",
                      "onExisting")
                  .with("peers", new Shape.Texts(JobRules.MAX_PEERS))
                  .with("labels", new Shape.TextMap(JobRules.MAX_LABELS)));

  private JobMessageCodec() {}

  /** Writes a job. Options that are at their defaults are left out. */
  public static byte[] encode(JobMessage job) {
    return JsonWriter.write(json -> {
      json.writeNumberProperty("version", job.version());
      json.writeStringProperty("id", job.id());
      json.writeName("source");
      json.writeStartObject();
      switch (job.source()) {
        case Inline inline -> json.writeBinaryProperty("inline", inline.bytes());
        case Url url -> json.writeStringProperty("url", url.url().toString());
        case StoredFile file ->
            json.writeStringProperty("s3", S3_SCHEME + file.bucket() + "/" + file.key());
        case Magnet magnet -> json.writeStringProperty("magnet", magnet.uri());
      }
      json.writeEndObject();
      json.writeName("destination");
      json.writeStartObject();
      json.writeStringProperty("bucket", job.destination().bucket());
      if (!job.destination().prefix().isEmpty()) {
        json.writeStringProperty("prefix", job.destination().prefix());
      }
      job.destination()
          .keyTemplate()
          .ifPresent(template -> json.writeStringProperty("keyTemplate", template));
      json.writeEndObject();
      if (!job.options().equals(JobOptions.none())) {
        json.writeName("options");
        json.writeStartObject();
        encodeOptions(json, job.options());
        json.writeEndObject();
      }
    });
  }

  private static void encodeOptions(JsonGenerator json, JobOptions options) {
    if (options.priority() != 0) {
      json.writeNumberProperty("priority", options.priority());
    }
    options.seedRatio().ifPresent(ratio -> json.writeNumberProperty("seedRatio", ratio));
    options.seedTime().ifPresent(time -> json.writeStringProperty("seedTime", time.toString()));
    JsonWriter.texts(json, "peers", options.peers());
    options.maxAttempts().ifPresent(most -> json.writeNumberProperty("maxAttempts", most));
    options.deadline().ifPresent(time -> json.writeStringProperty("deadline", time.toString()));
    if (options.downloadBytesPerSecond() != 0) {
      json.writeNumberProperty("downloadBytesPerSecond", options.downloadBytesPerSecond());
    }
    if (options.uploadBytesPerSecond() != 0) {
      json.writeNumberProperty("uploadBytesPerSecond", options.uploadBytesPerSecond());
    }
    options
        .onExisting()
        .ifPresent(answer -> json.writeStringProperty("onExisting", answer.wireName()));
    JsonWriter.texts(json, "labels", options.labels());
  }

  /**
   * Reads a job and checks it by {@link JobRules}.
   *
   * @throws MessageException when it is no job that a worker may try
   */
  public static JobMessage decode(byte[] message) throws MessageException {
    return decode(message, JobDefaults.none());
  }

  /**
   * Reads a job, fills in what it leaves out, and checks it by {@link JobRules}.
   *
   * @param defaults what a job gets where its message says nothing
   * @throws MessageException when it is no job that a worker may try
   */
  public static JobMessage decode(byte[] message, JobDefaults defaults) throws MessageException {
    JsonObject json = JsonReader.read(message, SHAPE, JsonLimits.JOB);
    // First of all: a later version may look different in every other way.
    int version =
        json.integer("version", Integer.MIN_VALUE, Integer.MAX_VALUE)
            .map(Math::toIntExact)
            .orElse(JobMessage.VERSION);
    JobRules.checkVersion(version);
    JobSource source = source(json.requiredObject("source", SOURCE_EXPECTED));
    Destination destination = destination(json, defaults);
    Optional<JsonObject> given = json.object("options");
    JobOptions options =
        given.isPresent() ? options(given.get(), defaults.options()) : defaults.options();
    Optional<String> id = json.text("id");
    JobMessage job = new JobMessage(version, id.orElse("-"), source, destination, options);
    JobRules.check(job);
    // Only now: deriving an id parses the torrent, which must have passed the limits.
    return id.isPresent()
        ? job
        : new JobMessage(
            version, JobId.of(source, destination, options), source, destination, options);
  }

  private static Destination destination(JsonObject json, JobDefaults defaults)
      throws MessageException {
    Optional<JsonObject> given = json.object("destination");
    if (given.isEmpty() && defaults.bucket().isPresent()) {
      return new Destination(
          defaults.bucket().get(), defaults.prefix().orElse(""), defaults.keyTemplate());
    }
    JsonObject to = json.requiredObject("destination", "an object with a bucket");
    Optional<String> bucket = to.text("bucket").or(defaults::bucket);
    return new Destination(
        bucket.isPresent()
            ? bucket.get()
            : to.requiredText("bucket", "the name of an existing bucket"),
        to.text("prefix").or(defaults::prefix).orElse(""),
        to.text("keyTemplate").or(defaults::keyTemplate));
  }

  private static JobSource source(JsonObject json) throws MessageException {
    List<JobSource> sources = new ArrayList<>();
    json.bytes("inline").map(Inline::of).ifPresent(sources::add);
    json.text("magnet").map(Magnet::new).ifPresent(sources::add);
    Optional<String> url = json.text("url");
    if (url.isPresent()) {
      sources.add(url(json.path("url"), url.get()));
    }
    Optional<String> stored = json.text("s3");
    if (stored.isPresent()) {
      sources.add(stored(json.path("s3"), stored.get()));
    }
    if (sources.size() != 1) {
      throw MessageException.invalid(
          "$.source",
          sources.isEmpty() ? "names no source" : "names " + sources.size() + " sources",
          SOURCE_EXPECTED);
    }
    return sources.getFirst();
  }

  private static Url url(String path, String text) throws MessageException {
    try {
      return new Url(new URI(text));
    } catch (URISyntaxException e) {
      // The text itself may hold a password: say where it breaks, not what it is.
      throw MessageException.invalid(
          path,
          "is not a URL (" + e.getReason() + " at position " + e.getIndex() + ")",
          "an http:// or https:// URL");
    }
  }

  /**
   * Splits {@code s3://bucket/key}. The key is taken as it stands, without percent-decoding.
   *
   * @throws MessageException when it has another form
   */
  public static StoredFile storedFile(String text) throws MessageException {
    return stored("$.source.s3", text);
  }

  private static StoredFile stored(String path, String text) throws MessageException {
    int slash = text.indexOf('/', S3_SCHEME.length());
    if (!text.startsWith(S3_SCHEME) || slash < 0) {
      throw MessageException.invalid(path, "is " + MessageException.quote(text), "s3://bucket/key");
    }
    return new StoredFile(text.substring(S3_SCHEME.length(), slash), text.substring(slash + 1));
  }

  private static JobOptions options(JsonObject json, JobOptions defaults) throws MessageException {
    List<String> peers = json.texts("peers");
    Map<String, String> labels = new HashMap<>(defaults.labels());
    labels.putAll(json.textMap("labels"));
    return new JobOptions(
        json.integer("priority", 0, JobRules.MAX_PRIORITY)
            .map(Math::toIntExact)
            .orElse(defaults.priority()),
        json.number("seedRatio").or(defaults::seedRatio),
        duration(json, "seedTime").or(defaults::seedTime),
        peers.isEmpty() ? defaults.peers() : peers,
        json.integer("maxAttempts", 1, JobRules.MAX_ATTEMPTS)
            .map(Math::toIntExact)
            .or(defaults::maxAttempts),
        duration(json, "deadline").or(defaults::deadline),
        json.integer("downloadBytesPerSecond", 0, JobRules.MAX_RATE)
            .orElse(defaults.downloadBytesPerSecond()),
        json.integer("uploadBytesPerSecond", 0, JobRules.MAX_RATE)
            .orElse(defaults.uploadBytesPerSecond()),
        onExisting(json).or(defaults::onExisting),
        labels);
  }

  private static Optional<OnExisting> onExisting(JsonObject json) throws MessageException {
    Optional<String> text = json.text("onExisting");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Optional<OnExisting> answer = OnExisting.ofWireName(text.get());
    if (answer.isEmpty()) {
      throw MessageException.invalid(
          json.path("onExisting"),
          "is " + MessageException.quote(text.get()),
          "overwrite, skip or fail");
    }
    return answer;
  }

  private static Optional<Duration> duration(JsonObject json, String name) throws MessageException {
    Optional<String> text = json.text(name);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Duration.parse(text.get()));
    } catch (DateTimeParseException | ArithmeticException e) {
      throw MessageException.invalid(
          json.path(name),
          "is " + MessageException.quote(text.get()),
          "an ISO 8601 duration such as PT90M or P1DT12H");
    }
  }
}
