/** Moving one torrent from its swarm into the bucket: scratch, uploads, what is durable. */
@NullMarked
package dev.piecework.worker.transfer;

import org.jspecify.annotations.NullMarked;
