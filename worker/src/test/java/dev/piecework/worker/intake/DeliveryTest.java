package dev.piecework.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.amqp.rabbit.connection.ChannelProxy;

class DeliveryTest {
  static Stream<Exception> whatAClosedChannelThrows() {
    return Stream.of(
        new IOException("gone"),
        new AlreadyClosedException(new ShutdownSignalException(true, false, null, null)));
  }

  @ParameterizedTest
  @MethodSource("whatAClosedChannelThrows")
  void aDeliveryThatIsGoneIsNoFault(Exception thrown) {
    Channel channel =
        channel(
            Channel.class,
            (proxy, method, arguments) -> {
              throw thrown;
            });

    assertThatCode(() -> Delivery.of(channel, 1).acknowledge()).doesNotThrowAnyException();
  }

  @Test
  void theTagIsNeverUsedOnTheChannelThatFollowedALostOne() {
    List<String> acknowledged = new ArrayList<>();
    List<Channel> targets = new ArrayList<>(List.of(recording("first", acknowledged)));
    ChannelProxy spring =
        channel(
            ChannelProxy.class,
            (proxy, method, arguments) -> {
              if (method.getName().equals("getTargetChannel")) {
                return targets.getLast();
              }
              return method.invoke(targets.getLast(), arguments);
            });
    Delivery delivery = Delivery.of(spring, 2);
    targets.add(recording("second", acknowledged));

    delivery.acknowledge();

    assertThat(acknowledged).containsExactly("first");
  }

  private static Channel recording(String name, List<String> acknowledged) {
    return channel(
        Channel.class,
        (proxy, method, arguments) -> {
          assertThat(method.getName()).isEqualTo("basicAck");
          acknowledged.add(name);
          return null;
        });
  }

  private static <T> T channel(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(
            DeliveryTest.class.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
