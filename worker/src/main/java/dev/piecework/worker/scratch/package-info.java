/** Disk space of this host for verified pieces on their way into the store. */
@NullMarked
package dev.piecework.worker.scratch;

import org.jspecify.annotations.NullMarked;
