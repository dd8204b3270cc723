/** Work that is done again and again. */
@NullMarked
package dev.piecework.worker.loop;

import org.jspecify.annotations.NullMarked;
