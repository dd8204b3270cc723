/** Everything that is said to the broker. */
@NullMarked
package dev.piecework.worker.broker;

import org.jspecify.annotations.NullMarked;
