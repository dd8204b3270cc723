/** {@code piecework run}: torrents to files, with everything that takes in this one process. */
@NullMarked
package dev.piecework.standalone.run;

import org.jspecify.annotations.NullMarked;
