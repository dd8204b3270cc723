/** Tests of scratch space. */
@NullMarked
package dev.piecework.worker.scratch;

import org.jspecify.annotations.NullMarked;
