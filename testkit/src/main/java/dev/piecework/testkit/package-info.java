/** Real services, other people's clients, and content to move, for tests. */
@NullMarked
package dev.piecework.testkit;

import org.jspecify.annotations.NullMarked;
