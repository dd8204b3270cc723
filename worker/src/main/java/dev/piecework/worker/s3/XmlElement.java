package dev.piecework.worker.s3;

import java.io.ByteArrayInputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * An element of a store's answer. Names are without their namespace, which some stores leave out.
 *
 * @param name as {@code ListPartsResult}
 * @param text its own text, without that of its children
 * @param children in their order
 */
public record XmlElement(String name, String text, List<XmlElement> children) {
  private static final int MAX_ELEMENTS = 200_000;
  private static final int MAX_DEPTH = 20;

  /**
   * Reads a document, in whatever encoding it says it has. Blanks may stand before it: they are
   * what a store sends while it makes an object of many parts.
   *
   * @throws UnreadableAnswerException if it is not XML, or larger than any answer of S3
   */
  public static XmlElement parse(byte[] document) throws UnreadableAnswerException {
    int start = 0;
    while (start < document.length && blank(document[start])) {
      start++;
    }
    if (start == document.length) {
      throw new UnreadableAnswerException("the answer is empty");
    }
    XMLInputFactory factory = XMLInputFactory.newFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    try {
      XMLStreamReader reader =
          factory.createXMLStreamReader(
              new ByteArrayInputStream(document, start, document.length - start));
      return read(reader);
    } catch (XMLStreamException e) {
      throw new UnreadableAnswerException("the answer is not XML", e);
    }
  }

  private static boolean blank(byte each) {
    return each == ' ' || each == '\n' || each == '\r' || each == '\t';
  }

  /** An element that is being read. */
  private record Open(String name, StringBuilder text, List<XmlElement> children) {}

  private static XmlElement read(XMLStreamReader reader)
      throws XMLStreamException, UnreadableAnswerException {
    Deque<Open> open = new ArrayDeque<>();
    int elements = 0;
    while (reader.hasNext()) {
      switch (reader.next()) {
        case XMLStreamConstants.START_ELEMENT -> {
          if (++elements > MAX_ELEMENTS || open.size() >= MAX_DEPTH) {
            throw new UnreadableAnswerException("the answer has too many elements");
          }
          open.push(new Open(reader.getLocalName(), new StringBuilder(), new ArrayList<>()));
        }
        case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA -> {
          if (!open.isEmpty()) {
            open.element().text().append(reader.getText());
          }
        }
        case XMLStreamConstants.END_ELEMENT -> {
          Open done = open.pop();
          XmlElement element =
              new XmlElement(done.name(), done.text().toString(), List.copyOf(done.children()));
          if (open.isEmpty()) {
            return element;
          }
          open.element().children().add(element);
        }
        default -> {}
      }
    }
    throw new UnreadableAnswerException("the answer is not XML");
  }

  /** The first child of that name. */
  public Optional<XmlElement> child(String childName) {
    return children.stream().filter(child -> child.name.equals(childName)).findFirst();
  }

  /** All children of that name. */
  public List<XmlElement> all(String childName) {
    return children.stream().filter(child -> child.name.equals(childName)).toList();
  }

  /** The text of the first child of that name; empty if there is none. */
  public String text(String childName) {
    return child(childName).map(child -> child.text().strip()).orElse("");
  }
}
