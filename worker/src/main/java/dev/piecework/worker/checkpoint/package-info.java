/** What a job has that a crash cannot take away, in SQL. */
@NullMarked
package dev.piecework.worker.checkpoint;

import org.jspecify.annotations.NullMarked;
