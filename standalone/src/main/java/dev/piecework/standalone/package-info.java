/** Broker, database, object store and worker in one JVM. */
@NullMarked
package dev.piecework.standalone;

import org.jspecify.annotations.NullMarked;
