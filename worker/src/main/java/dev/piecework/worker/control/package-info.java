/**
 * Questions and orders from outside: requests are answered, and orders passed on to their worker.
 */
@NullMarked
package dev.piecework.worker.control;

import org.jspecify.annotations.NullMarked;
