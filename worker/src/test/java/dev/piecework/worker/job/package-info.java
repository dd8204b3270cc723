@NullMarked
package dev.piecework.worker.job;

import org.jspecify.annotations.NullMarked;
