@NullMarked
package dev.piecework.worker.pipeline;

import org.jspecify.annotations.NullMarked;
