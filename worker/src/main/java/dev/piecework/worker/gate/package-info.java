/** Whether a worker takes messages just now. */
@NullMarked
package dev.piecework.worker.gate;

import org.jspecify.annotations.NullMarked;
