/** Events and messages that are written with the state they speak of, and published afterwards. */
@NullMarked
package dev.piecework.worker.outbox;

import org.jspecify.annotations.NullMarked;
