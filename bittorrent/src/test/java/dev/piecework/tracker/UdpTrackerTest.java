package dev.piecework.tracker;

import static dev.piecework.tracker.TrackerFixture.assertPeer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.net.AddressPolicy;
import dev.piecework.net.HostLookup;
import dev.piecework.net.PortRanges;
import dev.piecework.tracker.AnnounceResult.Accepted;
import dev.piecework.tracker.AnnounceResult.Failed;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** UDP announces over real sockets to a tracker whose every datagram the test writes. */
class UdpTrackerTest {
  private static final int CONNECT = 0;
  private static final int ANNOUNCE = 1;
  private static final int ERROR = 3;

  private final TrackerFixture fixture = new TrackerFixture(HostLookup.Names.system());
  private final DatagramSocket socket;
  private DatagramPacket question = new DatagramPacket(new byte[2048], 2048);

  UdpTrackerTest() throws Exception {
    socket = new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
    socket.setSoTimeout(20_000);
  }

  @AfterEach
  void stopAll() throws Exception {
    fixture.close();
    socket.close();
  }

  private CompletableFuture<AnnounceResult> start(String pathAndQuery) {
    return fixture.start("udp://127.0.0.1:" + socket.getLocalPort() + pathAndQuery);
  }

  /** Waits for the next datagram. */
  private ByteBuffer receive() throws Exception {
    question = new DatagramPacket(new byte[2048], 2048);
    socket.receive(question);
    return ByteBuffer.wrap(question.getData(), 0, question.getLength());
  }

  private void send(ByteBuffer datagram) throws Exception {
    socket.send(
        new DatagramPacket(
            bytes(datagram, 0, datagram.position()),
            datagram.position(),
            question.getSocketAddress()));
  }

  private static byte[] bytes(ByteBuffer datagram, int from, int to) {
    byte[] bytes = new byte[to - from];
    datagram.get(from, bytes);
    return bytes;
  }

  private static int transaction(ByteBuffer asked) {
    return asked.getInt(12);
  }

  private void connected(ByteBuffer asked, long connectionId) throws Exception {
    assertThat(asked.limit()).isEqualTo(16);
    assertThat(asked.getLong(0)).isEqualTo(0x41727101980L);
    assertThat(asked.getInt(8)).isEqualTo(CONNECT);
    send(ByteBuffer.allocate(16).putInt(CONNECT).putInt(transaction(asked)).putLong(connectionId));
  }

  private static ByteBuffer announced(ByteBuffer asked, int intervalSeconds, int... peer) {
    ByteBuffer answer =
        ByteBuffer.allocate(200)
            .putInt(ANNOUNCE)
            .putInt(transaction(asked))
            .putInt(intervalSeconds)
            .putInt(5)
            .putInt(7);
    for (int each : peer) {
      answer.put((byte) each);
    }
    return answer;
  }

  private static AnnounceResult await(CompletableFuture<AnnounceResult> result) throws Exception {
    return result.get(20, TimeUnit.SECONDS);
  }

  @Test
  void connectsAnnouncesAndReadsTheAnswer() throws Exception {
    CompletableFuture<AnnounceResult> result = start("");
    connected(receive(), 0x1122334455667788L);
    ByteBuffer asked = receive();
    assertThat(asked.limit()).isEqualTo(98);
    assertThat(asked.getLong(0)).isEqualTo(0x1122334455667788L);
    assertThat(asked.getInt(8)).isEqualTo(ANNOUNCE);
    assertThat(bytes(asked, 16, 36)).isEqualTo(Announces.INFO_HASH.bytes());
    assertThat(new String(bytes(asked, 36, 56), StandardCharsets.US_ASCII))
        .isEqualTo("-PW0100-abcdefghijkl");
    assertThat(asked.getLong(56)).as("downloaded").isEqualTo(22);
    assertThat(asked.getLong(64)).as("left").isEqualTo(33);
    assertThat(asked.getLong(72)).as("uploaded").isEqualTo(11);
    assertThat(asked.getInt(80)).as("event").isEqualTo(2);
    assertThat(asked.getInt(84)).as("address").isZero();
    assertThat(asked.getInt(88)).as("key").isEqualTo(0x0badcafe);
    assertThat(asked.getInt(92)).as("wanted").isEqualTo(50);
    assertThat(asked.getShort(96)).as("port").isEqualTo((short) 6881);
    send(announced(asked, 1800, 1, 2, 3, 4, 0, 80));
    AnnounceResult answer = await(result);
    assertPeer(answer, "1.2.3.4", 80);
    assertThat(((Accepted) answer).interval()).contains(Duration.ofMinutes(30));
  }

