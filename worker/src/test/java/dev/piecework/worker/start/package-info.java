@NullMarked
package dev.piecework.worker.start;

import org.jspecify.annotations.NullMarked;
