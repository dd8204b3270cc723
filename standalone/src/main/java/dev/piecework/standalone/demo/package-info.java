/**
 * {@code piecework demo}: a job that outlives its worker, on one machine and without internet. On
 * the same stage a worker is trained for its class cache.
 */
@NullMarked
package dev.piecework.standalone.demo;

import org.jspecify.annotations.NullMarked;
