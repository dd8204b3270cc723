package dev.piecework.message;

import java.util.HashMap;
import java.util.Map;

/**
 * What a reader wants of a JSON value. {@link JsonReader} builds this and nothing else, so that
 * what a message costs in memory is bounded by what it is asked for, whatever else stands in it.
 */
sealed interface Shape {
  /** A string, number or truth value. */
  Shape SCALAR = new Scalar();

  /** See {@link #SCALAR}. */
  record Scalar() implements Shape {}

  /**
   * Bytes in Base64.
   *
   * @param most bytes before encoding
   */
  record Binary(int most) implements Shape {}

  /**
   * An array of scalars.
   *
   * @param most elements
   */
  record Texts(int most) implements Shape {}

  /**
   * An object with any names, whose values are scalars.
   *
   * @param most members
   */
  record TextMap(int most) implements Shape {}

  /**
   * An object.
   *
   * @param members by their names; all others are passed over
   */
  record Form(Map<String, Shape> members) implements Shape {
    /** The same with another member. */
    Form with(String name, Shape shape) {
      Map<String, Shape> more = new HashMap<>(members);
      more.put(name, shape);
      return new Form(Map.copyOf(more));
    }
  }

  /**
   * An array of objects, each of which is read as it comes and kept in its final form.
   *
   * @param most elements
   * @param element what is wanted of each
   * @param reading makes the final form
   */
  record Forms<T>(int most, Form element, Reading<T> reading) implements Shape {}

  /** Makes something of a JSON object. */
  @FunctionalInterface
  interface Reading<T> {
    /**
     * @throws MessageException when it cannot be made of this one
     */
    T read(JsonObject json) throws MessageException;
  }

  /** An object of scalars. */
  static Form form(String... names) {
    Map<String, Shape> members = new HashMap<>();
    for (String name : names) {
      members.put(name, SCALAR);
    }
    return new Form(Map.copyOf(members));
  }
}
