/** Tests of transfers. */
@NullMarked
package dev.piecework.worker.transfer;

import org.jspecify.annotations.NullMarked;
