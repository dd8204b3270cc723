/** CRC32C of parts and of whole objects made of them. */
@NullMarked
package dev.piecework.worker.checksum;

import org.jspecify.annotations.NullMarked;
