/** Tests of finishing objects. */
@NullMarked
package dev.piecework.worker.verify;

import org.jspecify.annotations.NullMarked;
