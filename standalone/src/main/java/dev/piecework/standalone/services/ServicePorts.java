package dev.piecework.standalone.services;

import dev.piecework.standalone.embedded.Loopback;
import java.io.IOException;

/**
 * TCP ports of the services, all on 127.0.0.1.
 *
 * @param broker AMQP 0-9-1
 * @param database H2
 * @param store S3 over HTTP
 */
public record ServicePorts(int broker, int database, int store) {
  /** Beside the usual ones, so that a RabbitMQ or MinIO of one's own is not in the way. */
  public static final ServicePorts DEFAULT = new ServicePorts(15_682, 15_692, 15_690);

  /** Any that are free. */
  public static ServicePorts free() throws IOException {
    return new ServicePorts(Loopback.freePort(), Loopback.freePort(), Loopback.freePort());
  }
}