  @Test
  void overIpv6TheAddressesAreLonger() throws Exception {
    try (DatagramSocket ipv6 =
        new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral("::1"), 0))) {
      ipv6.setSoTimeout(20_000);
      CompletableFuture<AnnounceResult> result =
          fixture.start("udp://[::1]:" + ipv6.getLocalPort());
      DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
      ipv6.receive(packet);
      ByteBuffer asked = ByteBuffer.wrap(packet.getData());
      byte[] connected =
          ByteBuffer.allocate(16).putInt(CONNECT).putInt(transaction(asked)).putLong(7).array();
      ipv6.send(new DatagramPacket(connected, 16, packet.getSocketAddress()));
      ipv6.receive(packet);
      ByteBuffer answer =
          announced(
              ByteBuffer.wrap(packet.getData()),
              60,
              0x20,
              1,
              0xd,
              0xb8,
              0,
              0,
              0,
              0,
              0,
              0,
              0,
              0,
              0,
              0,
              0,
              1,
              0x1a,
              0xe1);
      ipv6.send(
          new DatagramPacket(
              bytes(answer, 0, answer.position()), answer.position(), packet.getSocketAddress()));
      assertPeer(await(result), "2001:db8::1", 6881);
    }
  }

  @Test
  void pathAndQueryGoAlong() throws Exception {
    var _ = start("/dir?a=b&c=d");
    connected(receive(), 7);
    ByteBuffer asked = receive();
    byte[] options = bytes(asked, 98, asked.limit());
    assertThat(options).isEqualTo("\2\14/dir?a=b&c=d".getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void aLongPathIsSentInSeveralOptions() throws Exception {
    var _ = start("/" + "x".repeat(299));
    connected(receive(), 7);
    ByteBuffer asked = receive();
    assertThat(asked.limit()).isEqualTo(98 + 300 + 4);
    assertThat(asked.get(99)).isEqualTo((byte) 255);
    assertThat(asked.get(98 + 2 + 255)).isEqualTo((byte) 2);
    assertThat(asked.get(98 + 2 + 256)).isEqualTo((byte) 45);
  }

  @Test
  void sendsAgainAfterFifteenSecondsAndGivesUpThirtyLater() throws Exception {
    CompletableFuture<AnnounceResult> result = start("");
    ByteBuffer first = receive();
    awaitTimer();
    fixture.clock.advance(Duration.ofSeconds(15));
    ByteBuffer second = receive();
    assertThat(transaction(second)).isEqualTo(transaction(first));
    awaitTimer();
    fixture.clock.advance(Duration.ofSeconds(30).minusNanos(1));
    assertThat(result).isNotDone();
    fixture.clock.advance(Duration.ofNanos(1));
    assertThat(await(result)).isEqualTo(new Failed("timed out after 45 s"));
  }

  @Test
  void anAnswerToTheRepeatedQuestionIsTaken() throws Exception {
    CompletableFuture<AnnounceResult> result = start("");
    receive();
    awaitTimer();
    fixture.clock.advance(Duration.ofSeconds(15));
    connected(receive(), 7);
    send(announced(receive(), 60, 1, 2, 3, 4, 0, 80));
    assertPeer(await(result), "1.2.3.4", 80);
  }

  @Test
  void aConnectionIdIsUsedAgainForAMinute() throws Exception {
    CompletableFuture<AnnounceResult> first = start("");
    connected(receive(), 7);
    send(announced(receive(), 60));
    await(first);
    fixture.clock.advance(Duration.ofSeconds(59));
    CompletableFuture<AnnounceResult> second = start("");
    ByteBuffer asked = receive();
    assertThat(asked.getInt(8)).isEqualTo(ANNOUNCE);
    assertThat(asked.getLong(0)).isEqualTo(7);
    send(announced(asked, 60));
    await(second);
    fixture.clock.advance(Duration.ofSeconds(1));
    var _ = start("");
    assertThat(receive().getInt(8)).isEqualTo(CONNECT);
  }

  @Test
  void aConnectionIdThatTheTrackerHasForgottenIsRenewed() throws Exception {
    CompletableFuture<AnnounceResult> first = start("");
    connected(receive(), 7);
    send(announced(receive(), 60));
    await(first);
    CompletableFuture<AnnounceResult> second = start("");
    ByteBuffer refused = receive();
    send(error(refused, "Connection ID missmatch."));
    connected(receive(), 8);
    ByteBuffer asked = receive();
    assertThat(asked.getLong(0)).isEqualTo(8);
    send(announced(asked, 60, 1, 2, 3, 4, 0, 80));
    assertPeer(await(second), "1.2.3.4", 80);
  }

  @Test
  void aConnectionIdThatTheTrackerIgnoresIsRenewed() throws Exception {
    CompletableFuture<AnnounceResult> first = start("");
    connected(receive(), 7);
    send(announced(receive(), 60));
    await(first);
    var _ = start("");
    assertThat(receive().getInt(8)).isEqualTo(ANNOUNCE);
    awaitTimer();
    fixture.clock.advance(Duration.ofSeconds(15));
    assertThat(receive().getInt(8)).isEqualTo(CONNECT);
  }

  @Test
  void aRefusalIsShown() throws Exception {
    CompletableFuture<AnnounceResult> result = start("");
    connected(receive(), 7);
    send(error(receive(), "torrent not registered\u0000"));
    assertThat(await(result)).isEqualTo(new Failed(HttpAnswer.REFUSED, "torrent not registered"));
  }

  @Test
  void aRefusalToConnectIsShownToo() throws Exception {
    CompletableFuture<AnnounceResult> result = start("");
    send(error(receive(), "go away"));
    assertThat(await(result)).isEqualTo(new Failed(HttpAnswer.REFUSED, "go away"));
  }

  @Test
  void whatDoesNotAnswerTheQuestionIsIgnored() throws Exception {
    CompletableFuture<AnnounceResult> result = start("");
    ByteBuffer asked = receive();
    int transaction = transaction(asked);
    send(ByteBuffer.allocate(0)); // empty
    send(ByteBuffer.allocate(8).putInt(CONNECT)); // too short
    send(ByteBuffer.allocate(16).putInt(CONNECT).putInt(transaction).putInt(1)); // id cut short
    send(ByteBuffer.allocate(16).putInt(CONNECT).putInt(transaction + 1).putLong(6)); // not ours
    send(announced(asked, 60, 6, 6, 6, 6, 0, 66)); // not yet asked for
    send(ByteBuffer.allocate(16).putInt(99).putInt(transaction).putLong(6)); // no such action
    connected(asked, 7);
    ByteBuffer announce = receive();
    assertThat(announce.getLong(0)).isEqualTo(7);
    send(ByteBuffer.allocate(16).putInt(CONNECT).putInt(transaction(announce)).putLong(6));
    send(ByteBuffer.allocate(12).putInt(ANNOUNCE).putInt(transaction(announce)).putInt(60));
    send(announced(announce, 60, 1, 2, 3, 4, 0, 80));
    assertPeer(await(result), "1.2.3.4", 80);
  }

  @Test
  void answersFromOtherAddressesAreIgnored() throws Exception {
    CompletableFuture<AnnounceResult> result = start("");
    ByteBuffer asked = receive();
    try (DatagramSocket forger =
        new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0))) {
      byte[] forged =
          ByteBuffer.allocate(16).putInt(CONNECT).putInt(transaction(asked)).putLong(666).array();
      forger.send(new DatagramPacket(forged, 16, question.getSocketAddress()));
    }
    connected(asked, 7);
    ByteBuffer announce = receive();
    assertThat(announce.getLong(0)).isEqualTo(7);
    send(announced(announce, 60));
    assertThat(await(result)).isInstanceOf(Accepted.class);
  }

  @Test
  void aPortWhereNobodyListensIsNamedAtOnce() throws Exception {
    int port = socket.getLocalPort();
    socket.close();
    CompletableFuture<AnnounceResult> result = fixture.start("udp://127.0.0.1:" + port);
    assertThat(await(result)).isEqualTo(new Failed("connection refused by 127.0.0.1:" + port));
  }

  @Test
  void theNextAddressIsAskedWhenOneIsSilentAndComesFirstTheNextTime() throws Exception {
    int port = socket.getLocalPort();
    try (DatagramSocket silent =
            new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.4"), port));
        TrackerFixture twofold =
            new TrackerFixture(_ ->
                List.of(InetAddress.ofLiteral("127.0.0.4"), InetAddress.ofLiteral("127.0.0.1")))) {
      silent.setSoTimeout(20_000);
      String url = "udp://dual.test:" + port;
      CompletableFuture<AnnounceResult> result = twofold.start(url);
      silent.receive(new DatagramPacket(new byte[100], 100));
      Awaitility.await()
          .until(() -> twofold.clock.untilNext().equals(Optional.of(Duration.ofSeconds(15))));
      twofold.clock.advance(Duration.ofSeconds(15));
      connected(receive(), 7);
      send(announced(receive(), 60, 1, 2, 3, 4, 0, 80));
      assertPeer(await(result), "1.2.3.4", 80);

      CompletableFuture<AnnounceResult> again = twofold.start(url);
      send(announced(receive(), 60, 1, 2, 3, 4, 0, 80));
      assertPeer(await(again), "1.2.3.4", 80);
    }
  }

  @Test
  void refusedPortsAreNotAskedForAnything() throws Exception {
    fixture.policy(
        AddressPolicy.everything()
            .refusingPorts(PortRanges.parse(Integer.toString(socket.getLocalPort()))));
    assertThat(await(start("")))
        .isInstanceOfSatisfying(
            Failed.class,
            failed -> assertThat(failed.message()).contains("refused by the port policy"));
  }

  @Test
  void thePolicyIsAsked() throws Exception {
    fixture.policy(AddressPolicy.publicOnly(List.of()));
    assertThat(await(start("")))
        .isInstanceOfSatisfying(
            Failed.class,
            failed ->
                assertThat(failed.message())
                    .contains("address 127.0.0.1 refused by the address policy"));
  }

  private static ByteBuffer error(ByteBuffer asked, String message) {
    return ByteBuffer.allocate(200)
        .putInt(ERROR)
        .putInt(transaction(asked))
        .put(message.getBytes(StandardCharsets.UTF_8));
  }

  private void awaitTimer() {
    Awaitility.await().until(() -> fixture.clock.waiting() > 0);
  }
}
