@NullMarked
package dev.piecework.cli.progress;

import org.jspecify.annotations.NullMarked;
