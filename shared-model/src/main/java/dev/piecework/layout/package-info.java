/** Where a torrent's bytes go: linear space, objects, parts, bundles. */
@NullMarked
package dev.piecework.layout;

import org.jspecify.annotations.NullMarked;
