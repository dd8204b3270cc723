/** Metainfo from wherever a job says it is. */
@NullMarked
package dev.piecework.worker.resolve;

import org.jspecify.annotations.NullMarked;
