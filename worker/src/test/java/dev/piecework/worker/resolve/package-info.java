@NullMarked
package dev.piecework.worker.resolve;

import org.jspecify.annotations.NullMarked;
