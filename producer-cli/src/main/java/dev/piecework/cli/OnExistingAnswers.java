package dev.piecework.cli;

import dev.piecework.message.OnExisting;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What to do with objects that are there already, by the names of the message contract. */
final class OnExistingAnswers implements ITypeConverter<OnExisting>, Iterable<String> {
  private static final List<String> NAMES =
      Arrays.stream(OnExisting.values()).map(OnExisting::wireName).toList();

  @Override
  public OnExisting convert(String text) {
    return OnExisting.ofWireName(text)
        .orElseThrow(() ->
            new TypeConversionException(
                "'" + text + "' is no such answer: expected one of " + String.join(", ", NAMES)));
  }

  @Override
  public Iterator<String> iterator() {
    return NAMES.iterator();
  }
}
