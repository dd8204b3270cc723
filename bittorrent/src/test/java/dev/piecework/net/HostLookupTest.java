package dev.piecework.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.net.HostLookup.Outcome;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HostLookupTest {
  private static final InetAddress ADDRESS = InetAddress.ofLiteral("192.0.2.1");

  private final CountDownLatch release = new CountDownLatch(1);
  private final Map<String, AtomicInteger> asked = new ConcurrentHashMap<>();

  @AfterEach
  void letGo() {
    release.countDown();
  }

  private List<InetAddress> names(String host) throws UnknownHostException {
    asked.computeIfAbsent(host, _ -> new AtomicInteger()).incrementAndGet();
    assertThat(Thread.currentThread().isVirtual()).isFalse();
    if (host.startsWith("hang")) {
      try {
        release.await();
      } catch (InterruptedException e) {
        throw new UnknownHostException(host);
      }
    }
    if (host.startsWith("none")) {
      throw new UnknownHostException(host);
    }
    if (host.startsWith("broken")) {
      throw new IllegalArgumentException("secret");
    }
    return List.of(ADDRESS);
  }

  private static Outcome await(CompletableFuture<Outcome> lookup) throws Exception {
    return lookup.get(20, TimeUnit.SECONDS);
  }

  @Test
  void namesAndLiteralsAreFound() throws Exception {
    try (HostLookup lookup = new HostLookup(this::names, Duration.ofSeconds(5), 2)) {
      assertThat(await(lookup.lookup("a.test"))).isEqualTo(new Outcome.Found(List.of(ADDRESS)));
      assertThat(await(lookup.lookup("10.1.2.3")))
          .isEqualTo(new Outcome.Found(List.of(InetAddress.ofLiteral("10.1.2.3"))));
      assertThat(await(lookup.lookup("::1")))
          .isEqualTo(new Outcome.Found(List.of(InetAddress.ofLiteral("::1"))));
      assertThat(asked).containsOnlyKeys("a.test");
    }
  }

  @Test
  void whyThereIsNoneIsNamed() throws Exception {
    try (HostLookup lookup = new HostLookup(this::names, Duration.ofSeconds(5), 2)) {
      assertThat(await(lookup.lookup("none.test")))
          .isEqualTo(new Outcome.None("no address for the host name none.test", true));
      assertThat(await(lookup.lookup("broken.test")).toString())
          .contains("broken.test", "IllegalArgumentException")
          .doesNotContain("secret");
      assertThat(await(lookup.lookup("999.1.1.1"))).isInstanceOf(Outcome.None.class);
    }
  }

  @Test
  void aNameThatHangsHoldsOneThreadHoweverOftenItIsAskedFor() throws Exception {
    try (HostLookup lookup = new HostLookup(this::names, Duration.ofMillis(300), 2)) {
      List<CompletableFuture<Outcome>> hanging = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        hanging.add(lookup.lookup("hang.test"));
      }
      assertThat(await(lookup.lookup("a.test"))).isInstanceOf(Outcome.Found.class);
      for (CompletableFuture<Outcome> each : hanging) {
        assertThat(await(each).toString()).contains("no answer from the name service");
      }
      assertThat(await(lookup.lookup("hang.test"))).isInstanceOf(Outcome.None.class);
      assertThat(await(lookup.lookup("b.test"))).isInstanceOf(Outcome.Found.class);
      assertThat(asked.get("hang.test")).hasValue(1);
    }
  }

  @Test
  void whatWaitsIsBounded() throws Exception {
    try (HostLookup lookup = new HostLookup(this::names, Duration.ofSeconds(5), 1)) {
      List<CompletableFuture<Outcome>> waiting = new ArrayList<>();
      for (int i = 0; i < 400; i++) {
        waiting.add(lookup.lookup("hang" + i + ".test"));
      }
      assertThat(waiting.stream().filter(CompletableFuture::isDone))
          .isNotEmpty()
          .allSatisfy(
              each -> assertThat(each.join().toString()).contains("too many look-ups are waiting"));
    }
  }
}
