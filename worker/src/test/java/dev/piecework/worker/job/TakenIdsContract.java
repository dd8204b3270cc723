package dev.piecework.worker.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.piecework.message.Destination;
import dev.piecework.message.EventData;
import dev.piecework.message.JobEventCodec;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.message.MessageException;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.job.Admissions.Admission;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What every database must make of a submission that has the id of another job. */
abstract class TakenIdsContract extends LedgerFixture {
  private static final Destination PLACE = new Destination("data", "x/");
  private static final JobSource LINK = url("https://example.org/sets/a.torrent?key=secret");

  private static JobSource url(String text) {
    return new JobSource.Url(URI.create(text));
  }

  private static JobSource torrent(String tracker, String name) {
    String text =
        "d8:announce%d:%s4:infod6:lengthi1e4:name%d:%s12:piece lengthi16384e6:pieces20:%see"
            .formatted(tracker.length(), tracker, name.length(), name, "01234567890123456789");
    return JobSource.Inline.of(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String hash(JobSource torrent) {
    return Title.of(torrent).infoHash();
  }

  private static Destination template(String template) {
    return new Destination("data", "x/", Optional.of(template));
  }

  private static JobOptions labels(Map<String, String> labels) {
    return new JobOptions(
        3,
        Optional.of(1.5),
        Optional.empty(),
        List.of(),
        Optional.of(2),
        0,
        0,
        Optional.empty(),
        labels);
  }

  private Submission of(JobSource source, Destination place, JobOptions options, String messageId) {
    return new Submission(new JobMessage(1, job, source, place, options), messageId, false, false);
  }

  private Submission of(JobSource source, Destination place, String messageId) {
    return of(source, place, JobOptions.none(), messageId);
  }

  private Registrations registrations() {
    return new Registrations(jdbc, database.transactions(), outbox, "registrar", FairShares.NONE);
  }

  private String refusal(Submission submission) {
    IdTakenException refusal =
        catchThrowableOfType(IdTakenException.class, () -> worker("a").admit(submission));
    assertThat(refusal).isNotNull();
    assertThat(refusal.fault().kind()).isEqualTo(Fault.Kind.ID_TAKEN);
    return refusal.fault().message();
  }

  private List<EventData.Refused> told() {
    return pending().stream()
        .filter(entry -> entry.entry().type().equals("refused"))
        .map(entry -> {
          try {
            return (EventData.Refused)
                JobEventCodec.decode(entry.body().getBytes(StandardCharsets.UTF_8)).data();
          } catch (MessageException e) {
            throw new AssertionError(e);
          }
        })
        .toList();
  }

  private void complete() {
    assertThat(worker("a").claim(job)).isPresent();
    ledger.complete(
        lease(),
        false,
        totals -> new EventData.Completed("h", "n", "data", 1, List.of(), "k", 0, 0, 1.0, 0));
  }

  private void fail() {
    assertThat(worker("a").claim(job)).isPresent();
    ledger.fault(lease(), new Fault(Fault.Kind.INVALID_METAINFO, "no"), RETRY, new Random(1));
  }

  private void cancel() {
    orders.cancel("", job, false, "");
    cancelled.finish(cancelled.claim(job).orElseThrow().lease(), false, "");
  }

  private void found(String infoHash) {
    jdbc.sql("UPDATE piecework_job SET info_hash = :hash WHERE id = :job")
        .param("hash", infoHash)
        .param("job", job)
        .update();
  }

  private void asWrittenBefore() {
    jdbc.sql("UPDATE piecework_job SET definition = '' WHERE id = :job").param("job", job).update();
  }

  private String definition() {
    return jdbc.sql("SELECT definition FROM piecework_job WHERE id = :job")
        .param("job", job)
        .query(String.class)
        .single();
  }

  @Test
  void anotherDestinationIsRefusedWhateverHasBecomeOfTheJob() {
    List<Runnable> fates =
        List.of(
            () -> {},
            () -> assertThat(worker("a").claim(job)).isPresent(),
            this::complete,
            this::fail,
            this::cancel,
            () -> orders.pause("", job, ""));
    for (Runnable fate : fates) {
      newJob();
      worker("a").admit(of(LINK, PLACE, "m1"));
      fate.run();
      JobRow before = row();

      assertThat(refusal(of(LINK, new Destination("data", "y/"), "m2")))
          .isEqualTo(
              "id \"%s\" belongs to another job: destination is s3://data/x/, submitted s3://data/y/. Choose another id, or submit that job as it was"
                  .formatted(job));
      assertThatThrownBy(() -> worker("b").take(of(LINK, new Destination("other", "x/"), "m3")))
          .isInstanceOf(IdTakenException.class)
          .hasMessageContaining("destination is s3://data/x/, submitted s3://other/x/");

      assertThat(row()).usingRecursiveComparison().ignoringFields("now").isEqualTo(before);
      assertThat(told()).extracting(EventData.Refused::submission).containsExactly("m2", "m3");
    }
  }

  @Test
  void anotherSourceIsRefusedWithoutTellingSecrets() {
    worker("a").admit(of(LINK, PLACE, "m1"));
    assertThat(refusal(of(url("https://example.org/sets/b.torrent?key=s2"), PLACE, "m2")))
        .contains(
            "source is https://example.org/..., submitted with another path, query or selection")
        .doesNotContain("sets", "secret", "s2");
    assertThat(refusal(of(url("https://example.net/sets/a.torrent?key=s2"), PLACE, "m3")))
        .contains("source is https://example.org/..., submitted https://example.net/...")
        .doesNotContain("sets", "secret", "s2");
    assertThat(refusal(of(new JobSource.StoredFile("in", "a.torrent"), PLACE, "m4")))
        .contains("submitted s3://in/a.torrent");
    assertThat(refusal(of(torrent("t", "one"), PLACE, "m5")))
        .contains("submitted the torrent with info-hash " + hash(torrent("t", "one")));
  }

  @Test
  void keysThatDifferAreAnotherJobAndOtherOptionsAreNot() {
    Destination byTeam = template("{label:team}/{path}");
    worker("a").admit(of(LINK, byTeam, labels(Map.of("team", "a")), "m1"));

    assertThat(refusal(of(LINK, byTeam, labels(Map.of("team", "b")), "m2")))
        .contains("labels that its key template asks for have other values");
    assertThat(
            refusal(of(LINK, template("{label:team}/{file}"), labels(Map.of("team", "a")), "m3")))
        .contains("key template is {label:team}/{path}, submitted {label:team}/{file}");
    assertThat(worker("a").admit(of(LINK, byTeam, labels(Map.of("team", "a", "n", "1")), "m4")))
        .isEqualTo(Admission.CLAIM);

    newJob();
    worker("a").admit(of(LINK, PLACE, "m1"));
    assertThat(worker("a").admit(of(LINK, PLACE, labels(Map.of("team", "b")), "m2")))
        .isEqualTo(Admission.CLAIM);
    assertThat(worker("a").admit(of(LINK, template("{prefix}{path}"), "m3")))
        .as("the same keys in other words")
        .isEqualTo(Admission.CLAIM);
    assertThat(told()).isEmpty();
  }

  @Test
  void theSameTorrentInAnotherFormIsTheSameJob() {
    JobSource torrent = torrent("http://one.example/a", "one");
    worker("a").admit(of(torrent, PLACE, "m1"));
    assertThat(worker("a").admit(of(torrent("http://two.example/b", "one"), PLACE, "m2")))
        .isEqualTo(Admission.CLAIM);
    assertThat(
            worker("a")
                .admit(
                    of(
                        new JobSource.Magnet("magnet:?dn=x&xt=urn:btih:" + hash(torrent)),
                        PLACE,
                        "m3")))
        .isEqualTo(Admission.CLAIM);
    assertThat(
            refusal(
                of(
                    new JobSource.Magnet("magnet:?xt=urn:btih:" + hash(torrent) + "&so=0"),
                    PLACE,
                    "m4")))
        .contains("source is the torrent with info-hash");
    assertThat(refusal(of(torrent("http://one.example/a", "two"), PLACE, "m5")))
        .contains("source is the torrent with info-hash " + hash(torrent) + ", submitted the");

    newJob();
    worker("a").admit(of(url("HTTPS://Example.org:443/a.torrent"), PLACE, "m1"));
    assertThat(worker("a").admit(of(url("https://example.org/a.torrent"), PLACE, "m2")))
        .isEqualTo(Admission.CLAIM);
  }

  @Test
  void aLinkAndTheTorrentThatWasFoundBehindItAreOneJob() {
    JobSource torrent = torrent("http://one.example/a", "one");
    worker("a").admit(of(LINK, PLACE, "m1"));
    assertThat(refusal(of(torrent, PLACE, "m2"))).as("not known to be").contains("source is https");

    found(hash(torrent));
    complete();
    assertThat(worker("a").admit(of(torrent, PLACE, "m3"))).isEqualTo(Admission.LEAVE);
    assertThat(worker("a").admit(of(LINK, PLACE, "m4"))).isEqualTo(Admission.LEAVE);
    assertThat(refusal(of(torrent("t", "two"), PLACE, "m5"))).contains("submitted the torrent");
  }

  @Test
  void aRowOfAnEarlierVersionAdoptsTheDefinitionOfItsMessage() {
    worker("a").admit(of(LINK, PLACE, "m1"));
    String definition = definition();
    asWrittenBefore();

    assertThat(refusal(of(LINK, new Destination("data", "y/"), "m2"))).contains("s3://data/y/");
    assertThat(definition()).isEmpty();
    assertThat(worker("a").admit(of(LINK, PLACE, "m3"))).isEqualTo(Admission.CLAIM);
    assertThat(definition()).isEqualTo(definition).hasSize(64);
  }

  @Test
  void whatPieceworkPutBackOnTheQueueIsNotAsked() {
    worker("a").admit(of(LINK, PLACE, "m1"));
    Submission other =
        new Submission(of(LINK, new Destination("data", "y/"), "c").job(), "c", true, false);
    assertThat(worker("a").admit(other)).isEqualTo(Admission.CLAIM);
  }

  @Test
  void aRegistrationIsRefusedAndTheRefusalToldOnce() {
    assertThat(registrations().register(of(LINK, PLACE, "m1"))).isTrue();
    Submission other = of(LINK, new Destination("data", "y/"), "m2");

    assertThatThrownBy(() -> registrations().register(other)).isInstanceOf(IdTakenException.class);
    refusal(other);
    assertThat(told())
        .singleElement()
        .satisfies(refused -> {
          assertThat(refused.submission()).isEqualTo("m2");
          assertThat(refused.code()).isEqualTo("ID_TAKEN");
          assertThat(refused.reason()).contains("destination is s3://data/x/");
        });

    assertThat(registrations().register(of(LINK, PLACE, "m3"))).isFalse();
    cancel();
    assertThat(worker("a").admit(of(LINK, PLACE, "m3"))).isEqualTo(Admission.LEAVE);
  }

  @Test
  void ofTwoJobsUnderOneIdAtOnceOneIsWrittenDownAndTheOtherRefused() throws Exception {
    AtomicInteger turn = new AtomicInteger();
    List<String> results =
        atOnce(
            4,
            () -> {
              int mine = turn.getAndIncrement();
              try {
                registrations()
                    .register(of(LINK, new Destination("data", mine % 2 + "/"), "m" + mine));
                return "taken";
              } catch (IdTakenException e) {
                return "refused";
              }
            });
    assertThat(results).filteredOn("taken"::equals).hasSize(2);
    assertThat(told()).hasSize(2);
  }
}
