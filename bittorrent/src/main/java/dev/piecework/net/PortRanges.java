package dev.piecework.net;

import java.util.BitSet;
import java.util.List;

/** A set of ports, written as numbers and ranges: {@code 1-79, 6379}. */
public final class PortRanges {
  /**
   * Ports of services that take a request for another protocol's, or obey HTTP from anybody in
   * their network: the WHATWG's list of blocked ports, and databases, brokers, caches, directories,
   * container and cluster APIs. Trackers and web servers live elsewhere.
   */
  public static final String WELL_KNOWN_SERVICES =
      "1,7,9,11,13,15,17,19-23,25,37,42,43,53,67-69,77,79,87,95,101-104,109-111,113,115,117,119,"
          + "123,135,137-139,143,161,162,179,389,427,445,465,500,512-515,520,526,530-532,540,548,"
          + "554,556,563,587,601,623,636,989,990,993,995,1433,1521,1719,1720,1723,1900,2049,2181,"
          + "2375,2376,2379,2380,3306,3389,3659,4045,4190,4369,5060,5061,5353,5432,5671,5672,5900,"
          + "5984-5986,6000,6379,6443,6566,6665-6668,6679,6697,8500,9042,9092,9200,9300,10080,"
          + "10250,10255,11211,15672,25672,27017";

  private static final int MAX_PORT = 65_535;

  private final BitSet ports;

  private PortRanges(BitSet ports) {
    this.ports = ports;
  }

  /**
   * Reads a list separated by commas or white space; none at all is fine.
   *
   * @throws IllegalArgumentException naming the first that is wrong
   */
  public static PortRanges parse(String text) {
    return parse(List.of(text.split("[,\\s]+")));
  }

  /**
   * Reads a list of ports and ranges; empty ones are skipped.
   *
   * @throws IllegalArgumentException naming the first that is wrong
   */
  public static PortRanges parse(List<String> texts) {
    BitSet ports = new BitSet();
    for (String text : texts) {
      String each = text.strip();
      if (each.isEmpty()) {
        continue;
      }
      int dash = each.indexOf('-');
      int first = port(each, dash < 0 ? each : each.substring(0, dash));
      int last = dash < 0 ? first : port(each, each.substring(dash + 1));
      if (first > last) {
        throw wrong(each);
      }
      ports.set(first, last + 1);
    }
    return new PortRanges(ports);
  }

  private static int port(String whole, String digits) {
    String text = digits.strip();
    int port = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : 0;
    if (port < 1 || port > MAX_PORT) {
      throw wrong(whole);
    }
    return port;
  }

  private static IllegalArgumentException wrong(String text) {
    return new IllegalArgumentException(
        "\"" + text + "\" is not a port: expected 1 to 65535, or a range such as 6000-6063");
  }

  /** Whether a port is in the set. */
  public boolean contains(int port) {
    return port >= 0 && ports.get(port);
  }

  /** The form that {@link #parse(String)} reads. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int first = ports.nextSetBit(0); first >= 0; ) {
      int end = ports.nextClearBit(first);
      text.append(text.isEmpty() ? "" : ",").append(first);
      if (end - first > 1) {
        text.append('-').append(end - 1);
      }
      first = ports.nextSetBit(end);
    }
    return text.toString();
  }
}
