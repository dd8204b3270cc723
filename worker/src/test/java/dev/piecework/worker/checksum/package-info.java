/** Tests of checksums. */
@NullMarked
package dev.piecework.worker.checksum;

import org.jspecify.annotations.NullMarked;
