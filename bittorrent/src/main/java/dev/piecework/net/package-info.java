/** Address policy and transport choice. */
@NullMarked
package dev.piecework.net;

import org.jspecify.annotations.NullMarked;
