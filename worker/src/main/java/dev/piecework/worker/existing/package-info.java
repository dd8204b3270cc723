/** What is in a job's destination before the job writes there. */
@NullMarked
package dev.piecework.worker.existing;

import org.jspecify.annotations.NullMarked;
