/** The connection pool and the schema. */
@NullMarked
package dev.piecework.worker.database;

import org.jspecify.annotations.NullMarked;
