package dev.piecework.worker.resolve;

import dev.piecework.net.AddressPolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.Optional;
import javax.net.SocketFactory;

/**
 * Sockets that ask the address policy before they connect. Here rather than in name resolution,
 * because an HTTP client resolves no name for a URL that is written with an address, and because
 * redirects come this way too.
 */
final class GuardedSocketFactory extends SocketFactory {
  private final AddressPolicy policy;

  GuardedSocketFactory(AddressPolicy policy) {
    this.policy = policy;
  }

  /** The policy refused. */
  static final class AddressRefusedException extends IOException {
    AddressRefusedException(String reason) {
      super(reason);
    }
  }

  @Override
  public Socket createSocket() {
    return new Socket() {
      @Override
      public void connect(SocketAddress endpoint, int timeout) throws IOException {
        check(endpoint);
        super.connect(endpoint, timeout);
      }
    };
  }

  private void check(SocketAddress endpoint) throws AddressRefusedException {
    if (!(endpoint instanceof InetSocketAddress internet) || internet.getAddress() == null) {
      throw new AddressRefusedException("not an internet address: " + endpoint);
    }
    Optional<String> refused = policy.reasonRefused(internet.getAddress());
    if (refused.isPresent()) {
      throw new AddressRefusedException(refused.get());
    }
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return connected(new InetSocketAddress(host, port));
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress local, int localPort)
      throws IOException {
    return connected(new InetSocketAddress(host, port));
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return connected(new InetSocketAddress(host, port));
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
      throws IOException {
    return connected(new InetSocketAddress(host, port));
  }

  private Socket connected(InetSocketAddress address) throws IOException {
    Socket socket = createSocket();
    socket.connect(address, 0);
    return socket;
  }
}
