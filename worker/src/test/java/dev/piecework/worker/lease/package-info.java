@NullMarked
package dev.piecework.worker.lease;

import org.jspecify.annotations.NullMarked;
