package dev.piecework.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TransportsTest {
  @ParameterizedTest
  @EnumSource
  void everyTransportThatLoadsConnectsTcpAndBindsUdp(Transports transport) throws Exception {
    Assumptions.assumeTrue(
        transport.available(), () -> transport.setting() + " does not load on this machine");
    EventLoopGroup group = transport.eventLoops(1, "test");
    try {
      InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      Channel server =
          new ServerBootstrap()
              .group(group)
              .channel(transport.serverChannel())
              .childHandler(new ChannelInboundHandlerAdapter())
              .bind(any)
              .sync()
              .channel();
      Channel client =
          new Bootstrap()
              .group(group)
              .channel(transport.channel())
              .handler(new ChannelInboundHandlerAdapter())
              .connect(server.localAddress())
              .sync()
              .channel();
      assertThat(client.isActive()).isTrue();
      Channel datagram =
          new Bootstrap()
              .group(group)
              .channel(transport.datagramChannel())
              .handler(new ChannelInboundHandlerAdapter())
              .bind(any)
              .sync()
              .channel();
      assertThat(datagram.isActive()).isTrue();
    } finally {
      group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }
  }

  @Test
  void theBestOneLoads() {
    assertThat(Transports.best().available()).isTrue();
    assertThat(Transports.parse("auto")).isEqualTo(Transports.best());
  }

  @Test
  void aSettingForcesOne() {
    assertThat(Transports.parse("NIO")).isEqualTo(Transports.NIO);
    assertThatThrownBy(() -> Transports.parse("kqueue"))
        .hasMessageContaining("kqueue")
        .hasMessageContaining("auto, epoll, io_uring, nio");
  }
}
