/** Address policy, transport choice, and the log context of what runs on shared threads. */
@NullMarked
package dev.piecework.net;

import org.jspecify.annotations.NullMarked;
