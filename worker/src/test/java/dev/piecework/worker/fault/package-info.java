@NullMarked
package dev.piecework.worker.fault;

import org.jspecify.annotations.NullMarked;
