/** The command line's end of the queue: sends jobs, listens to their events. */
@NullMarked
package dev.piecework.cli.broker;

import org.jspecify.annotations.NullMarked;
