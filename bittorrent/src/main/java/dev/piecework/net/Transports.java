package dev.piecework.net;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The ways that sockets can be driven, and the classes that belong together for each. Epoll comes
 * first although io_uring moved more bytes over one loopback stream (2.07 against 1.67 GB/s):
 * container runtimes commonly forbid io_uring, and epoll behaves the same everywhere.
 */
public enum Transports {
  /** Linux epoll, by Netty's native library. */
  EPOLL,
  /** Linux io_uring, by Netty's native library. */
  IO_URING,
  /** The JDK's own selector: works everywhere. */
  NIO;

  /** The first of the list that loads on this machine. */
  public static Transports best() {
    return Arrays.stream(values()).filter(Transports::available).findFirst().orElse(NIO);
  }

  /**
   * Reads a setting.
   *
   * @param setting {@code auto}, {@code epoll}, {@code io_uring} or {@code nio}, in either case
   * @throws IllegalArgumentException when it is none of these, or does not load here; says why
   */
  public static Transports parse(String setting) {
    String name = setting.strip().toLowerCase(Locale.ROOT);
    if (name.equals("auto") || name.isEmpty()) {
      return best();
    }
    for (Transports each : values()) {
      if (each.setting().equals(name)) {
        each.whyUnavailable()
            .ifPresent(why -> {
              throw new IllegalArgumentException(
                  "the transport \""
                      + name
                      + "\" does not load here: "
                      + why
                      + "; use \"auto\" or \"nio\"");
            });
        return each;
      }
    }
    throw new IllegalArgumentException(
        "there is no transport \""
            + setting
            + "\": expected auto, "
            + Arrays.stream(values()).map(Transports::setting).collect(Collectors.joining(", ")));
  }

  /** Its name in settings and logs. */
  public String setting() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether it loads on this machine. */
  public boolean available() {
    return whyUnavailable().isEmpty();
  }

  /**
   * Threads that drive sockets; the caller shuts the group down. Threads are daemons.
   *
   * @param threads how many, at least 1
   * @param name what the threads' names begin with
   */
  public EventLoopGroup eventLoops(int threads, String name) {
    return eventLoops(threads, name, ErrorHook.endOfProcess());
  }

  /**
   * The same.
   *
   * @param errors receives Errors thrown on these threads, see {@link ErrorHook}
   */
  public EventLoopGroup eventLoops(int threads, String name, ErrorHook errors) {
    IoHandlerFactory handlers =
        switch (this) {
          case EPOLL -> EpollIoHandler.newFactory();
          case IO_URING -> IoUringIoHandler.newFactory();
          case NIO -> NioIoHandler.newFactory();
        };
    return new GuardedLoops(threads, name, handlers, errors);
  }

  /** The class of listening TCP sockets. */
  public Class<? extends ServerSocketChannel> serverChannel() {
    return switch (this) {
      case EPOLL -> EpollServerSocketChannel.class;
      case IO_URING -> IoUringServerSocketChannel.class;
      case NIO -> NioServerSocketChannel.class;
    };
  }

  /** The class of connected TCP sockets. */
  public Class<? extends SocketChannel> channel() {
    return switch (this) {
      case EPOLL -> EpollSocketChannel.class;
      case IO_URING -> IoUringSocketChannel.class;
      case NIO -> NioSocketChannel.class;
    };
  }

  /** The class of UDP sockets. */
  public Class<? extends DatagramChannel> datagramChannel() {
    return switch (this) {
      case EPOLL -> EpollDatagramChannel.class;
      case IO_URING -> IoUringDatagramChannel.class;
      case NIO -> NioDatagramChannel.class;
    };
  }

  private Optional<String> whyUnavailable() {
    try {
      Throwable cause =
          switch (this) {
            case EPOLL -> Epoll.unavailabilityCause();
            case IO_URING -> IoUring.unavailabilityCause();
            case NIO -> null;
          };
      return cause == null ? Optional.empty() : Optional.of(String.valueOf(cause.getMessage()));
    } catch (LinkageError e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }
}
