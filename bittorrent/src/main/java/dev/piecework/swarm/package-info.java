/** One torrent's swarm: picking, requesting, choking, verifying. */
@NullMarked
package dev.piecework.swarm;

import org.jspecify.annotations.NullMarked;
