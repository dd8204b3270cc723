package dev.piecework.worker.control;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Delivery;
import dev.piecework.message.ControlCodec;
import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlReply.Code;
import dev.piecework.message.ControlRequest;
import dev.piecework.message.MessageError;
import dev.piecework.message.MessageException;
import dev.piecework.message.Topology;
import dev.piecework.net.LogContext;
import dev.piecework.text.ForeignText;
import dev.piecework.worker.broker.Author;
import dev.piecework.worker.broker.BrokerConnection;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of one request: it is read, refused if it came by the wrong way, carried out by
 * {@link RequestHandler}, answered, and acknowledged.
 */
final class RequestServer {
  private static final Logger LOG = LoggerFactory.getLogger(RequestServer.class);

  private static final Pattern OWN_REPLIES =
      Pattern.compile(Pattern.quote(Topology.REPLY_PREFIX) + "[A-Za-z0-9._-]{1,200}");

  /**
   * Direct replies (to the connection that asked), and queues whose name the broker made: it lets
   * nobody declare one that begins with {@code amq.}, and such a name is not to be guessed.
   */
  private static final Pattern BROKERS_REPLIES =
      Pattern.compile("(amq\\.rabbitmq\\.reply-to\\.|amq\\.gen-)[^\\p{Cntrl}]{1,220}");

  private final RequestHandler handler;
  private final LimitsReport limits;
  private final boolean requireUserId;

  /**
   * @param requireUserId whether an order that does not say who gives it is refused
   */
  RequestServer(RequestHandler handler, LimitsReport limits, boolean requireUserId) {
    this.handler = handler;
    this.limits = limits;
    this.requireUserId = requireUserId;
  }

  /**
   * Answers a request, then acknowledges it; so if this worker dies, another answers. Blocks until
   * an order is in effect.
   *
   * @param requests that it came by
   * @param replies to answer by
   */
  void serve(Channel requests, Channel replies, Delivery request) {
    ControlReply reply = answer(replies, request);
    try {
      reply(replies, request.getProperties(), reply);
      synchronized (requests) {
        requests.basicAck(request.getEnvelope().getDeliveryTag(), false);
      }
    } catch (IOException | AlreadyClosedException e) {
      LOG.debug("the answer was lost with the connection: {}", e.toString());
    }
  }

  /** Tells this worker's limits, if that is what is asked; nothing is acknowledged. */
  void tellLimits(Channel replies, Delivery request) {
    try {
      reply(replies, request.getProperties(), limits(request));
    } catch (IOException | AlreadyClosedException e) {
      LOG.debug("the limits were lost with the connection: {}", e.toString());
    }
  }

  /** An order would be carried out by each worker. */
  private ControlReply limits(Delivery delivery) {
    try {
      return ControlCodec.decodeRequest(delivery.getBody()) instanceof ControlRequest.GetLimits
          ? limits.now()
          : new ControlReply.Refused(
              Code.INVALID,
              "with routing key \"%s\" nothing but the limits can be asked for; send other requests with \"%s\""
                  .formatted(Topology.LIMITS_KEY, Topology.REQUEST_KEY));
    } catch (MessageException e) {
      return refused(e);
    }
  }

  private static ControlReply refused(MessageException e) {
    LOG.warn("request refused: {}", e.getMessage());
    return new ControlReply.Refused(
        e.error() == MessageError.UNSUPPORTED_VERSION ? Code.UNSUPPORTED : Code.INVALID,
        e.error() + ": " + e.getMessage());
  }

