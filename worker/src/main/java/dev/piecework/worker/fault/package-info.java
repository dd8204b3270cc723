/** Faults of a job: permanent and transient ones, told apart in one place. */
@NullMarked
package dev.piecework.worker.fault;

import org.jspecify.annotations.NullMarked;
