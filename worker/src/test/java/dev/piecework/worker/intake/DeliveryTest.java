package dev.piecework.worker.intake;

import static org.assertj.core.api.Assertions.assertThatCode;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

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

    assertThatCode(() -> new Delivery(channel, 1, true).acknowledge()).doesNotThrowAnyException();
  }

  private static <T> T channel(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(
            DeliveryTest.class.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
