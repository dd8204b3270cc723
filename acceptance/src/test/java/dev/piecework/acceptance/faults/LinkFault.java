package dev.piecework.acceptance.faults;

import dev.piecework.testkit.FaultProxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** What goes wrong with one link. */
enum LinkFault {
  /** Connections are closed, and so are new ones. */
  CUT,
  /** Connections stay, but nothing moves on them. */
  FREEZE,
  /** Requests arrive, answers do not. */
  ONE_WAY,
  /** Connections are closed again and again. */
  FLAP,
  /** One way, from the answer to the next commit on. */
  AT_COMMIT(Service.DATABASE, "COMMIT\0"),
  /** One way, from the next confirmation on: AMQP's method 80 of class 60, basic.ack. */
  AT_CONFIRM(Service.BROKER, "\0<\0P"),
  /** One way, from the answer to the next completed upload on. */
  AT_COMPLETE(Service.STORE, "CompleteMultipartUploadResult"),
  /** One way, from the answer to the next part or object on. */
  AT_PART(Service.STORE, "ETag: ");

  private static final Duration BETWEEN_CUTS = Duration.ofMillis(200);

  private final Optional<Service> service;

  /** Bytes as characters up to U+00FF; empty for none. */
  private final String sign;

  LinkFault() {
    this.service = Optional.empty();
    this.sign = "";
  }

  LinkFault(Service service, String sign) {
    this.service = Optional.of(service);
    this.sign = sign;
  }

  /** The only service with which it can be; empty if it can be with any. */
  Optional<Service> service() {
    return service;
  }

  /** Begins, and returns when it has lasted; {@link #end} ends it. */
  void begin(FaultProxy link, Duration length) throws InterruptedException {
    switch (this) {
      case CUT -> {
        link.refuse(true);
        link.cut();
      }
      case FREEZE -> link.pause();
      case ONE_WAY -> link.holdAnswers();
      case FLAP -> {
        for (long cuts = length.dividedBy(BETWEEN_CUTS); cuts > 0; cuts--) {
          link.cut();
          Thread.sleep(BETWEEN_CUTS);
        }
        return;
      }
      case AT_COMMIT, AT_CONFIRM, AT_COMPLETE, AT_PART ->
          link.holdAnswersFrom(sign.getBytes(StandardCharsets.ISO_8859_1));
    }
    Thread.sleep(length);
  }

  /** All is as it was. */
  static void end(FaultProxy link) {
    link.refuse(false);
    link.resume();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
