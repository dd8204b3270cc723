/** The Spring Batch job: resolve, transfer, verify, publish, seed. */
@NullMarked
package dev.piecework.worker.pipeline;

import org.jspecify.annotations.NullMarked;
