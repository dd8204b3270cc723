@NullMarked
package dev.piecework.cli;

import org.jspecify.annotations.NullMarked;
