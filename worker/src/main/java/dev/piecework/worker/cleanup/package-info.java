/** What is left when jobs have ended, and how long it stays. */
@NullMarked
package dev.piecework.worker.cleanup;

import org.jspecify.annotations.NullMarked;
