/** The peer wire protocol: messages, handshake, extensions (BEP 3, 6, 10). */
@NullMarked
package dev.piecework.wire;

import org.jspecify.annotations.NullMarked;
