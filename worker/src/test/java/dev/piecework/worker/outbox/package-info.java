@NullMarked
package dev.piecework.worker.outbox;

import org.jspecify.annotations.NullMarked;
