package dev.piecework.layout;

import java.util.List;

/**
 * A run of neighbouring parts that is downloaded and made durable as one: the unit by which the
 * download's window moves. Every part is in exactly one bundle. The pieces of a bundle are all
 * those over its parts, so that neighbouring bundles may share a piece; a bundle can therefore
 * always be finished without any other bundle.
 *
 * @param index position in {@link ObjectLayout#bundles()}
 * @param firstPiece first piece over the parts
 * @param lastPiece last piece over the parts, inclusive; {@code firstPiece - 1} when all parts are
 *     empty
 * @param parts the parts, in linear order
 */
public record Bundle(int index, int firstPiece, int lastPiece, List<Part> parts) {
  /** Copies the list. */
  public Bundle {
    parts = List.copyOf(parts);
  }
}
