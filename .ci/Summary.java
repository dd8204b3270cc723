import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Counts the tests of the last build from surefire's and failsafe's XML reports. Says which ones
 * failed, which failed and then passed, which were skipped and why, and what the tests found on this machine; the last line is "N
 * passed, N failed, N skipped". Ends with 1 when something failed or nothing ran.
 *
 * <p>Argument: Maven's exit code, because a build can fail without a failing test.
 */
final class Summary {
  private record Case(String name, double seconds, String failure, String skipped) {}

  private final List<Case> cases = new ArrayList<>();
  private final List<String> flaky = new ArrayList<>();
  private final TreeSet<String> findings = new TreeSet<>();

  public static void main(String[] arguments) throws Exception {
    boolean built = arguments.length == 0 || arguments[0].equals("0");
    Summary summary = new Summary();
    try (Stream<Path> modules = Files.list(Path.of("."))) {
      for (Path module : modules.sorted().toList()) {
        summary.read(module.resolve("target/surefire-reports"));
        summary.read(module.resolve("target/failsafe-reports"));
      }
    }
    System.exit(summary.print(built));
  }

  private void read(Path reports) throws Exception {
    if (!Files.isDirectory(reports)) {
      return;
    }
    try (Stream<Path> files = Files.list(reports)) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        if (name.startsWith("TEST-") && name.endsWith(".xml")) {
          readReport(file);
        } else if (name.endsWith("-output.txt")) {
          readFindings(file);
        }
      }
    }
  }

  private void readReport(Path file) throws Exception {
    Element suite =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(file.toFile())
            .getDocumentElement();
    NodeList tests = suite.getElementsByTagName("testcase");
    for (int i = 0; i < tests.getLength(); i++) {
      Element test = (Element) tests.item(i);
      String failure = reason(test, "failure") + reason(test, "error");
      String first = reason(test, "flakyFailure") + reason(test, "flakyError");
      if (!first.isEmpty()) {
        flaky.add(
            simpleName(test.getAttribute("classname")) + "." + test.getAttribute("name") + ": " + first);
      }
      cases.add(
          new Case(
              simpleName(test.getAttribute("classname")) + "." + test.getAttribute("name"),
              Double.parseDouble("0" + test.getAttribute("time").replace(",", "")),
              failure,
              failure.isEmpty() ? reason(test, "skipped") : ""));
    }
  }

  /** What the testkit says on standard error: which broker, which database, what is missing. */
  private void readFindings(Path file) throws IOException {
    try (Stream<String> lines = Files.lines(file, java.nio.charset.StandardCharsets.ISO_8859_1)) {
      lines
          .filter(line -> line.startsWith("testkit: "))
          .map(line -> line.replaceAll("\\b(port |127\\.0\\.0\\.1:)(2\\d{4}|3[01]\\d{3})\\S*", "$1..."))
          .forEach(findings::add);
    }
  }

  private int print(boolean built) {
    List<Case> failed = cases.stream().filter(test -> !test.failure.isEmpty()).toList();
    List<Case> skipped = cases.stream().filter(test -> !test.skipped.isEmpty()).toList();
    System.out.println();
    findings.forEach(System.out::println);
    cases.stream()
        .sorted(Comparator.comparingDouble(Case::seconds).reversed())
        .limit(5)
        .filter(test -> test.seconds >= 10)
        .forEach(test -> System.out.printf("slow: %.0f s %s%n", test.seconds, test.name));
    skipped.forEach(test -> System.out.println("SKIPPED: " + test.name + ": " + test.skipped));
    flaky.forEach(test -> System.out.println("FLAKY, passed when run again: " + test));
    failed.forEach(test -> System.out.println("FAILED: " + test.name + ": " + test.failure));
    if (!built && failed.isEmpty()) {
      System.out.println("FAILED: the build itself; Maven says above where");
    }
    if (cases.isEmpty()) {
      System.out.println("FAILED: not a single test ran");
    }
    System.out.println();
    System.out.printf(
        "%d passed, %d failed, %d skipped%n",
        cases.size() - failed.size() - skipped.size(), failed.size(), skipped.size());
    return built && failed.isEmpty() && !cases.isEmpty() ? 0 : 1;
  }

  /** The first line of an element's message; empty where there is no such element. */
  private static String reason(Element test, String tag) {
    NodeList found = test.getElementsByTagName(tag);
    if (found.getLength() == 0) {
      return "";
    }
    Element element = (Element) found.item(0);
    String message = element.getAttribute("message").strip();
    if (message.isEmpty()) {
      message = element.getTextContent().strip();
    }
    String line = message.lines().findFirst().orElse("no reason given");
    return line.length() > 300 ? line.substring(0, 300) + "..." : line;
  }

  private static String simpleName(String className) {
    return className.substring(className.lastIndexOf('.') + 1);
  }
}
