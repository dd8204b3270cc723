/** Programs that {@code bench/run} measures, or needs around what it measures. */
@NullMarked
package dev.piecework.bench;

import org.jspecify.annotations.NullMarked;
