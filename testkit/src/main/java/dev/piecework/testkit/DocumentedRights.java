package dev.piecework.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Users with the rights that a document names, in lines of {@code rabbitmqctl set_permissions} and
 * {@code set_topic_permissions}. The document's virtual host becomes the broker's, and its users
 * get names of their own, since other tests may have such at the same broker.
 */
public final class DocumentedRights implements AutoCloseable {
  /** The password of every one of these users. */
  public static final String PASSWORD = "as-documented";

  private static final Pattern LINE =
      Pattern.compile(" {4}rabbitmqctl (set_(?:topic_)?permissions .*)");
  private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");

  private final RabbitBroker broker;
  private final Map<String, String> users = new TreeMap<>();

  private DocumentedRights(RabbitBroker broker) {
    this.broker = broker;
  }

  /**
   * Adds the users and gives them their rights.
   *
   * @param document a file in Markdown
   * @throws TestkitException when the broker refuses one of its lines
   */
  public static DocumentedRights of(RabbitBroker broker, Path document) {
    DocumentedRights rights = new DocumentedRights(broker);
    String suffix = "-" + RabbitBroker.randomName();
    try {
      for (String line : Files.readAllLines(document)) {
        rights.take(line, suffix);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + document, e);
    }
    return rights;
  }

  private void take(String line, String suffix) {
    if (!LINE.matcher(line).matches()) {
      return;
    }
    List<String> words =
        new ArrayList<>(WORD.matcher(line).results().map(DocumentedRights::word).toList());
    words.removeFirst(); // rabbitmqctl
    // set_permissions -p <virtual host> <user> ...
    words.set(2, broker.virtualHost());
    String role = words.get(3);
    String user = role + suffix;
    if (users.put(role, user) == null) {
      broker.control(List.of("add_user", user, PASSWORD));
    }
    words.set(3, user);
    broker.control(words);
  }

  private static String word(MatchResult match) {
    return match.group(1) == null ? match.group(2) : match.group(1);
  }

  /**
   * The user of a role.
   *
   * @param role the user's name in the document
   * @throws TestkitException when the document names none
   */
  public String user(String role) {
    String user = users.get(role);
    if (user == null) {
      throw new TestkitException("no rights for \"" + role + "\", only for " + users.keySet());
    }
    return user;
  }

  /** Takes the users away. */
  @Override
  public void close() {
    users.values().forEach(broker::deleteUser);
  }
}
