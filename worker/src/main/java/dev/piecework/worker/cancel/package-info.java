/** What a cancelled job leaves in the store and on disk, and how it goes away. */
@NullMarked
package dev.piecework.worker.cancel;

import org.jspecify.annotations.NullMarked;
