/** What operators see of a worker: metrics, health, and the port where both are asked for. */
@NullMarked
package dev.piecework.worker.observe;

import org.jspecify.annotations.NullMarked;
