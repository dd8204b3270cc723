/** Broker, database and object store that live in this process and listen on 127.0.0.1 only. */
@NullMarked
package dev.piecework.standalone.embedded;

import org.jspecify.annotations.NullMarked;
