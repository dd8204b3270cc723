@NullMarked
package dev.piecework.worker.cleanup;

import org.jspecify.annotations.NullMarked;
