/** Whom to believe when a server shows its certificate. */
@NullMarked
package dev.piecework.tls;

import org.jspecify.annotations.NullMarked;
