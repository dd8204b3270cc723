package dev.piecework.acceptance.faults;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobEventCodec;
import dev.piecework.message.MessageException;
import dev.piecework.message.Topology;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Somebody who hears every event, on a connection that no fault touches. */
final class EventLog {
  private final Queue<JobEvent> events = new ConcurrentLinkedQueue<>();
  private final Queue<String> garbage = new ConcurrentLinkedQueue<>();
  private final Queue<String> late = new ConcurrentLinkedQueue<>();

  EventLog(Connection connection) throws IOException {
    Channel channel = connection.createChannel();
    channel.exchangeDeclare(Topology.EVENTS_EXCHANGE, "topic", true);
    String queue = channel.queueDeclare().getQueue();
    channel.queueBind(queue, Topology.EVENTS_EXCHANGE, "job.#");
    channel.basicConsume(
        queue,
        true,
        (tag, delivery) -> {
          try {
            JobEvent event = JobEventCodec.decode(delivery.getBody());
            if (event.type() == EventType.PROGRESS) {
              noteProgress(event);
            } else {
              events.add(event);
            }
          } catch (MessageException e) {
            garbage.add("a worker sent what is no event: " + e.getMessage());
          }
        },
        tag -> {});
  }

  /** Of an epoch whose end is told nothing more is told that came after it. */
  private void noteProgress(JobEvent progress) {
    events.stream()
        .filter(event -> event.jobId().equals(progress.jobId()))
        .filter(event -> event.epoch() == progress.epoch() && event.type() == EventType.COMPLETED)
        .filter(end -> progress.time().isAfter(end.time()))
        .findFirst()
        .ifPresent(end ->
            late.add(
                "job %s: progress of epoch %d at %s, completed at %s"
                    .formatted(end.jobId(), end.epoch(), progress.time(), end.time())));
  }

  /** Progress of what was complete by then; worthless while a worker's clock is wrong. */
  List<String> late() {
    return List.copyOf(late);
  }

  /** All of a job but progress, in the order of arrival, repetitions included. */
  List<JobEvent> heard(String jobId) {
    return events.stream().filter(event -> event.jobId().equals(jobId)).toList();
  }

  /** The same, each only when it came first. */
  List<JobEvent> distinct(String jobId) {
    Map<String, JobEvent> byId = new LinkedHashMap<>();
    heard(jobId).forEach(event -> byId.putIfAbsent(event.id(), event));
    return List.copyOf(byId.values());
  }

  boolean ended(String jobId) {
    return heard(jobId).stream().anyMatch(event -> event.type().isFinal());
  }

  List<String> garbage() {
    return List.copyOf(garbage);
  }

  void forget() {
    events.clear();
    garbage.clear();
    late.clear();
  }
}
