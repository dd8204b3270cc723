/** The worker's part of a distributed trace, if it is told where to record it. */
@NullMarked
package dev.piecework.worker.trace;

import org.jspecify.annotations.NullMarked;
