/** Metainfo files, info-hashes and magnet links (BEP 3, 9, 12, 19, 47, 52). */
@NullMarked
package dev.piecework.metainfo;

import org.jspecify.annotations.NullMarked;
