@NullMarked
package dev.piecework.worker.database;

import org.jspecify.annotations.NullMarked;