  private ControlReply answer(Channel replies, Delivery delivery) {
    AMQP.BasicProperties properties = delivery.getProperties();
    OptionalLong dropped = BrokerConnection.droppedBytes(delivery.getBody());
    if (dropped.isPresent()) {
      LOG.warn("request refused: it has {} bytes", dropped.getAsLong());
      return new ControlReply.Refused(
          Code.INVALID,
          "TOO_LARGE: the request has %d bytes, at most %d are read"
              .formatted(dropped.getAsLong(), BrokerConnection.MAX_REQUEST_BYTES));
    }
    ControlRequest request;
    try {
      request = ControlCodec.decodeRequest(delivery.getBody());
    } catch (MessageException e) {
      return refused(e);
    }
    String exchange = delivery.getEnvelope().getExchange();
    if (request.isOrder() && !exchange.equals(Topology.CONTROL_EXCHANGE)) {
      LOG.warn("an order is refused: it came by exchange \"{}\"", ForeignText.line(exchange));
      return new ControlReply.Refused(
          Code.INVALID,
          "orders are taken by exchange " + Topology.CONTROL_EXCHANGE + " alone; send it there");
    }
    String author = Author.of(properties);
    if (request.isOrder() && author.isEmpty() && requireUserId) {
      LOG.warn("an order is refused: {}", Author.REQUIRED);
      return new ControlReply.Refused(Code.INVALID, "NO_USER_ID: " + Author.REQUIRED);
    }
    ControlReply reply =
        handler.handle(
            request,
            author,
            ForeignText.line(Optional.ofNullable(properties.getMessageId()).orElse("")),
            patience(properties),
            job -> nudge(replies, job));
    say(request, author, reply);
    return reply;
  }

  /** Questions come often and change nothing. */
  private static void say(ControlRequest request, String author, ControlReply reply) {
    if (!(request instanceof ControlRequest.OfJob order) || !request.isOrder()) {
      return;
    }
    LogContext.of(Map.of("job", order.job())).run(() -> told(order, author, reply));
  }

  private static void told(ControlRequest.OfJob order, String author, ControlReply reply) {
    LOG.info(
        "{} asked to {} job {}: {}",
        author.isEmpty() ? "a sender without user-id" : "user \"" + author + "\"",
        order.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT),
        order.job(),
        switch (reply) {
          case ControlReply.Ordered ordered when ordered.inEffect() ->
              "it is " + ordered.job().state();
          case ControlReply.Ordered ordered ->
              "ordered, but not in effect yet: it is " + ordered.job().state();
          case ControlReply.Refused refused -> refused.code() + ": " + refused.message();
          case ControlReply.Details _, ControlReply.Page _, ControlReply.Limits _ -> "answered";
        });
  }

  /** The sender gives up when its message expires. */
  private static Optional<Duration> patience(AMQP.BasicProperties properties) {
    try {
      return Optional.of(
          Duration.ofMillis(Long.parseLong(String.valueOf(properties.getExpiration()))));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private void nudge(Channel channel, String job) {
    try {
      synchronized (channel) {
        channel.basicPublish(
            Topology.CONTROL_EXCHANGE,
            Topology.orderRoutingKey(job),
            new AMQP.BasicProperties.Builder().build(),
            new byte[0]);
      }
    } catch (IOException | AlreadyClosedException e) {
      LOG.debug("a nudge was lost: {}", e.toString());
    }
  }

  /**
   * Answers go to reply queues alone: by the name of another queue a sender could have a worker
   * write where he himself may not.
   */
  private static void reply(Channel channel, AMQP.BasicProperties request, ControlReply reply)
      throws IOException {
    String to = request.getReplyTo();
    if (to == null) {
      return;
    }
    boolean own = OWN_REPLIES.matcher(to).matches();
    if (!own && !BROKERS_REPLIES.matcher(to).matches()) {
      LOG.warn(
          "a request is not answered: its reply-to \"{}\" is no reply queue. Expected {}... or a"
              + " queue that the broker named",
          ForeignText.line(to),
          Topology.REPLY_PREFIX);
      return;
    }
    synchronized (channel) {
      channel.basicPublish(
          own ? Topology.CONTROL_EXCHANGE : "",
          to,
          new AMQP.BasicProperties.Builder()
              .contentType(ControlCodec.CONTENT_TYPE)
              .correlationId(request.getCorrelationId())
              .build(),
          ControlCodec.encode(reply));
    }
  }
}
