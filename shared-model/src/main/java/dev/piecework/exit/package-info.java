/** Exit codes that every command shares. */
@NullMarked
package dev.piecework.exit;

import org.jspecify.annotations.NullMarked;
