/** {@code piecework services}: broker, database and object store for workers of this machine. */
@NullMarked
package dev.piecework.standalone.services;

import org.jspecify.annotations.NullMarked;
