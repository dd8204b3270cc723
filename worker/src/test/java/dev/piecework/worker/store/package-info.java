/** Tests of the object store client against a real S3 server. */
@NullMarked
package dev.piecework.worker.store;

import org.jspecify.annotations.NullMarked;
