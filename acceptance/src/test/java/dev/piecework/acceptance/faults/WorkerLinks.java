package dev.piecework.acceptance.faults;

import dev.piecework.testkit.FaultProxy;
import java.net.InetSocketAddress;
import java.util.EnumMap;
import java.util.Map;

/** The links of one worker to the services, which fail for it alone. */
final class WorkerLinks implements AutoCloseable {
  private final Map<Service, FaultProxy> proxies = new EnumMap<>(Service.class);

  /**
   * @param services where everybody's links lead
   */
  WorkerLinks(Map<Service, InetSocketAddress> services) {
    services.forEach((service, address) -> proxies.put(service, FaultProxy.tcp(address)));
  }

  FaultProxy to(Service service) {
    FaultProxy proxy = proxies.get(service);
    if (proxy == null) {
      throw new IllegalStateException("no link to " + service);
    }
    return proxy;
  }

  int port(Service service) {
    return to(service).address().getPort();
  }

  @Override
  public void close() {
    proxies.values().forEach(FaultProxy::close);
  }
}
