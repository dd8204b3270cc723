@NullMarked
package dev.piecework.worker.loop;

import org.jspecify.annotations.NullMarked;
