/** Who may work on a job, and the fence that keeps everybody else out. */
@NullMarked
package dev.piecework.worker.lease;

import org.jspecify.annotations.NullMarked;
