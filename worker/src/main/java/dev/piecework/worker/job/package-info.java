/** The job row: its states, and the one place where they change. */
@NullMarked
package dev.piecework.worker.job;

import org.jspecify.annotations.NullMarked;
