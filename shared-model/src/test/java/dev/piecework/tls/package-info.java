/** Tests of whom to believe. */
@NullMarked
package dev.piecework.tls;

import org.jspecify.annotations.NullMarked;
