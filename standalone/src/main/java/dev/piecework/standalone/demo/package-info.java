/** {@code piecework demo}: a job that outlives its worker, on one machine and without internet. */
@NullMarked
package dev.piecework.standalone.demo;

import org.jspecify.annotations.NullMarked;
