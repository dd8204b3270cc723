/** The object store: plain S3 calls with bounded retries and faults mapped in one place. */
@NullMarked
package dev.piecework.worker.store;

import org.jspecify.annotations.NullMarked;
