@NullMarked
package dev.piecework.worker.broker;

import org.jspecify.annotations.NullMarked;
