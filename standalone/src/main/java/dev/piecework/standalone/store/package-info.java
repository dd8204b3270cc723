/** The embedded object store's disk side: objects are plain files at the path of their key. */
@NullMarked
package dev.piecework.standalone.store;

import org.jspecify.annotations.NullMarked;
