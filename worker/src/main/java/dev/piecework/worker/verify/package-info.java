/** The end of a job: uploads completed, objects checked, the manifest written. */
@NullMarked
package dev.piecework.worker.verify;

import org.jspecify.annotations.NullMarked;
