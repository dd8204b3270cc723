/** What is known of the ways in which an object store differs from others. */
@NullMarked
package dev.piecework.worker.dialect;

import org.jspecify.annotations.NullMarked;
