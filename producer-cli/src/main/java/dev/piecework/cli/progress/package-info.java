/**
 * How a job's progress and outcome look to a person or a program. Everything comes from outside:
 * streams, clock, width of the terminal; nothing here ends the process.
 */
@NullMarked
package dev.piecework.cli.progress;

import org.jspecify.annotations.NullMarked;
