/** The engine's public face: start it, add torrents, read their state. */
@NullMarked
package dev.piecework.engine;

import org.jspecify.annotations.NullMarked;
