package dev.piecework.cli;

import dev.piecework.message.EventType;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Event types by the names that the message contract gives them. */
final class EventTypes implements ITypeConverter<EventType>, Iterable<String> {
  private static final List<String> NAMES =
      Arrays.stream(EventType.values()).map(EventType::wireName).toList();

  @Override
  public EventType convert(String text) {
    return Arrays.stream(EventType.values())
        .filter(type -> type.wireName().equalsIgnoreCase(text))
        .findFirst()
        .orElseThrow(() ->
            new TypeConversionException(
                "'"
                    + text
                    + "' is not a type of event: expected one of "
                    + String.join(", ", NAMES)));
  }

  @Override
  public Iterator<String> iterator() {
    return NAMES.iterator();
  }
}
