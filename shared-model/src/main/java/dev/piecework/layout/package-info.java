/**
 * Where a torrent's bytes go: linear space, objects, parts, bundles; and segments of scratch space.
 */
@NullMarked
package dev.piecework.layout;

import org.jspecify.annotations.NullMarked;
