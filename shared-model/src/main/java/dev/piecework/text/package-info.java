/** Text that comes from outside, made fit for logs, screens, messages and databases. */
@NullMarked
package dev.piecework.text;

import org.jspecify.annotations.NullMarked;
