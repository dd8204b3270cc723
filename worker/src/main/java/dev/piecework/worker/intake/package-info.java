/** Jobs from the queue. */
@NullMarked
package dev.piecework.worker.intake;

import org.jspecify.annotations.NullMarked;
