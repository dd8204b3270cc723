/** Bencoding (BEP 3): a reader without recursion, with limits, and a writer. */
@NullMarked
package dev.piecework.bencode;

import org.jspecify.annotations.NullMarked;
