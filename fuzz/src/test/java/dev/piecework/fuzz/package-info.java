/** Fuzz targets: one class for each kind of input that strangers send. */
@NullMarked
package dev.piecework.fuzz;

import org.jspecify.annotations.NullMarked;
