/** How a start fails: one line and an exit code. */
@NullMarked
package dev.piecework.worker.start;

import org.jspecify.annotations.NullMarked;
